// The names of ProxyErrc's codes, for code_name().
#pragma once

#include <dgram/config.hpp>
#include <string_view>

DGRAM_BEGIN_NAMESPACE
namespace detail {

std::string_view proxy_error_name(int value) noexcept;

}  // namespace detail
DGRAM_END_NAMESPACE
