// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// What a descriptor is, in words for the text of an error.
#pragma once

#include <dgram/channel.hpp>
#include <dgram/config.hpp>
#include <string>

DGRAM_BEGIN_NAMESPACE
namespace detail {

/// "TCP socket over IPv4", "Unix datagram socket", "pipe", "file"; empty when the descriptor is not
/// open.
std::string descriptor_kind(NativeHandle handle);

}  // namespace detail
DGRAM_END_NAMESPACE
