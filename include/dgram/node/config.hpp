// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// Stands before the headers of the module "node": says so where the library was built without it.
#pragma once

#include <dgram/config.hpp>

#if defined(DGRAM_BUILT_WITHOUT_NODE)
#error \
    "this dgram was built without its module \"node\": add it to -Dmodules (Meson) or DGRAM_MODULES (CMake)"
#endif
