// asio::awaitable<Datagram>, specialised: a recv() that finds a datagram costs no coroutine frame.
//
// Such an awaitable is either a coroutine, as any other, or "this socket's next datagram". The
// second is served where it is awaited, under the rule of perform.hpp; when it cannot be, it
// becomes the first. Of Asio's internals it uses what the primary template uses: push_frame, get
// and destroy of a frame.
//
// Included where Datagram is defined, so that no file of a program can see the primary template in
// its place. DGRAM_NO_FAST_AWAITABLE, for the whole program, leaves that one in place.
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

/// True when the next datagram was found, or `ec` says why there is none, without a wait; nobody
/// else waits, and the yield budget is not spent.
DGRAM_API bool find_datagram(Core& core, std::error_code& ec) noexcept;

/// What find_datagram() has found.
DGRAM_API Datagram take_found(Core& core) noexcept;

/// Throws what recv() throws.
[[noreturn]] DGRAM_API void throw_recv_error(const std::error_code& ec);

/// Starts a recv() when it is awaited. `ec` must live until then.
template <class Executor>
asio::awaitable<Datagram, Executor> start_recv(Core& core, std::error_code& ec);

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
      : core_(&core), error_(error) {}
  /// Of a coroutine; for Asio.
  explicit awaitable(Frame* frame) noexcept : frame_(frame) {}
  awaitable(awaitable&& other) noexcept
      : frame_(std::exchange(other.frame_, nullptr)),
        core_(std::exchange(other.core_, nullptr)),
        error_(other.error_) {}
  awaitable& operator=(awaitable&& other) noexcept {
    std::swap(frame_, other.frame_);
    std::swap(core_, other.core_);
    std::swap(error_, other.error_);
    return *this;
  }
  ~awaitable() {
    if (frame_) frame_->destroy();
  }

  bool valid() const noexcept { return frame_ || core_; }

  bool await_ready() const noexcept { return false; }

  template <class U>
  bool await_suspend(detail::coroutine_handle<detail::awaitable_frame<U, Executor>> caller) {
    auto& promise = caller.promise();
    if (!frame_) {
      auto state = promise.await_transform(this_coro::cancellation_state_t()).await_resume();
      if (!state.slot().is_connected() && dgram::detail::find_datagram(*core_, ec_)) return false;
      awaitable operation = dgram::detail::start_recv<Executor>(*core_, ec_);
      frame_ = std::exchange(operation.frame_, nullptr);
    }
    frame_->push_frame(&promise);
    return true;
  }

  dgram::Datagram await_resume() {
    if (!core_) return awaitable(std::move(*this)).frame_->get();
    dgram::Datagram result;
    if (frame_)
      result = awaitable(std::exchange(frame_, nullptr)).frame_->get();
    else if (!ec_)
      result = dgram::detail::take_found(*core_);
    if (error_)
      *error_ = ec_;
    else if (ec_)
      dgram::detail::throw_recv_error(ec_);
    return result;
  }

 private:
  Frame* frame_ = nullptr;
  dgram::detail::Core* core_ = nullptr;
  std::error_code* error_ = nullptr;
  std::error_code ec_;
};

}  // namespace asio

#endif
