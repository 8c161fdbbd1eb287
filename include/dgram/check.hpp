// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
/// @file
/// Whether runs of datagrams arrive at a host, and from it: dgram::check_path() and
/// dgram::answer_path_checks().
#pragma once

#include <dgram/check/path_check.hpp>
