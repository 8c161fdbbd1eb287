// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// The channels, without the parts that each platform has of its own.
#include "../channel/fault_channel.cpp"
#include "../kernel/descriptor.cpp"
#include "../kernel/kernel_channel.cpp"
#include "../kernel/network.cpp"
#include "../kernel/options.cpp"
#include "../kernel/waitable_socket.cpp"
