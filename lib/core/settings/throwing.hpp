// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// The throwing forms of settings, made of those that report by std::error_code.
#pragma once

#include <dgram/error.hpp>
#include <dgram/setting.hpp>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>

DGRAM_BEGIN_NAMESPACE
namespace detail {

/// Throws what the throwing form of a setter throws for `ec`: an Error with "set_ttl" and "300".
/// @param value A number or a switch.
template <class Value>
void throw_refused(const std::error_code& ec, Setting setting, Value value) {
  if (!ec) return;
  std::string text;
  if constexpr (std::is_same_v<Value, bool>)
    text = value ? "true" : "false";
  else
    text = std::to_string(value);
  throw Error(ec, "set_" + std::string(name_of(setting)), text);
}

/// The throwing form of any other call. `call` takes a std::error_code&.
template <class Call>
auto or_throw(std::string_view operation, std::string_view subject, Call call) {
  std::error_code ec;
  if constexpr (std::is_void_v<decltype(call(ec))>) {
    call(ec);
    if (ec) throw Error(ec, operation, subject);
  } else {
    const auto value = call(ec);
    if (ec) throw Error(ec, operation, subject);
    return value;
  }
}

}  // namespace detail
DGRAM_END_NAMESPACE
