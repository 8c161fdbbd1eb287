// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// PROXY headers.
#include "../proxy_protocol.cpp"
