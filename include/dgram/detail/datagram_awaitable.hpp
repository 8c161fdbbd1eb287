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
#include <optional>
#include <system_error>
#include <utility>

#if defined(DGRAM_HAS_FAST_AWAITABLE)

DGRAM_BEGIN_NAMESPACE
class Datagram;
namespace detail {

class Core;

/// True when the next datagram is here or was fetched without a wait, nobody else waits for one,
/// and the yield budget is not spent. An error is no datagram: the operation tells it.
DGRAM_API bool find_datagram(Core& core) noexcept;

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
      : target_(&core), is_recv_(true), error_(error) {}
  /// Of a coroutine; for Asio.
  explicit awaitable(Frame* frame) noexcept : target_(frame) {}
  awaitable(awaitable&& other) noexcept
      : target_(std::exchange(other.target_, nullptr)),
        is_recv_(other.is_recv_),
        error_(other.error_) {}
  awaitable& operator=(awaitable&& other) noexcept {
    std::swap(target_, other.target_);
    std::swap(is_recv_, other.is_recv_);
    std::swap(error_, other.error_);
    return *this;
  }
  ~awaitable() {
    if (!is_recv_ && target_) frame()->destroy();
  }

  bool valid() const noexcept { return target_ != nullptr; }

  bool await_ready() const noexcept { return false; }

  template <class U>
  bool await_suspend(detail::coroutine_handle<detail::awaitable_frame<U, Executor>> caller) {
    auto& promise = caller.promise();
    if (is_recv_) {
      auto state = promise.await_transform(this_coro::cancellation_state_t()).await_resume();
      if (!state.slot().is_connected() && dgram::detail::find_datagram(core())) return false;
      start();
    }
    frame()->push_frame(&promise);
    return true;
  }

  dgram::Datagram await_resume() {
    if (!is_recv_) return result();
    if (error_) error_->clear();
    return dgram::detail::take_found(core());
  }

 private:
  Frame* frame() const noexcept { return static_cast<Frame*>(target_); }
  dgram::detail::Core& core() const noexcept { return *static_cast<dgram::detail::Core*>(target_); }

  /// Becomes a coroutine.
  void start() {
    awaitable operation = dgram::detail::start_recv<Executor>(core(), ec_.emplace());
    target_ = std::exchange(operation.target_, nullptr);
    is_recv_ = false;
  }

  /// Of the coroutine.
  dgram::Datagram result() {
    dgram::Datagram datagram = awaitable(std::move(*this)).frame()->get();
    if (ec_ && error_)
      *error_ = *ec_;
    else if (ec_ && *ec_)
      dgram::detail::throw_recv_error(*ec_);
    return datagram;
  }

  // No two pointers side by side: compilers move such a pair by one load, which has to wait until
  // the two stores before it have left the store buffer.
  void* target_ = nullptr;  // the Core, or the Frame
  bool is_recv_ = false;
  std::optional<std::error_code> ec_;  // of the operation that a recv() has become
  std::error_code* error_ = nullptr;
};

}  // namespace asio

#endif
