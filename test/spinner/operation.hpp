// One operation from its start to its completion: it completes once, at home, and not inside the
// call that started it. And the handlers that watch over that.
#pragma once

#include <array>
#include <asio/any_io_executor.hpp>
#include <asio/cancellation_signal.hpp>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <dgram/dgram.hpp>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "spinner/ledger.hpp"

namespace spinner {

class Seat;
struct Account;

class Operation : public std::enable_shared_from_this<Operation> {
 public:
  /// At home.
  Operation(Seat& seat, std::string_view what);
  Operation(const Operation&) = delete;
  ~Operation();

  Seat& seat;
  const std::uint64_t step;
  const std::string_view what;
  /// Of the socket that it was started on.
  std::shared_ptr<Account> account;
  Line* line;
  asio::cancellation_signal signal;

  // What it reads and writes while it is pending.
  std::vector<std::byte> bytes;
  std::vector<dgram::Datagram> many;
  std::vector<dgram::Outgoing> batch;
  std::vector<Ledger::Sent> sent;
  std::string text;
  std::error_code ec;
  /// What it receives is seen in the handler that it is delivered to.
  bool is_prompt = true;
  /// The datagram is kept beyond this.
  bool keeps = false;

  /// What it is about, for messages: "step 17, recv_many on socket 3 (on a strand)".
  std::string name() const;

  /// Between the call that starts it and that call's return.
  class Initiating {
   public:
    Initiating(Operation& operation, bool may_complete_inside) noexcept : operation_(operation) {
      operation.inside_ = !may_complete_inside;
      operation.initiating_ = true;
    }
    Initiating(const Initiating&) = delete;
    ~Initiating() { operation_.inside_ = operation_.initiating_ = false; }

   private:
    Operation& operation_;
  };

  void completed();
  /// The handler was destroyed without a call.
  void dropped();
  bool was_dropped() const noexcept { return dropped_; }

 private:
  void end();

  std::atomic<bool> done_ = false;
  bool inside_ = false, initiating_ = false, dropped_ = false;
};

using OperationPtr = std::shared_ptr<Operation>;

/// What a handler holds of its operation.
class Ticket {
 public:
  explicit Ticket(OperationPtr operation) noexcept : operation_(std::move(operation)) {}
  Ticket(Ticket&&) noexcept = default;
  Ticket& operator=(Ticket&&) = delete;
  ~Ticket() {
    if (operation_) operation_->dropped();
  }

  /// The handler is called.
  OperationPtr use() {
    OperationPtr operation = std::move(operation_);
    operation->completed();
    return operation;
  }

 private:
  OperationPtr operation_;
};

template <class... Results>
using Done = void (*)(Operation&, std::error_code, Results...);

/// A handler that says nothing about where it runs.
template <class... Results>
class BareHandler {
 public:
  BareHandler(OperationPtr operation, Done<Results...> done) noexcept
      : ticket_(std::move(operation)), done_(done) {}
  void operator()(std::error_code ec, Results... results) {
    const OperationPtr operation = ticket_.use();
    done_(*operation, ec, std::move(results)...);
  }

 private:
  Ticket ticket_;
  Done<Results...> done_;
};

/// A handler that runs at home, and can be cancelled.
template <class... Results>
class HomeHandler {
 public:
  using executor_type = asio::any_io_executor;
  using cancellation_slot_type = asio::cancellation_slot;

  HomeHandler(const OperationPtr& operation, asio::any_io_executor home, Done<Results...> done)
      : slot_(operation->signal.slot()),
        executor_(std::move(home)),
        done_(done),
        ticket_(operation) {}

  executor_type get_executor() const noexcept { return executor_; }
  cancellation_slot_type get_cancellation_slot() const noexcept { return slot_; }

  void operator()(std::error_code ec, Results... results) {
    const OperationPtr operation = ticket_.use();
    done_(*operation, ec, std::move(results)...);
  }
  /// For redirect_error.
  void operator()(Results... results) {
    const OperationPtr operation = ticket_.use();
    done_(*operation, operation->ec, std::move(results)...);
  }

 private:
  asio::cancellation_slot slot_;
  asio::any_io_executor executor_;
  Done<Results...> done_;
  Ticket ticket_;  // the last: what is above does not throw after it
};

}  // namespace spinner
