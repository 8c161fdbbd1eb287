// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// Stands before the headers of the module "scale": says so where the library was built without it.
#pragma once

#include <dgram/config.hpp>

#if defined(DGRAM_BUILT_WITHOUT_SCALE)
#error \
    "this dgram was built without its module \"scale\": add it to -Dmodules (Meson) or DGRAM_MODULES (CMake)"
#endif
