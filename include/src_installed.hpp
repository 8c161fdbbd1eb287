// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// The whole library as one header: include it in exactly one translation unit, and link no dgram
// library.
#pragma once

#include "lib/src.hpp"
