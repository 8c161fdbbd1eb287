// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// dgram compiled into the program: include this in exactly one translation unit, and link no dgram
// library.
//
// For programs that compile Asio separately, or with settings of their own (no RTTI, io_uring): the
// library in the package was not.
#pragma once

#include "../../lib/src.hpp"
