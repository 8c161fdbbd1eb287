// A pending operation, as the compiled core sees it.
#pragma once

#include <asio/any_io_executor.hpp>
#include <cstddef>
#include <cstdint>
#include <dgram/channel.hpp>
#include <dgram/detail/core.hpp>
#include <system_error>

DGRAM_BEGIN_NAMESPACE
namespace detail {

class LookupTarget;
struct SendRequest;

class Op {
 public:
  Op(CoreRef&& c, Event e) noexcept : core(std::move(c)), event(e) {}
  Op(const Op&) = delete;
  Op& operator=(const Op&) = delete;

  /// Tries to get it done. True: done, `ec` and the result are set. False: it would block.
  virtual bool attempt() = 0;

  /// The deadline has passed: sets `ec` and the result.
  virtual void expire() = 0;

  /// The request of a plain send; else nullptr.
  virtual SendRequest* as_send() noexcept = 0;

  /// Bytes that wait in the send queue.
  virtual std::size_t bytes() const noexcept = 0;

  /// Frees the operation's memory, then calls the handler with `ec` and the result.
  virtual void complete() = 0;

  /// Schedules CoreRef::run() on its executor. `immediate`: through the handler's immediate
  /// executor, when it has one.
  virtual void post(bool immediate) = 0;

  /// The second half of post(): from the socket's executor to the handler's.
  virtual void hop() = 0;

  /// Frees operation and handler without a call.
  virtual void destroy() noexcept = 0;

  CoreRef core;
  /// Where the handler runs, when that is not the socket's executor.
  const asio::any_io_executor* own_executor = nullptr;
  TimePoint deadline = TimePoint::max();
  std::error_code ec;
  std::shared_ptr<LookupTarget> lookup;
  Op* previous = nullptr;
  Op* next = nullptr;
  Event event;
  bool looks_up =
      false;  ///< A host name: it stands in the queue of lookups, not in that of its direction.
  bool queued = false;   ///< Linked into a queue.
  bool posted = false;   ///< A runner is on its way, and owns it.
  bool settled = false;  ///< `ec` and the result are final; only the handler's call is left.

 protected:
  ~Op() = default;
};

/// First in, first out; any element can leave. Owns nothing.
class OpQueue {
 public:
  bool empty() const noexcept { return first_ == nullptr; }
  Op* front() const noexcept { return first_; }
  std::size_t size() const noexcept { return size_; }
  std::size_t bytes() const noexcept { return bytes_; }
  std::size_t deadlines() const noexcept { return deadlines_; }

  void push(Op& op) noexcept { insert_behind(last_, op); }

  /// Behind those whose deadline is not later.
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
