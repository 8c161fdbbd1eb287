// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
/// @file
/// Finds out whether runs of datagrams arrive, in both directions between two hosts:
/// dgram::check_path() and dgram::answer_path_checks().
#pragma once

#include <dgram/check/path_check.hpp>
