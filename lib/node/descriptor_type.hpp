// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// The type of a descriptor, in Node's terms.
#pragma once

#include <dgram/channel.hpp>
#include <string_view>

DGRAM_BEGIN_NAMESPACE
namespace node::detail {

/// "FILE", "TCP", "PIPE" or "TTY"; "UNKNOWN" for any other type. Source: uv_guess_handle().
std::string_view descriptor_type(NativeHandle handle) noexcept;

}  // namespace node::detail
DGRAM_END_NAMESPACE
