// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// asio::awaitable<Datagram> and asio::awaitable<Sent>, specialised: a recv(), and a send() that the
// kernel takes at once, cost no coroutine frame.
//
// Such an awaitable is either a coroutine, as any other, or "this socket's next datagram", or "this
// datagram through this socket". These two are served where they are awaited, under the rule of
// perform.hpp. When that cannot be, the first becomes an operation (awaited_recv.hpp), which lies
// in the awaitable, and so in the frame of the coroutine that awaits it; the second becomes a
// coroutine. Of Asio's internals they use what the primary template and use_awaitable use:
// push_frame, get and destroy of a frame; detach_thread, after_suspend, attach_thread and pump.
//
// Included where Datagram and Sent are defined, so that no file of a program can see the primary
// template in their place. DGRAM_NO_ASIO_INTERNALS, for the whole program, leaves that one in
// place.
#pragma once

#include <asio/awaitable.hpp>
#include <asio/this_coro.hpp>
#include <cstddef>
#include <dgram/batch.hpp>
#include <dgram/config.hpp>
#include <dgram/datagram.hpp>
#include <dgram/endpoint.hpp>
#include <dgram/payload.hpp>
#include <string_view>
#include <system_error>
#include <utility>

#if defined(DGRAM_HAS_FAST_AWAITABLE)

DGRAM_BEGIN_NAMESPACE
namespace detail {

class Core;
class Op;

/// True when the next datagram is here or was fetched without a wait, nobody else waits for one,
/// and the yield budget is not spent. An error is no datagram: the operation tells it.
DGRAM_API bool find_datagram(Core& core) noexcept;

/// What find_datagram() has found.
DGRAM_API Datagram take_found(Core& core) noexcept;

/// Room for the operation of a recv(), in the frame of the coroutine that awaits it.
inline constexpr std::size_t recv_operation_size = 144;

/// Makes that operation. nullptr without memory for it: then the coroutine has gone on already.
template <class Executor>
Op* make_recv(void* room, Core& core, asio::detail::awaitable_frame_base<Executor>& suspended);

/// Starts what make_recv() has made.
DGRAM_API void start_recv(void* op);

/// What the operation has brought to the coroutine that it has resumed. The operation ends.
template <class Executor>
Datagram finish_recv(void* room, std::error_code* error);

/// What is to be sent, and how that went.
struct SendCall {
  SendCall() noexcept : payload(std::string_view()) {}
  /// @param receiver nullptr: the connected peer.
  SendCall(Core& c, const Payload& p, const Endpoint* receiver, std::error_code* e) noexcept
      : core(&c), payload(p), to_peer(!receiver), error(e) {
    if (receiver) to = *receiver;
  }
  const Endpoint* receiver() const noexcept { return to_peer ? nullptr : &to; }

  Core* core = nullptr;
  Payload payload;
  Endpoint to;
  bool to_peer = false;
  std::error_code* error = nullptr;  ///< Where the caller wants it; nullptr: thrown.
  std::error_code ec;
};

/// True: sent, or `ec` says why not. False: others wait, the kernel takes no more, or the yield
/// budget is spent.
DGRAM_API bool send_at_once(SendCall& call);

/// What send_at_once() has done, told as the caller wants it. Returns the bytes.
DGRAM_API std::size_t result_of(const SendCall& call);

/// The same send as an operation.
template <class Executor>
asio::awaitable<Sent, Executor> send_later(const SendCall& call);

}  // namespace detail
DGRAM_END_NAMESPACE

namespace asio {

template <class Executor>
class ASIO_NODISCARD awaitable<dgram::Datagram, Executor> {
  using Frame = detail::awaitable_frame<dgram::Datagram, Executor>;

 public:
  using value_type = dgram::Datagram;
  using executor_type = Executor;

  constexpr awaitable() noexcept {}
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
    if (kind_ == Kind::operation) return dgram::detail::finish_recv<Executor>(operation_, error_);
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
    kind_ = Kind::operation;
    dgram::detail::Op* const op = dgram::detail::make_recv<Executor>(operation_, core(), caller);
    if (!op) return;
    if constexpr (requires { caller.after_suspend(dgram::detail::start_recv, op); })
      caller.after_suspend(dgram::detail::start_recv, op);
    else
      dgram::detail::start_recv(op);
  }

  // No two pointers side by side: compilers move such a pair by one load, which has to wait until
  // the two stores before it have left the store buffer.
  void* target_ = nullptr;  // the Frame or the Core
  Kind kind_ = Kind::coroutine;
  std::error_code* error_ = nullptr;
  alignas(std::max_align_t) std::byte operation_[dgram::detail::recv_operation_size];
};

template <class Executor>
class ASIO_NODISCARD awaitable<dgram::Sent, Executor> {
  using Frame = detail::awaitable_frame<dgram::Sent, Executor>;

 public:
  using value_type = dgram::Sent;
  using executor_type = Executor;

  constexpr awaitable() noexcept {}
  explicit awaitable(const dgram::detail::SendCall& call) noexcept : call_(call) {}
  /// Of a coroutine; for Asio.
  explicit awaitable(Frame* frame) noexcept : frame_(frame) {}
  awaitable(awaitable&& other) noexcept
      : frame_(std::exchange(other.frame_, nullptr)), call_(other.call_) {
    other.call_.core = nullptr;
  }
  awaitable& operator=(awaitable&& other) noexcept {
    std::swap(frame_, other.frame_);
    std::swap(call_, other.call_);
    return *this;
  }
  ~awaitable() {
    if (frame_) frame_->destroy();
  }

  bool valid() const noexcept { return frame_ || call_.core; }

  bool await_ready() const noexcept { return false; }

  template <class U>
  bool await_suspend(detail::coroutine_handle<detail::awaitable_frame<U, Executor>> caller) {
    auto& promise = caller.promise();
    if (!frame_) {
      auto state = promise.await_transform(this_coro::cancellation_state_t()).await_resume();
      if (!state.slot().is_connected() && dgram::detail::send_at_once(call_)) return false;
      awaitable later = dgram::detail::send_later<Executor>(call_);
      frame_ = std::exchange(later.frame_, nullptr);
    }
    frame_->push_frame(&promise);
    return true;
  }

  dgram::Sent await_resume() {
    if (frame_) return awaitable(std::move(*this)).frame_->get();
    return dgram::detail::result_of(call_);
  }

 private:
  Frame* frame_ = nullptr;
  dgram::detail::SendCall call_;
};

}  // namespace asio

#endif
