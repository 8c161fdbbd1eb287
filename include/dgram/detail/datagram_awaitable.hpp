// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// asio::awaitable<Datagram>, specialised: a recv() costs no coroutine frame.
//
// Such an awaitable is either a coroutine, as any other, or "this socket's next datagram". The
// second is served where it is awaited, under the rule of perform.hpp; when it cannot be, it starts
// an operation, whose handler goes on with the coroutine that awaits it. Of Asio's internals it
// uses what the primary template and use_awaitable use: push_frame, get and destroy of a frame;
// detach_thread, after_suspend, attach_thread and pump.
//
// Included where Datagram is defined, so that no file of a program can see the primary template in
// its place. DGRAM_NO_ASIO_INTERNALS, for the whole program, leaves that one in place.
#pragma once

#include <asio/awaitable.hpp>
#include <asio/this_coro.hpp>
#include <dgram/config.hpp>
#include <system_error>
#include <utility>

#if defined(DGRAM_HAS_FAST_AWAITABLE)

DGRAM_BEGIN_NAMESPACE
class Datagram;
namespace detail {

class Core;
class Op;

/// True when the next datagram is here or was fetched without a wait, nobody else waits for one,
/// and the yield budget is not spent. An error is no datagram: the operation tells it.
DGRAM_API bool find_datagram(Core& core) noexcept;

/// What find_datagram() has found.
DGRAM_API Datagram take_found(Core& core) noexcept;

/// Throws what recv() throws.
[[noreturn]] DGRAM_API void throw_recv_error(const std::error_code& ec);

/// What an operation has brought to the recv() that has started it.
struct RecvOutcome {
  std::error_code ec;
  Datagram datagram;
};

/// Goes on with a coroutine that awaits a recv().
template <class Executor>
class RecvHandler : public asio::detail::awaitable_thread<Executor> {
  using Thread = asio::detail::awaitable_thread<Executor>;
  using Frame = asio::detail::awaitable_frame_base<Executor>;

 public:
  /// @param outcome Where the coroutine, once it is resumed, finds the address of what came.
  RecvHandler(Frame& suspended, void*& outcome) noexcept
      : Thread(std::move(*suspended.detach_thread())), frame_(suspended), outcome_(outcome) {}

  void operator()(std::error_code ec, Datagram datagram) {
    RecvOutcome outcome{ec, std::move(datagram)};
    outcome_ = &outcome;
    frame_.attach_thread(this);
    this->pump();
  }

 private:
  Frame& frame_;
  void*& outcome_;
};

/// The operation of a recv(). nullptr without memory for it: then the coroutine has gone on
/// already.
template <class Executor>
Op* make_recv(Core& core, RecvHandler<Executor>&& handler);

/// Starts what make_recv() has made.
DGRAM_API void start_recv(void* op);

}  // namespace detail
DGRAM_END_NAMESPACE

namespace asio {

template <class Executor>
class ASIO_NODISCARD awaitable<dgram::Datagram, Executor> {
  using Frame = detail::awaitable_frame<dgram::Datagram, Executor>;

 public:
  using value_type = dgram::Datagram;
  using executor_type = Executor;

  constexpr awaitable() noexcept = default;
  /// The next datagram of a socket. @param error nullptr: throws.
  awaitable(dgram::detail::Core& core, std::error_code* error) noexcept
      : target_(&core), kind_(Kind::recv), error_(error) {}
  /// Of a coroutine; for Asio.
  explicit awaitable(Frame* frame) noexcept : target_(frame) {}
  awaitable(awaitable&& other) noexcept
      : target_(std::exchange(other.target_, nullptr)), kind_(other.kind_), error_(other.error_) {}
  awaitable& operator=(awaitable&& other) noexcept {
    std::swap(target_, other.target_);
    std::swap(kind_, other.kind_);
    std::swap(error_, other.error_);
    return *this;
  }
  ~awaitable() {
    if (kind_ == Kind::coroutine && target_) frame()->destroy();
  }

  bool valid() const noexcept { return target_ != nullptr; }

  bool await_ready() const noexcept { return false; }

  template <class U>
  bool await_suspend(
      detail::coroutine_handle<detail::awaitable_frame<U, Executor>> caller) noexcept {
    auto& promise = caller.promise();
    if (kind_ == Kind::coroutine) {
      frame()->push_frame(&promise);
      return true;
    }
    auto state = promise.await_transform(this_coro::cancellation_state_t()).await_resume();
    if (!state.slot().is_connected() && dgram::detail::find_datagram(core())) return false;
    start(promise);
    return true;
  }

  dgram::Datagram await_resume() {
    if (kind_ == Kind::coroutine) return awaitable(std::move(*this)).frame()->get();
    if (kind_ == Kind::operation) return take_outcome();
    if (error_) error_->clear();
    return dgram::detail::take_found(core());
  }

 private:
  enum class Kind : unsigned char { coroutine, recv, operation };

  Frame* frame() const noexcept { return static_cast<Frame*>(target_); }
  dgram::detail::Core& core() const noexcept { return *static_cast<dgram::detail::Core*>(target_); }

  // The coroutine may have gone on, and ended, before this returns: here without memory, by an
  // executor that runs what is posted at once, or on another thread. So nothing of this may be in
  // its frame, nor may an exception of what has gone on get there. Where Asio can wait until the
  // frame has been left, that exception leaves run(), else it ends the program, as in Asio itself.
  [[gnu::noinline]] void start(detail::awaitable_frame_base<Executor>& caller) noexcept {
    dgram::detail::Core& socket = core();
    kind_ = Kind::operation;
    dgram::detail::Op* const op = dgram::detail::make_recv<Executor>(
        socket, dgram::detail::RecvHandler<Executor>(caller, target_));
    if (!op) return;
    if constexpr (requires { caller.after_suspend(dgram::detail::start_recv, op); })
      caller.after_suspend(dgram::detail::start_recv, op);
    else
      dgram::detail::start_recv(op);
  }

  dgram::Datagram take_outcome() {
    auto& outcome = *static_cast<dgram::detail::RecvOutcome*>(target_);
    if (error_)
      *error_ = outcome.ec;
    else if (outcome.ec)
      dgram::detail::throw_recv_error(outcome.ec);
    return std::move(outcome.datagram);
  }

  // No two pointers side by side: compilers move such a pair by one load, which has to wait until
  // the two stores before it have left the store buffer.
  void* target_ = nullptr;  // the Frame, the Core, or the RecvOutcome
  Kind kind_ = Kind::coroutine;
  std::error_code* error_ = nullptr;
};

}  // namespace asio

#endif
