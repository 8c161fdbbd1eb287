// Categories of error codes: each a table of codes, with the name and the text of each.
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
  std::string_view name;  ///< What code_name() tells.
  const char* text;
};

/// One per category, and it is never destroyed before the program ends: code_name() finds it in a
/// list of all that were made.
class ErrorCategory final : public std::error_category {
 public:
  /// @param name A literal.
  /// @param codes Must live as long.
  ErrorCategory(const char* name, std::span<const CodeText> codes) noexcept;
  const char* name() const noexcept override { return name_; }
  std::string message(int value) const override;

  /// "UNKNOWN" for a value that it does not have.
  std::string_view code_name(int value) const noexcept;

  /// The one that `category` is; nullptr for one of somebody else's.
  static const ErrorCategory* find(const std::error_category& category) noexcept;

 private:
  const char* name_;
  std::span<const CodeText> codes_;
  const ErrorCategory* next_;
};

}  // namespace detail
DGRAM_END_NAMESPACE
