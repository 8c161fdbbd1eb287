// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// The same parts for the portable channel, which uses POSIX only.
#include "../posix/posix.cpp"
