// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// Undocumented interfaces of Asio that dgram uses, checked at compile time. With an Asio that has
// changed one of them, the static_assert fails and names the build option that avoids them.
#pragma once

#include <dgram/config.hpp>

#if defined(DGRAM_HAS_REACTOR_WAIT)
#include <asio/detail/reactor.hpp>
#include <asio/detail/reactor_op.hpp>
#endif
#if defined(DGRAM_HAS_FAST_AWAITABLE)
#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>
#include <asio/this_coro.hpp>
#endif
#include <concepts>
#include <system_error>

DGRAM_BEGIN_NAMESPACE
namespace detail {

#if defined(DGRAM_HAS_REACTOR_WAIT)

template <class Op>
concept KnownReactorOp = requires(Op& op, void* key) {
  requires std::same_as<decltype(op.ec_), std::error_code>;
  op.cancellation_key_ = key;
  requires Op::not_done < Op::done&& Op::done < Op::done_and_exhausted;
};
static_assert(KnownReactorOp<asio::detail::reactor_op>,
              "Asio's reactor_op is not what dgram knows: build with -Dasio_internals=disabled "
              "(DGRAM_NO_ASIO_INTERNALS)");

template <class Reactor>
concept KnownReactor = requires(Reactor reactor,
                                typename Reactor::per_descriptor_data data,
                                asio::detail::reactor_op* op,
                                void* key) {
  reactor.start_op(Reactor::read_op, int(), data, op, false, true);
  reactor.start_op(Reactor::write_op, int(), data, op, false, true);
  reactor.start_op(Reactor::except_op, int(), data, op, false, true);
  reactor.cancel_ops_by_key(int(), data, Reactor::read_op, key);
  reactor.post_immediate_completion(op, false);
};
static_assert(KnownReactor<asio::detail::reactor>,
              "Asio's reactor is not what dgram knows: build with -Dasio_internals=disabled "
              "(DGRAM_NO_ASIO_INTERNALS)");

#endif

#if defined(DGRAM_HAS_REACTOR_WAIT)

/// Lets a private member of a class be named, which the language allows where a template is
/// instantiated explicitly ([temp.spec.general]/6).
template <class Tag, auto member>
struct Opened {
  friend constexpr auto member_of(Tag) noexcept { return member; }
};
struct EpollDescriptor {
  friend constexpr auto member_of(EpollDescriptor) noexcept;
};
// An error here says that Asio's reactor is not what dgram knows: build with
// -Dasio_internals=disabled (DGRAM_NO_ASIO_INTERNALS).
template struct Opened<EpollDescriptor, &asio::detail::epoll_reactor::epoll_fd_>;

/// The epoll(7) descriptor of a reactor.
inline int epoll_of(const asio::detail::epoll_reactor& reactor) noexcept {
  return reactor.*member_of(EpollDescriptor());
}

#endif

#if defined(DGRAM_HAS_FAST_AWAITABLE)

template <class Frame, class Base, class Thread>
concept KnownFrame = requires(Frame frame, Base base, Thread thread) {
  requires std::derived_from<Frame, Base>;
  { base.detach_thread() } -> std::same_as<Thread*>;
  base.attach_thread(&thread);
  frame.push_frame(&base);
  frame.get();
  frame.destroy();
  base.await_transform(asio::this_coro::cancellation_state_t()).await_resume().slot();
};
static_assert(
    KnownFrame<asio::detail::awaitable_frame<int, asio::any_io_executor>,
               asio::detail::awaitable_frame_base<asio::any_io_executor>,
               asio::detail::awaitable_thread<asio::any_io_executor>>,
    "Asio's awaitable_frame is not what dgram knows: build with -Dasio_internals=disabled "
    "(DGRAM_NO_ASIO_INTERNALS)");

#endif

}  // namespace detail
DGRAM_END_NAMESPACE
