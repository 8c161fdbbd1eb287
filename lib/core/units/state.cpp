// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// The state behind a socket.
#include "../multicast/membership_change.cpp"
#include "../settings/options.cpp"
#include "../socket/context.cpp"
#include "../socket/core.cpp"
#include "../socket/error_reports.cpp"
#include "../socket/lookup.cpp"
#include "../socket/operations.cpp"
#include "../socket/receiving.cpp"
#include "../socket/sending.cpp"
#include "../socket/serving.cpp"
#include "../socket/stats.cpp"
#include "../socket/unref.cpp"
