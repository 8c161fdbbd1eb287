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

}  // namespace detail
DGRAM_END_NAMESPACE
