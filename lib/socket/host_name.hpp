// What is a host name and what is not.
#pragma once

#include <dgram/config.hpp>
#include <string_view>

DGRAM_BEGIN_NAMESPACE
namespace detail {

/// 1 to 253 characters (RFC 1035, section 2.3.4, in text form) and no NUL, behind which a C
/// resolver would not look.
inline bool is_host_name(std::string_view text) noexcept {
  return !text.empty() && text.size() <= 253 && text.find('\0') == std::string_view::npos;
}

}  // namespace detail
DGRAM_END_NAMESPACE
