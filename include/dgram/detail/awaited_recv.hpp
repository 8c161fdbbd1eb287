// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// The operation of a recv() that is awaited. It needs no memory of its own: it lies in the frame of
// the coroutine that awaits it (awaitables.hpp).
#pragma once

#include <dgram/detail/request.hpp>
#include <new>
#include <utility>

#if defined(DGRAM_HAS_FAST_AWAITABLE)

DGRAM_BEGIN_NAMESPACE
namespace detail {

/// The half that knows no coroutine.
class DGRAM_API RecvOp : public Op {
 public:
  RecvOp(const RecvOp&) = delete;

  bool attempt() final;
  void expire() final {}  // it has no deadline
  SendRequest* as_send() noexcept final { return nullptr; }
  std::size_t bytes() const noexcept final { return 0; }
  void post(bool immediate) final;
  void hop() final;

  /// What a completed operation has brought. Throws Error, or stores the code in `*error` when that
  /// is given.
  Datagram take(std::error_code* error);

  Datagram datagram;

 protected:
  explicit RecvOp(Core& socket) noexcept : Op(CoreRef(socket), Event::read) {}
  ~RecvOp();

  /// Says where the coroutine runs. Throws std::bad_alloc.
  void run_on(const asio::any_io_executor& executor);

  /// What keeps the executor busy on which the coroutine runs, until it has been resumed.
  class Work {
   public:
    explicit Work(RecvOp& op) noexcept : elsewhere_(std::exchange(op.elsewhere_, nullptr)) {}
    Work(const Work&) = delete;
    ~Work() {
      if (elsewhere_) free(elsewhere_);
    }

   private:
    Elsewhere* elsewhere_;
  };

 private:
  static void free(Elsewhere* elsewhere) noexcept;

  Elsewhere* elsewhere_ = nullptr;
};

/// The half that resumes the coroutine.
template <class Executor>
class AwaitedRecv final : public RecvOp {
  using Thread = asio::detail::awaitable_thread<Executor>;
  using Frame = asio::detail::awaitable_frame_base<Executor>;

  struct Resumed : Thread {
    explicit Resumed(Thread&& thread) noexcept : Thread(std::move(thread)) {}
    using Thread::pump;
  };

 public:
  AwaitedRecv(Core& socket, Frame& suspended) noexcept
      : RecvOp(socket), thread_(std::move(*suspended.detach_thread())), frame_(suspended) {}

  /// Throws std::bad_alloc.
  void prepare() {
    run_on(thread_.get_executor());
    auto slot = thread_.get_cancellation_slot();
    if (slot.is_connected()) slot.template emplace<CancelOp>(*this);
  }

  // The coroutine goes on, with the frame that this lies in: finish_recv() ends the operation.
  void complete() override {
    Resumed thread(std::move(thread_));
    // Only here: when the context goes away, the cancellation signal may be gone already.
    thread.get_cancellation_slot().clear();
    const Work keep(*this);
    core = CoreRef();
    frame_.attach_thread(&thread);
    thread.pump();
  }

  void destroy() noexcept override {
    const Resumed thread(std::move(thread_));  // whose end destroys the frame
    this->~AwaitedRecv();
  }

 private:
  Thread thread_;
  Frame& frame_;
};

template <class Executor>
Op* make_recv(void* room, Core& core, asio::detail::awaitable_frame_base<Executor>& suspended) {
  static_assert(sizeof(AwaitedRecv<Executor>) <= recv_operation_size);
  auto* const op = new (room) AwaitedRecv<Executor>(core, suspended);
  try {
    op->prepare();
    return op;
  } catch (const std::bad_alloc&) {
  }
  op->ec = asio::error::no_memory;
  op->complete();
  return nullptr;
}

template <class Executor>
Datagram finish_recv(void* room, std::error_code* error) {
  struct Ending {
    AwaitedRecv<Executor>& op;
    ~Ending() { op.~AwaitedRecv(); }
  } const ending{*std::launder(static_cast<AwaitedRecv<Executor>*>(room))};
  return ending.op.take(error);
}

}  // namespace detail
DGRAM_END_NAMESPACE

#endif
