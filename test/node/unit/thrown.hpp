// What a call throws of Node's, as a value.
#pragma once

#include <dgram/node/error.hpp>
#include <optional>
#include <string>
#include <utility>

namespace test {

/// Empty: it threw nothing.
template <class Call>
std::optional<dgram::node::Error> thrown_by(Call&& call) {
  try {
    std::forward<Call>(call)();
  } catch (const dgram::node::Error& error) {
    return error;
  }
  return std::nullopt;
}

/// The code; "" where it threw nothing.
template <class Call>
std::string code_thrown_by(Call&& call) {
  const std::optional<dgram::node::Error> error = thrown_by(std::forward<Call>(call));
  return error ? error->code() : "";
}

/// The text; "" where it threw nothing.
template <class Call>
std::string text_thrown_by(Call&& call) {
  const std::optional<dgram::node::Error> error = thrown_by(std::forward<Call>(call));
  return error ? error->message() : "";
}

}  // namespace test
