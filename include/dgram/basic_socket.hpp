// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// The socket: everything that suspends, as coroutines and for any completion token.
#pragma once

#include <asio/any_io_executor.hpp>
#include <asio/async_result.hpp>
#include <asio/awaitable.hpp>
#include <asio/execution_context.hpp>
#include <chrono>
#include <dgram/batch.hpp>
#include <dgram/datagram.hpp>
#include <dgram/detail/host_operation.hpp>
#include <dgram/detail/perform.hpp>
#include <dgram/payload.hpp>
#include <dgram/socket_base.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

DGRAM_BEGIN_NAMESPACE

/// A UDP socket for coroutines.
/**
 * **Completion.** Every operation completes exactly once, never inside the call that started it
 * (unless its handler has an immediate executor), through the handler's associated executor, with
 * memory from its associated allocator. A coroutine form that finds its work done already goes on
 * without suspending; after 64 such operations in a row it returns to the scheduler, so that timers
 * and other sockets run. Destroying the execution context destroys pending operations without a
 * call.
 *
 * **Cancellation.** Every operation supports terminal, partial and total cancellation. A receive
 * that reports `operation_aborted` has consumed nothing; a send that does so has sent nothing, but
 * for send_many and send_segments, which say how much. So `||` and `cancel_after` lose no datagram,
 * whichever side is ready first.
 *
 * **Order.** Receives are served first come, first served; so are sends.
 *
 * **Lifetime.** The socket may be moved while operations are pending, and closed or destroyed (they
 * complete with `operation_aborted`). It must not be moved or destroyed between the making of a
 * coroutine (`s.recv()`) and its `co_await`.
 *
 * **Thread safety.** Distinct objects: safe. Shared objects: unsafe: call a socket, and await its
 * operations, on an io_context that one thread runs, or on one strand. The socket itself may have
 * been made with the plain context, when each operation has the strand as its associated executor:
 * that of a coroutine on it, or of `bind_executor`; not `use_future`, nor a bare lambda. A handler
 * may also be bound to another executor than the one on which the socket is called. A handler
 * that runs its context inside itself must not wait there for an operation of the same socket: that
 * one is served when the handler has returned.
 *
 * **Errors.** Coroutine forms throw Error; the token forms carry only the code.
 *
 * @tparam Executor The executor type of the socket and of the coroutines that its members return.
 */
template <class Executor = asio::any_io_executor>
class BasicSocket : public SocketBase {
 public:
  using executor_type = Executor;
  using protocol_type = asio::ip::udp;
  using endpoint_type = Endpoint;
  using native_handle_type = NativeHandle;
  using duration = std::chrono::steady_clock::duration;
  using time_point = TimePoint;
  template <class T>
  using awaitable = asio::awaitable<T, Executor>;

  /// The same socket on another executor type, for `as_default_on_t` and friends.
  template <class Other>
  struct rebind_executor {
    using other = BasicSocket<Other>;
  };

  /// A socket that is not open yet.
  explicit BasicSocket(const Executor& executor, const SocketOptions& options = {});

  /// The same, on the context's own executor.
  template <class Context>
  requires std::is_convertible_v<Context&, asio::execution_context&>
  explicit BasicSocket(Context& context, const SocketOptions& options = {})
      : BasicSocket(Executor(context.get_executor()), options) {}

  /// Pending operations move along. The source answers `bad_descriptor` from then on.
  BasicSocket(BasicSocket&& other) noexcept = default;

  /// Closes this socket first.
  BasicSocket& operator=(BasicSocket&& other) noexcept = default;

  /// Closes the socket.
  ~BasicSocket() = default;

  executor_type get_executor() const noexcept;

  // ---- receive

  /// Receives one datagram, whole, whatever its size.
  /**
   * Errors: `operation_aborted`; `bad_descriptor` (never opened, closed, moved-from); `eof` after
   * stop_receiving() or drain(); `connection_refused` and other ICMP errors of a connected socket,
   * each reported by one operation, after which the socket goes on; `no_memory`.
   *
   * Example:
   * @code
   * dgram::Datagram d = co_await socket.recv();
   * @endcode
   */
  [[nodiscard]] awaitable<Datagram> recv();

  /// The same with the error as a value: `ec` is set and the datagram is empty. `ec` must live
  /// until completion.
  [[nodiscard]] awaitable<Datagram> recv(std::error_code& ec);

  /// Completion signature: `void(std::error_code, Datagram)`.
  template <class CompletionToken = asio::default_completion_token_t<Executor>>
  auto async_recv(CompletionToken&& token = CompletionToken()) {
    return initiate<CompletionToken>(detail::RecvRequest(), token);
  }

  /// Receives one datagram, or nothing when the time is up: nullopt, no error.
  /**
   * What is here already is taken even when the deadline has passed, so a deadline of now polls.
   * All deadlines of a socket share one timer.
   *
   * @param timeout Counted from this call. A negative one means 0; one beyond the clock's range
   * means for ever.
   */
  [[nodiscard]] awaitable<std::optional<Datagram>> recv_for(duration timeout);
  [[nodiscard]] awaitable<std::optional<Datagram>> recv_until(time_point deadline);

  /// The same with the error as a value. `ec` must live until completion.
  [[nodiscard]] awaitable<std::optional<Datagram>> recv_for(duration timeout, std::error_code& ec);
  [[nodiscard]] awaitable<std::optional<Datagram>> recv_until(time_point deadline,
                                                              std::error_code& ec);

  /// Completion signature: `void(std::error_code, std::optional<Datagram>)`.
  template <class CompletionToken = asio::default_completion_token_t<Executor>>
  auto async_recv_for(duration timeout, CompletionToken&& token = CompletionToken()) {
    return initiate<CompletionToken>(detail::RecvForRequest(deadline_in(timeout)), token);
  }
  template <class CompletionToken = asio::default_completion_token_t<Executor>>
  auto async_recv_until(time_point deadline, CompletionToken&& token = CompletionToken()) {
    return initiate<CompletionToken>(detail::RecvUntilRequest(deadline), token);
  }

  /// Receives what is here, at least one datagram and at most `into.size()`; returns how many.
  /**
   * Waits for the first only. The datagrams that were in `into` are released before the kernel is
   * asked for more, else as they are replaced. `into` must live until completion. Errors:
   * Errc::no_buffers for an empty span; else those of recv().
   */
  [[nodiscard]] awaitable<std::size_t> recv_many(std::span<Datagram> into);

  /// The same with the error as a value. `ec` must live until completion.
  [[nodiscard]] awaitable<std::size_t> recv_many(std::span<Datagram> into, std::error_code& ec);

  /// Completion signature: `void(std::error_code, std::size_t)`.
  template <class CompletionToken = asio::default_completion_token_t<Executor>>
  auto async_recv_many(std::span<Datagram> into, CompletionToken&& token = CompletionToken()) {
    return initiate<CompletionToken>(detail::RecvManyRequest(into), token);
  }

  /// Receives one datagram into the caller's memory.
  /**
   * What does not fit is gone; Received::truncated and Received::full_size say so. `into` must live
   * until completion. Errors: Errc::no_buffers for an empty span; else those of recv().
   */
  [[nodiscard]] awaitable<Received> recv_into(std::span<std::byte> into);

  /// The same with the error as a value. `ec` must live until completion.
  [[nodiscard]] awaitable<Received> recv_into(std::span<std::byte> into, std::error_code& ec);

  /// Completion signature: `void(std::error_code, Received)`.
  template <class CompletionToken = asio::default_completion_token_t<Executor>>
  auto async_recv_into(std::span<std::byte> into, CompletionToken&& token = CompletionToken()) {
    return initiate<CompletionToken>(detail::RecvIntoRequest(into), token);
  }

  /// Waits until try_recv() has something to say: a datagram, held or in the kernel, or an error.
  /// Now and then it has nothing after all: the kernel finds a wrong checksum only when it is
  /// asked.
  [[nodiscard]] awaitable<void> wait_readable();

  /// Completion signature: `void(std::error_code)`.
  template <class CompletionToken = asio::default_completion_token_t<Executor>>
  auto async_wait_readable(CompletionToken&& token = CompletionToken()) {
    return initiate<CompletionToken>(detail::WaitReadableRequest(), token);
  }

  // ---- error reports

  /// Waits for a report on a datagram that did not arrive; see ErrorReport.
  /**
   * Asked for by SocketOptions::receive_errors. The receives and the sends of an unconnected socket
   * go on as if there were no errors; a connected socket gives each error to one of them, as well
   * as here. Cancellation: a recv_error that reports `operation_aborted` has taken none.
   *
   * Errors: Errc::errors_not_received; `bad_descriptor`; `operation_aborted`. Source: ip(7),
   * IP_RECVERR.
   *
   * Example:
   * @code
   * for (;;) {
   *   const dgram::ErrorReport report = co_await socket.recv_error();
   *   if (report.error == asio::error::connection_refused) forget(report.destination);
   * }
   * @endcode
   */
  [[nodiscard]] awaitable<ErrorReport> recv_error();

  /// The same with the error as a value. `ec` must live until completion.
  [[nodiscard]] awaitable<ErrorReport> recv_error(std::error_code& ec);

  /// Completion signature: `void(std::error_code, ErrorReport)`.
  template <class CompletionToken = asio::default_completion_token_t<Executor>>
  auto async_recv_error(CompletionToken&& token = CompletionToken()) {
    return initiate<CompletionToken>(detail::RecvErrorRequest(), token);
  }

  // ---- send

  /// Sends one datagram; returns its size. Tries at once, and waits only while the kernel takes no
  /// more.
  /**
   * The result converts to `std::size_t`. Nothing is sent before the call is awaited; the payload
   * must live until then, and until it has been sent. Opens a new socket with the family of `to`;
   * the kernel then chooses the port. A link-local `to` without a zone leaves by the interface that
   * the system's routes name first.
   *
   * Errors: `message_size` (more than 65,507 bytes over IPv4 or 65,527 over IPv6, or more than the
   * path takes where fragmenting is off); Errc::bad_port (port 0); `address_family_not_supported`
   * (IPv4 address on an IPv6 socket or the reverse; an IPv6 socket reaches IPv4 as
   * "::ffff:a.b.c.d"); `address_in_use` (no port is free for a socket that has none);
   * Errc::no_buffers, Errc::too_many_buffers; `invalid_argument` (SendOptions out of range);
   * Errc::queue_full; `network_unreachable`, `host_unreachable`, `access_denied` (broadcast not
   * allowed), `no_buffer_space` (dropped on this host); Errc::source_unavailable (the source
   * address is not this host's any more), `no_such_device` (nor is the interface);
   * `connection_refused` (an earlier datagram of a connected socket was refused; this one was not
   * sent). Source: udp(7), send(2).
   */
  [[nodiscard]] awaitable<Sent> send(Payload payload, Endpoint to);
  [[nodiscard]] awaitable<Sent> send(Payload payload, Endpoint to, SendOptions options);

  /// Sends to the connected peer. Errors: `not_connected`; else as above.
  [[nodiscard]] awaitable<Sent> send(Payload payload);

  /// The same with the error as a value: a server outlives one bad peer without a `try`. `ec` must
  /// live until completion.
  [[nodiscard]] awaitable<Sent> send(Payload payload, Endpoint to, std::error_code& ec);
  [[nodiscard]] awaitable<Sent> send(Payload payload,
                                     Endpoint to,
                                     SendOptions options,
                                     std::error_code& ec);
  [[nodiscard]] awaitable<Sent> send(Payload payload, std::error_code& ec);

  /// Sends to a host by name or literal address. A literal never touches a resolver, nor does
  /// "localhost".
  /**
   * A socket of both families reaches a host that has IPv4 addresses only by its mapped one.
   *
   * @param payload As above.
   * @param host 1 to 253 characters. Errors: Errc::bad_host_name; `asio::error::host_not_found`,
   * `host_not_found_try_again`.
   * @param port 1 to 65535. Errors: Errc::bad_port.
   */
  [[nodiscard]] awaitable<Sent> send(Payload payload, std::string_view host, int port);

  /// Completion signature: `void(std::error_code, std::size_t)`.
  template <class CompletionToken = asio::default_completion_token_t<Executor>>
  requires(!std::is_same_v<std::remove_cvref_t<CompletionToken>, SendOptions>) auto async_send(
      Payload payload, Endpoint to, CompletionToken&& token = CompletionToken()) {
    return initiate<CompletionToken>(detail::SendRequest(payload, to, SendOptions()), token);
  }
  template <class CompletionToken = asio::default_completion_token_t<Executor>>
  auto async_send(Payload payload,
                  Endpoint to,
                  SendOptions options,
                  CompletionToken&& token = CompletionToken()) {
    return initiate<CompletionToken>(detail::SendRequest(payload, to, options), token);
  }
  template <class CompletionToken = asio::default_completion_token_t<Executor>>
  requires(!std::is_convertible_v<CompletionToken, Endpoint>) auto async_send(
      Payload payload, CompletionToken&& token = CompletionToken()) {
    return initiate<CompletionToken>(detail::SendRequest(payload, SendOptions()), token);
  }
  template <class CompletionToken = asio::default_completion_token_t<Executor>>
  auto async_send(Payload payload,
                  std::string_view host,
                  int port,
                  CompletionToken&& token = CompletionToken()) {
    return asio::async_compose<CompletionToken, void(std::error_code, std::size_t)>(
        detail::SendToHost<Executor>(
            get_executor(), core(), std::string(host), port, payload, SendOptions()),
        token,
        get_executor());
  }

  /// Sends many datagrams, to one peer or to many, with few system calls; returns how many the
  /// kernel accepted.
  /**
   * Each datagram has its own Outgoing::result afterwards; one that fails neither stops nor repeats
   * another. Cancelled or closed halfway, those not attempted keep `operation_aborted` and the
   * operation reports it. The batch and the bytes must live until completion.
   *
   * Errors of the operation as a whole: `operation_aborted`, `bad_descriptor`, Errc::queue_full.
   */
  [[nodiscard]] awaitable<std::size_t> send_many(std::span<Outgoing> batch);

  /// Completion signature: `void(std::error_code, std::size_t)`.
  template <class CompletionToken = asio::default_completion_token_t<Executor>>
  auto async_send_many(std::span<Outgoing> batch, CompletionToken&& token = CompletionToken()) {
    return initiate<CompletionToken>(detail::SendManyRequest(batch), token);
  }

  /// Sends one contiguous payload as datagrams of `segment_size` bytes, the last one possibly
  /// shorter; returns the bytes accepted.
  /**
   * @param payload In one piece.
   * @param segment_size 1 or more; a datagram is at most 65,507 bytes (65,527 over IPv6), so a
   * larger one is `message_size` unless the payload is shorter. An empty payload sends one empty
   * datagram.
   * @param to As for send().
   * @param options Of each of the datagrams.
   *
   * Stops at the first datagram that fails; the token form tells the bytes that were accepted
   * before. Errors: `invalid_argument` (a segment size of 0, a payload in several pieces); else
   * those of send().
   */
  [[nodiscard]] awaitable<std::size_t> send_segments(Payload payload,
                                                     std::size_t segment_size,
                                                     Endpoint to,
                                                     SendOptions options = {});

  /// To the connected peer. Errors: `not_connected`; else as above.
  [[nodiscard]] awaitable<std::size_t> send_segments(Payload payload, std::size_t segment_size);

  /// Completion signature: `void(std::error_code, std::size_t)`.
  template <class CompletionToken = asio::default_completion_token_t<Executor>>
  requires(!std::is_same_v<std::remove_cvref_t<CompletionToken>,
                           SendOptions>) auto async_send_segments(Payload payload,
                                                                  std::size_t segment_size,
                                                                  Endpoint to,
                                                                  CompletionToken&& token =
                                                                      CompletionToken()) {
    return initiate<CompletionToken>(
        detail::SendSegmentsRequest(payload, segment_size, to, SendOptions()), token);
  }
  template <class CompletionToken = asio::default_completion_token_t<Executor>>
  auto async_send_segments(Payload payload,
                           std::size_t segment_size,
                           Endpoint to,
                           SendOptions options,
                           CompletionToken&& token = CompletionToken()) {
    return initiate<CompletionToken>(
        detail::SendSegmentsRequest(payload, segment_size, to, options), token);
  }
  template <class CompletionToken = asio::default_completion_token_t<Executor>>
  requires(!std::is_convertible_v<CompletionToken, Endpoint>) auto async_send_segments(
      Payload payload, std::size_t segment_size, CompletionToken&& token = CompletionToken()) {
    return initiate<CompletionToken>(detail::SendSegmentsRequest(payload, segment_size), token);
  }

  // ---- by host name

  /// Looks a host up as the other operations on names do: with the lookup of set_lookup() where
  /// there is one, in the world of the context's sockets.
  /**
   * For who sends more than once: resolve, make an Endpoint, and send to that. A literal address is
   * its own answer; to a socket of both families an IPv4 one is the mapped one. Cancellation:
   * total; the answer is forgotten. close() ends it with `operation_aborted`.
   *
   * @returns An address of the socket's family, or of any when it has none.
   * Errors: Errc::bad_host_name; those of the resolver: `asio::error::host_not_found`,
   * `asio::error::host_not_found_try_again`; `bad_descriptor` when the socket is closed.
   */
  [[nodiscard]] awaitable<asio::ip::address> resolve(std::string_view host);

  /// Completion signature: `void(std::error_code, asio::ip::address)`.
  template <class CompletionToken = asio::default_completion_token_t<Executor>>
  auto async_resolve(std::string_view host, CompletionToken&& token = CompletionToken()) {
    detail::LookupRequest request(std::string(host), detail::lookup_family(*core()));
    return initiate<CompletionToken>(std::move(request), token);
  }

  using SocketBase::bind;
  using SocketBase::connect;

  /// Binds to an address of this host that is given by name or literal.
  /**
   * @param host 1 to 253 characters.
   * @param port 0 to 65535; 0 lets the kernel choose. Errors: those of bind() and of a lookup:
   * Errc::bad_host_name, Errc::bad_port, `asio::error::host_not_found`.
   */
  [[nodiscard]] awaitable<void> bind(std::string_view host, int port);

  /// Completion signature: `void(std::error_code)`.
  template <class CompletionToken = asio::default_completion_token_t<Executor>>
  auto async_bind(std::string_view host, int port, CompletionToken&& token = CompletionToken()) {
    return act_on_host<CompletionToken>(detail::HostAction::bind, host, port, token);
  }

  /// Connects to a peer that is given by name or literal address. Errors: those of connect() and of
  /// a lookup.
  [[nodiscard]] awaitable<void> connect(std::string_view host, int port);

  /// Completion signature: `void(std::error_code)`.
  template <class CompletionToken = asio::default_completion_token_t<Executor>>
  auto async_connect(std::string_view host, int port, CompletionToken&& token = CompletionToken()) {
    return act_on_host<CompletionToken>(detail::HostAction::connect, host, port, token);
  }

 private:
  // `token` is the forwarding reference of the caller, whose CompletionToken says whether it may be
  // moved from.
  template <class CompletionToken, class Request>
  auto initiate(Request request, std::remove_reference_t<CompletionToken>& token) {
    return asio::async_initiate<CompletionToken, detail::Signature<Request>>(
        detail::Initiate<Executor, Request>(get_executor(), core()), token, std::move(request));
  }

  template <class CompletionToken>
  auto act_on_host(detail::HostAction action,
                   std::string_view host,
                   int port,
                   std::remove_reference_t<CompletionToken>& token) {
    return asio::async_compose<CompletionToken, void(std::error_code)>(
        detail::ActOnHost<Executor>(get_executor(), core(), std::string(host), port, action),
        token,
        get_executor());
  }

  template <class Request>
  awaitable<detail::Awaited<Request>> perform(Request request, std::error_code* ec = nullptr) {
    return detail::perform<Executor, Request>(*core(), std::move(request), ec);
  }

  time_point deadline_in(duration timeout) const;
};

DGRAM_END_NAMESPACE

#include <dgram/impl/basic_socket.hpp>
