// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// The pending operations of one direction, in the order in which they are served.
#pragma once

#include <cstddef>
#include <cstdint>
#include <dgram/detail/request.hpp>

DGRAM_BEGIN_NAMESPACE
namespace detail {

/// First in, first out; any element can be removed. Owns nothing.
class OpQueue {
 public:
  bool empty() const noexcept { return first_ == nullptr; }
  Op* front() const noexcept { return first_; }
  std::size_t size() const noexcept { return size_; }
  std::size_t bytes() const noexcept { return bytes_; }
  std::size_t deadlines() const noexcept { return deadlines_; }

  void push(Op& op) noexcept { insert_behind(last_, op); }

  /// Inserts the operation behind those whose deadline is not later.
  void push_by_deadline(Op& op) noexcept {
    Op* before = last_;
    while (before && before->deadline > op.deadline) before = before->previous;
    insert_behind(before, op);
  }

  void erase(Op& op) noexcept {
    op.queued = false;
    (op.previous ? op.previous->next : first_) = op.next;
    (op.next ? op.next->previous : last_) = op.previous;
    --size_;
    bytes_ -= op.bytes();
    if (op.deadline != TimePoint::max()) --deadlines_;
  }

 private:
  void insert_behind(Op* before, Op& op) noexcept {
    op.queued = true;
    op.previous = before;
    op.next = before ? before->next : first_;
    (before ? before->next : first_) = &op;
    (op.next ? op.next->previous : last_) = &op;
    ++size_;
    bytes_ += op.bytes();
    if (op.deadline != TimePoint::max()) ++deadlines_;
  }

  Op* first_ = nullptr;
  Op* last_ = nullptr;
  std::size_t bytes_ = 0;
  std::uint32_t size_ = 0;
  std::uint32_t deadlines_ = 0;
};

}  // namespace detail
DGRAM_END_NAMESPACE
