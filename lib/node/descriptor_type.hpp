// What kind of thing a descriptor is, in Node's words.
#pragma once

#include <dgram/channel.hpp>
#include <string_view>

DGRAM_BEGIN_NAMESPACE
namespace node::detail {

/// "FILE", "TCP", "PIPE", "TTY"; "UNKNOWN" for what is none of these. Source: uv_guess_handle().
std::string_view descriptor_type(NativeHandle handle) noexcept;

}  // namespace node::detail
DGRAM_END_NAMESPACE
