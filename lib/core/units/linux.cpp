// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// The kernel channel's parts for Linux.
#include "../linux/control.cpp"
#include "../linux/settings.cpp"
#include "../linux/system.cpp"
#include "../linux/transfer.cpp"
