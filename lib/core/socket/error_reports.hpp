// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// Error reports of a socket that receives them: those that were not taken yet, and the operations
// that wait for more. Most sockets have none of this.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <dgram/error_report.hpp>

#include "core.hpp"

DGRAM_BEGIN_NAMESPACE
namespace detail {

class ReportQueue {
 public:
  static constexpr std::size_t capacity = 64;

  bool empty() const noexcept { return size_ == 0; }
  std::size_t size() const noexcept { return size_; }

  /// False: the oldest report had to go. The newest reports matter most: the path MTU may have
  /// changed since.
  bool push(const ErrorReport& report) noexcept;

  // Call these only while the queue is not empty:
  ErrorReport pop() noexcept;
  ErrorReport& newest() noexcept { return reports_[(first_ + size_ - 1) % capacity]; }
  void drop_newest() noexcept { --size_; }

 private:
  std::array<ErrorReport, capacity> reports_;
  std::size_t first_ = 0;
  std::size_t size_ = 0;
};

struct ErrorReports {
  Core::Direction direction{Event::error};
  ReportQueue queue;
  bool woken = false;  ///< The kernel signalled that there may be reports.
};

}  // namespace detail
DGRAM_END_NAMESPACE
