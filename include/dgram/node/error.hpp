// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// Node's errors: the same code, text and fields.
#pragma once

#include <dgram/node/config.hpp>
#include <exception>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>

DGRAM_BEGIN_NAMESPACE
namespace node {

/// An error of Node's dgram: thrown, emitted as `error`, or passed to a callback.
/**
 * Copying shares the text and never throws. Source: Node.js, Errors.
 */
class DGRAM_API Error : public std::exception {
 public:
  /// All properties that Node's errors may have. Those that an error does not have are empty, 0 or
  /// -1.
  struct Fields {
    std::string name = "Error";  ///< "Error", "TypeError", "RangeError", "SystemError".
    std::string code;            ///< "EADDRINUSE", "ERR_SOCKET_BAD_PORT", "ENOTFOUND" …
    std::string message;
    int number = 0;  ///< Node's `errno`, negative; 0 when the error is not of the system.
    std::string syscall;
    std::string address;
    int port = -1;
    std::string hostname;
  };

  explicit Error(Fields fields);
  Error(const Error&) noexcept = default;
  Error& operator=(const Error&) noexcept = default;

  /// "bind EADDRINUSE 127.0.0.1:53": Node's `message`.
  const char* what() const noexcept override { return fields_->message.c_str(); }
  const std::string& message() const noexcept { return fields_->message; }
  const std::string& name() const noexcept { return fields_->name; }
  const std::string& code() const noexcept { return fields_->code; }
  int number() const noexcept { return fields_->number; }
  const std::string& syscall() const noexcept { return fields_->syscall; }
  const std::string& address() const noexcept { return fields_->address; }
  int port() const noexcept { return fields_->port; }
  const std::string& hostname() const noexcept { return fields_->hostname; }

 private:
  std::shared_ptr<const Fields> fields_;
};

}  // namespace node
DGRAM_END_NAMESPACE
