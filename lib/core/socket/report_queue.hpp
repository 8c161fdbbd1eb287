// Error reports that nobody has taken yet: the newest ones, a bounded number.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <dgram/error_report.hpp>

DGRAM_BEGIN_NAMESPACE
namespace detail {

class ReportQueue {
 public:
  static constexpr std::size_t capacity = 64;

  bool empty() const noexcept { return size_ == 0; }
  std::size_t size() const noexcept { return size_; }

  /// False: the oldest one had to go. The newest say most: the path MTU may have changed since.
  bool push(const ErrorReport& report) noexcept;

  // Only while it is not empty:
  ErrorReport pop() noexcept;
  ErrorReport& newest() noexcept { return reports_[(first_ + size_ - 1) % capacity]; }
  void drop_newest() noexcept { --size_; }

 private:
  std::array<ErrorReport, capacity> reports_;
  std::size_t first_ = 0;
  std::size_t size_ = 0;
};

}  // namespace detail
DGRAM_END_NAMESPACE
