// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// The socket as its users call it.
#include "../socket/socket_base.cpp"
// Behind what instantiates BasicSocket.
#include "../multicast/memberships.cpp"
#include "../settings/pacing.cpp"
#include "../settings/segmentation.cpp"
#include "../settings/socket_settings.cpp"
