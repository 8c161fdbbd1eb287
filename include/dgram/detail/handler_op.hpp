// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// Binds a request to a completion handler: the only templates that exist per completion token.
#pragma once

#include <asio/any_io_executor.hpp>
#include <asio/associated_allocator.hpp>
#include <asio/associated_cancellation_slot.hpp>
#include <asio/associated_executor.hpp>
#include <asio/dispatch.hpp>
#include <asio/execution/outstanding_work.hpp>
#include <asio/post.hpp>
#include <asio/prefer.hpp>
#include <asio/recycling_allocator.hpp>
#include <asio/system_executor.hpp>
#include <dgram/config.hpp>
#include <dgram/detail/request.hpp>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

#if defined(DGRAM_HAS_IMMEDIATE_EXECUTOR)
#include <asio/associated_immediate_executor.hpp>
#endif

DGRAM_BEGIN_NAMESPACE
namespace detail {

#if defined(DGRAM_HAS_IMMEDIATE_EXECUTOR)
/// The handler brings one of its own: it is then the same whichever executor is offered as the
/// fallback.
template <class Handler>
inline constexpr bool has_immediate_executor =
    std::is_same_v<asio::associated_immediate_executor_t<Handler, asio::system_executor>,
                   asio::associated_immediate_executor_t<Handler, asio::any_io_executor>>;

template <class Handler>
auto get_immediate_executor(const Handler& handler, const asio::any_io_executor& fallback) {
  return asio::get_associated_immediate_executor(handler, fallback);
}
#else
template <class Handler>
inline constexpr bool has_immediate_executor = false;
#endif

template <class Request, class Handler>
class HandlerOp final : public Op {
  using Executor = asio::associated_executor_t<Handler, asio::any_io_executor>;
  // Named because the associator's own default is plain operator new: one malloc per operation.
  using DefaultAllocator = asio::recycling_allocator<void>;
  using HandlerAllocator = asio::associated_allocator_t<Handler, DefaultAllocator>;
  using Allocator =
      typename std::allocator_traits<HandlerAllocator>::template rebind_alloc<HandlerOp>;
  // An executor that any_io_executor cannot hold: the operation runs on the socket's, its handler
  // is dispatched at the end.
  static constexpr bool is_foreign = !std::is_convertible_v<Executor, asio::any_io_executor>;
  // Keeps the handler's executor busy where that is not the socket's.
  using ForeignWork = std::optional<std::decay_t<decltype(asio::prefer(
      std::declval<Executor>(), asio::execution::outstanding_work.tracked))>>;
  // One without an executor of its own gets whichever is offered.
  static constexpr bool has_own_executor =
      std::is_same_v<Executor, asio::associated_executor_t<Handler, asio::system_executor>>;
  struct NoWork {};
  using Work =
      std::conditional_t<is_foreign,
                         ForeignWork,
                         std::conditional_t<has_own_executor, std::optional<Elsewhere>, NoWork>>;

 public:
  /// An operation that its handler's cancellation slot can end. Without memory it throws, and the
  /// handler is as it was.
  static HandlerOp& make(CoreRef&& core, Request&& request, Handler& handler) {
    Allocator allocator(asio::get_associated_allocator(handler, DefaultAllocator()));
    HandlerOp* const memory = std::allocator_traits<Allocator>::allocate(allocator, 1);
    auto slot = asio::get_associated_cancellation_slot(handler);
    try {
      Work work = make_work(handler, core.executor());
      CancelOp* const cancel = slot.is_connected() ? &slot.template emplace<CancelOp>() : nullptr;
      HandlerOp& op = *new (memory) HandlerOp(
          std::move(core), std::move(request), std::move(handler), std::move(work));
      if (cancel) cancel->set(op);
      return op;
    } catch (...) {
      if (slot.is_connected()) slot.clear();
      std::allocator_traits<Allocator>::deallocate(allocator, memory, 1);
      throw;
    }
  }

  Request& request() noexcept { return request_; }

  bool attempt() override { return request_.attempt(*core, ec); }

  void expire() override {
    if constexpr (std::is_base_of_v<RecvUntilRequest, Request>)
      ec = {};  // the optional says it by being empty
    else
      ec = asio::error::timed_out;
  }

  SendRequest* as_send() noexcept override {
    if constexpr (std::is_same_v<Request, SendRequest>)
      return &request_;
    else
      return nullptr;
  }

  std::size_t bytes() const noexcept override { return request_.bytes(); }

  std::size_t bytes_sent() const noexcept override {
    if constexpr (requires { request_.bytes_sent(); })
      return request_.bytes_sent();
    else
      return 0;
  }

  void post(bool immediate) override {
    // As Asio does: through the socket's executor, then dispatched to the handler's. Posting to the
    // handler's own would put a use_future operation on a thread of the system executor.
    if constexpr (has_immediate_executor<Handler>) {
      if (immediate) {
        auto ex = get_immediate_executor(handler_, core.executor());
        return asio::dispatch(ex, Runner(*this, false));
      }
    }
    asio::post(core.executor(), Runner(*this, foreign_executor != nullptr));
  }

  void hop() override {
    auto ex = asio::get_associated_executor(handler_, core.executor());
    asio::dispatch(ex, Runner(*this, false));
  }

  void complete() override {
    // Only here: when the context goes away, the handler's cancellation signal may be gone already.
    asio::get_associated_cancellation_slot(handler_).clear();
    const std::error_code result_code = ec;
    [[maybe_unused]] const Work keep(std::move(work_));
    if constexpr (std::is_void_v<typename Request::Result>) {
      Handler handler(extract());
      if constexpr (is_foreign)
        dispatch_foreign(std::move(handler),
                         [result_code](Handler& h) { std::move(h)(result_code); });
      else
        std::move(handler)(result_code);
    } else {
      typename Request::Result result = request_.take();
      Handler handler(extract());
      if constexpr (is_foreign)
        dispatch_foreign(std::move(handler),
                         [result_code, r = std::move(result)](Handler& h) mutable {
                           std::move(h)(result_code, std::move(r));
                         });
      else
        std::move(handler)(result_code, std::move(result));
    }
  }

  void destroy() noexcept override { [[maybe_unused]] Handler handler(extract()); }

 private:
  /// Owns the operation while it is posted.
  class Runner {
   public:
    using allocator_type = HandlerAllocator;
    Runner(HandlerOp& op, bool has_to_hop) noexcept : op_(&op), has_to_hop_(has_to_hop) {}
    Runner(Runner&& other) noexcept
        : op_(std::exchange(other.op_, nullptr)), has_to_hop_(other.has_to_hop_) {}
    Runner& operator=(Runner&&) = delete;
    ~Runner() {
      if (!op_) return;
      const CoreRef core(op_->core);  // the operation's own reference dies with it
      core.abandon(*op_);
    }
    void operator()() {
      HandlerOp& op = *op_;
      if constexpr (!is_foreign) {
        if (has_to_hop_) {
          op_ = nullptr;
          const CoreRef core(op.core);
          return core.hop(op);
        }
      }
      op_ = nullptr;
      const CoreRef core(op.core);
      core.run(op);
    }
    allocator_type get_allocator() const noexcept {
      return asio::get_associated_allocator(op_->handler_, DefaultAllocator());
    }

   private:
    HandlerOp* op_;
    bool has_to_hop_;
  };

  /// @param home The socket's executor.
  static Work make_work(const Handler& handler, const asio::any_io_executor& home) {
    Work work;
    if constexpr (is_foreign) {
      const Executor executor = asio::get_associated_executor(handler, home);
      if (!is_of_context(executor, home))
        work.emplace(asio::prefer(executor, asio::execution::outstanding_work.tracked));
    } else if constexpr (has_own_executor) {
      const asio::any_io_executor executor = asio::get_associated_executor(handler, home);
      if (is_elsewhere(executor, home)) work.emplace(Elsewhere{executor, tracked(executor, home)});
    }
    return work;
  }

  /// As tracked() in request.hpp: the context of the socket has the wait.
  static bool is_of_context(const Executor& executor, const asio::any_io_executor& home) {
    using asio::execution::context;
    if constexpr (asio::can_query_v<const Executor&, decltype(context)>) {
      using Context = decltype(asio::query(executor, context));
      if constexpr (std::is_convertible_v<Context, const asio::execution_context&>) {
        const asio::execution_context& its = asio::query(executor, context);
        return &its == &asio::query(home, context);
      }
    }
    return false;
  }

  HandlerOp(CoreRef&& c, Request&& request, Handler&& handler, Work&& work)
      : Op(std::move(c), Request::event),
        request_(std::move(request)),
        handler_(std::move(handler)),
        work_(std::move(work)) {
    if constexpr (requires { request_.deadline; }) deadline = request_.deadline;
    if constexpr (requires { request_.refused(); }) ec = request_.refused();
    if constexpr (has_own_executor && !is_foreign)
      if (work_) foreign_executor = &work_->executor;
  }
  ~HandlerOp() = default;

  /// Ends the operation and gives its memory back before the handler is called, so that the handler
  /// may use it again.
  Handler extract() noexcept {
    Handler handler(std::move(handler_));
    Allocator allocator(asio::get_associated_allocator(handler, DefaultAllocator()));
    this->~HandlerOp();
    std::allocator_traits<Allocator>::deallocate(allocator, this, 1);
    return handler;
  }

  template <class Call>
  static void dispatch_foreign(Handler&& handler, Call&& call) {
    auto ex = asio::get_associated_executor(handler);
    asio::dispatch(ex, [h = std::move(handler), c = std::forward<Call>(call)]() mutable { c(h); });
  }

  Request request_;
  Handler handler_;
  [[no_unique_address]] Work work_;
};

/// Starts an operation: what async_initiate calls.
template <class Request>
class Start {
 public:
  explicit Start(CoreRef core) noexcept : core_(std::move(core)) {}

  template <class Handler>
  void operator()(Handler&& handler, Request request) && {
    start(std::move(core_), std::forward<Handler>(handler), std::move(request));
  }
  template <class Handler>
  void operator()(Handler&& handler, Request request) const& {
    start(core_, std::forward<Handler>(handler), std::move(request));
  }

 private:
  // By value: an immediate completion may destroy the initiation. From here on the operation keeps
  // the socket's state alive.
  template <class Handler>
  static void start(CoreRef core, Handler&& handler, Request request) {
    using Operation = HandlerOp<Request, std::decay_t<Handler>>;
    std::decay_t<Handler> own(std::forward<Handler>(handler));
    Operation& op = Operation::make(std::move(core), std::move(request), own);
    if constexpr (std::is_base_of_v<LookupRequest, Request>)
      op.core.start_lookup(op, op.request());
    else
      op.core.start(op);
  }

  CoreRef core_;
};

/// The same for any completion token. Carries the executor, which cancel_after needs to find a
/// timer.
template <class Executor, class Request>
class Initiate : public Start<Request> {
 public:
  using executor_type = Executor;
  Initiate(const Executor& executor, CoreRef core) noexcept
      : Start<Request>(std::move(core)), executor_(executor) {}
  executor_type get_executor() const noexcept { return executor_; }

 private:
  Executor executor_;
};

template <class Result>
struct SignatureOf {
  using type = void(std::error_code, Result);
};
template <>
struct SignatureOf<void> {
  using type = void(std::error_code);
};
template <class Request>
using Signature = typename SignatureOf<typename Request::Result>::type;

}  // namespace detail
DGRAM_END_NAMESPACE
