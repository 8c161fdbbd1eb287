// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// asio::awaitable<Sent>, specialised: a send() that the kernel takes at once costs no coroutine
// frame.
//
// Such an awaitable is either a coroutine, as any other, or "this datagram through this socket".
// The second is tried where it is awaited, under the rule of perform.hpp; when it cannot be, it
// becomes that coroutine. What it uses of Asio's internals is in datagram_awaitable.hpp.
//
// Included where Sent is defined, so that no file of a program can see the primary template in its
// place. DGRAM_NO_ASIO_INTERNALS, for the whole program, leaves that one in place.
#pragma once

#include <asio/awaitable.hpp>
#include <asio/this_coro.hpp>
#include <dgram/config.hpp>
#include <dgram/endpoint.hpp>
#include <dgram/payload.hpp>
#include <string_view>
#include <system_error>
#include <utility>

#if defined(DGRAM_HAS_FAST_AWAITABLE)

DGRAM_BEGIN_NAMESPACE
class Sent;
namespace detail {

class Core;

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
