// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// What each operation asks for, and a pending operation, as the compiled core sees both.
#pragma once

#include <asio/any_io_executor.hpp>
#include <asio/cancellation_type.hpp>
#include <asio/error.hpp>
#include <asio/ip/address.hpp>
#include <cstddef>
#include <cstdint>
#include <dgram/batch.hpp>
#include <dgram/channel.hpp>
#include <dgram/config.hpp>
#include <dgram/datagram.hpp>
#include <dgram/detail/core.hpp>
#include <dgram/error_report.hpp>
#include <dgram/payload.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

DGRAM_BEGIN_NAMESPACE
namespace detail {

// ---- What each operation asks for, how it is tried, and what it gives back. Plain data: no
// handler, no executor.  A request has:  Result, event, operation (its name in Error),
// attempt(core, ec)   true: done; false: it would block take()              the result, when done
// subject()           what it was asked with, for Error bytes()             what it adds to the
// send queue refused()           where it has it: why it is not even tried

/// Positions are datagrams of a send_many, bytes of a send_segments.
struct SendProgress {
  std::size_t next = 0;         ///< What is before it has its result.
  std::size_t apart_until = 0;  ///< What is before it goes one by one: its run was refused, or may
                                ///< not be made.
  std::size_t refused = 0;      ///< Where that run began.
  std::error_code refusal;      ///< How it was refused, until that is proven or refuted.
};

/// The common part of the operations that receive.
struct ReadRequest {
  static constexpr Event event = Event::read;
  std::string subject() const { return {}; }
  std::size_t bytes() const noexcept { return 0; }
};

struct RecvRequest : ReadRequest {
  using Result = Datagram;
  static constexpr std::string_view operation = "recv";
  RecvRequest() noexcept {}
  DGRAM_API bool attempt(Core& core, std::error_code& ec);
  Result take() noexcept { return std::move(result); }
  Datagram result;
};

struct RecvUntilRequest : ReadRequest {
  using Result = std::optional<Datagram>;
  static constexpr std::string_view operation = "recv_until";
  explicit RecvUntilRequest(TimePoint d) noexcept : deadline(d) {}
  DGRAM_API bool attempt(Core& core, std::error_code& ec);
  /// Nothing, when the deadline came first.
  DGRAM_API Result take() noexcept;
  TimePoint deadline;
  Datagram datagram;
};

struct RecvForRequest : RecvUntilRequest {
  static constexpr std::string_view operation = "recv_for";
  using RecvUntilRequest::RecvUntilRequest;
};

struct RecvManyRequest : ReadRequest {
  using Result = std::size_t;
  static constexpr std::string_view operation = "recv_many";
  explicit RecvManyRequest(std::span<Datagram> s) noexcept : into(s) {}
  std::string subject() const { return "into " + std::to_string(into.size()); }
  DGRAM_API std::error_code refused() const noexcept;
  DGRAM_API bool attempt(Core& core, std::error_code& ec);
  Result take() const noexcept { return result; }
  std::span<Datagram> into;
  std::size_t result = 0;
};

struct RecvIntoRequest : ReadRequest {
  using Result = Received;
  static constexpr std::string_view operation = "recv_into";
  explicit RecvIntoRequest(std::span<std::byte> s) noexcept : into(s) {}
  std::string subject() const { return std::to_string(into.size()) + " bytes"; }
  DGRAM_API std::error_code refused() const noexcept;
  DGRAM_API bool attempt(Core& core, std::error_code& ec);
  Result take() const noexcept { return result; }
  std::span<std::byte> into;
  Received result;
};

struct WaitReadableRequest : ReadRequest {
  using Result = void;
  static constexpr std::string_view operation = "wait_readable";
  WaitReadableRequest() noexcept {}
  DGRAM_API bool attempt(Core& core, std::error_code& ec);
};

struct RecvErrorRequest {
  using Result = ErrorReport;
  static constexpr Event event = Event::error;
  static constexpr std::string_view operation = "recv_error";
  RecvErrorRequest() noexcept {}
  DGRAM_API bool attempt(Core& core, std::error_code& ec);
  std::string subject() const { return {}; }
  std::size_t bytes() const noexcept { return 0; }
  Result take() const noexcept { return result; }
  ErrorReport result;
};

struct SendRequest {
  using Result = std::size_t;
  static constexpr Event event = Event::write;
  static constexpr std::string_view operation = "send";
  SendRequest(Payload p, const SendOptions& o) noexcept : payload(p), options(o), to_peer(true) {}
  SendRequest(Payload p, const Endpoint& e, const SendOptions& o) noexcept
      : payload(p), to(e), options(o) {}
  DGRAM_API bool attempt(Core& core, std::error_code& ec);
  DGRAM_API std::string subject() const;
  std::size_t bytes() const noexcept { return payload.size(); }
  Result take() const noexcept { return result; }
  Payload payload;
  Endpoint to;
  SendOptions options;
  bool to_peer = false;
  std::size_t result = 0;
};

struct SendManyRequest {
  using Result = std::size_t;
  static constexpr Event event = Event::write;
  static constexpr std::string_view operation = "send_many";
  DGRAM_API explicit SendManyRequest(std::span<Outgoing> b) noexcept;
  DGRAM_API bool attempt(Core& core, std::error_code& ec);
  std::string subject() const { return std::to_string(batch.size()) + " datagrams"; }
  std::size_t bytes() const noexcept { return total; }
  DGRAM_API std::size_t bytes_sent() const noexcept;
  Result take() const noexcept { return result; }
  std::span<Outgoing> batch;
  SendProgress progress;
  std::size_t total = 0;  ///< Bytes of the whole batch.
  std::size_t result = 0;
};

struct SendSegmentsRequest {
  using Result = std::size_t;
  static constexpr Event event = Event::write;
  static constexpr std::string_view operation = "send_segments";
  SendSegmentsRequest(Payload p, std::size_t s, const Endpoint& e, const SendOptions& o) noexcept
      : payload(p), segment_size(s), to(e), options(o) {}
  SendSegmentsRequest(Payload p, std::size_t s) noexcept
      : payload(p), segment_size(s), to_peer(true) {}
  DGRAM_API bool attempt(Core& core, std::error_code& ec);
  DGRAM_API std::string subject() const;
  std::size_t bytes() const noexcept { return payload.size(); }
  std::size_t bytes_sent() const noexcept { return progress.next; }
  Result take() const noexcept { return result; }
  Payload payload;
  std::size_t segment_size;
  Endpoint to;
  SendOptions options;
  bool to_peer = false;
  SendProgress progress;
  std::size_t result = 0;
};

/// A host name that something is to be done with: bind, connect.
struct LookupRequest {
  using Result = asio::ip::address;
  static constexpr Event event =
      Event::read;  // nominal: it waits for no event, but is counted with a direction
  static constexpr std::string_view operation = "resolve";
  LookupRequest(std::string h, Family f) : host(std::move(h)), family(f) {}
  bool attempt(Core&, std::error_code&) { return true; }
  std::string subject() const { return host; }
  std::size_t bytes() const noexcept { return 0; }
  Result take() const noexcept { return result; }
  std::string host;
  Family family;
  asio::ip::address result;
};

/// A host name that a datagram is to be sent to: its bytes wait like those of any send.
struct SendLookupRequest : LookupRequest {
  static constexpr Event event = Event::write;
  SendLookupRequest(std::string h, Family f, std::size_t p)
      : LookupRequest(std::move(h), f), payload(p) {}
  std::size_t bytes() const noexcept { return payload; }
  std::size_t payload;
};

// ---- a pending operation, as the compiled core sees it

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

  /// What it adds to the send queue while it waits there.
  virtual std::size_t bytes() const noexcept = 0;

  /// How many of these bytes the kernel has taken.
  virtual std::size_t bytes_sent() const noexcept { return 0; }

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
  const asio::any_io_executor* foreign_executor = nullptr;
  TimePoint deadline = TimePoint::max();
  std::error_code ec;
  std::shared_ptr<LookupTarget> lookup;
  Op* previous = nullptr;
  Op* next = nullptr;
  Event event;
  bool looks_up =
      false;  ///< A host name: it stands in the queue of lookups, not in that of its direction.
  bool queued = false;     ///< Linked into a queue.
  bool posted = false;     ///< A runner is on its way, and owns it.
  bool gives_way = false;  ///< Posted because the turn is over: it lets others pass once.
  bool settled = false;    ///< `ec` and the result are final; only the handler's call is left.

 protected:
  ~Op() = default;
};

/// The handler of an operation's cancellation slot.
class CancelOp {
 public:
  /// Of an operation that is set later, before anybody can cancel it.
  CancelOp() noexcept = default;
  explicit CancelOp(Op& op) noexcept : op_(&op) {}
  void set(Op& op) noexcept { op_ = &op; }
  void operator()(asio::cancellation_type_t type) {
    // A cancelled operation has done nothing, which satisfies all three types.
    constexpr auto any = asio::cancellation_type::terminal | asio::cancellation_type::partial |
                         asio::cancellation_type::total;
    if ((type & any) != asio::cancellation_type::none) op_->core.cancel(*op_);
  }

 private:
  Op* op_ = nullptr;
};

/// The executor of an operation that is served elsewhere than on the socket's own.
struct Elsewhere {
  asio::any_io_executor executor;
  asio::any_io_executor work;  // keeps another context busy; the socket's own has the wait
};

/// True when an operation whose handler has this executor is served there, not on the socket's own.
DGRAM_API bool is_elsewhere(const asio::any_io_executor& executor,
                            const asio::any_io_executor& home);

/// The context of the executor has work as long as this lives. Empty where that is the context of
/// the socket, which has the wait: unref() has to be able to take that back.
DGRAM_API asio::any_io_executor tracked(const asio::any_io_executor& executor,
                                        const asio::any_io_executor& home);

}  // namespace detail
DGRAM_END_NAMESPACE
