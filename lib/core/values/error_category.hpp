// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// Error categories, each with a table of its codes, their names and their texts.
#pragma once

#include <atomic>
#include <dgram/config.hpp>
#include <span>
#include <string>
#include <string_view>
#include <system_error>

DGRAM_BEGIN_NAMESPACE
namespace detail {

struct CodeText {
  int value;
  std::string_view name;  ///< What code_name() returns.
  const char* text;
};

/// A category of error codes. It has to live until the program ends, because code_name() finds it
/// in a list of all categories.
class ErrorCategory final : public std::error_category {
 public:
  /// @param name A string literal.
  /// @param codes Has to live as long as the category.
  ErrorCategory(const char* name, std::span<const CodeText> codes) noexcept;
  const char* name() const noexcept override { return name_; }
  std::string message(int value) const override;

  /// "UNKNOWN" for a value that is not in the table.
  std::string_view code_name(int value) const noexcept;

  /// The ErrorCategory that `category` is; nullptr when it is a category of another kind.
  static const ErrorCategory* find(const std::error_category& category) noexcept;

 private:
  const char* name_;
  std::span<const CodeText> codes_;
  const ErrorCategory* next_;
};

}  // namespace detail
DGRAM_END_NAMESPACE
