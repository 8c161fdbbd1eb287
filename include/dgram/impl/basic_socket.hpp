// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// Bodies of BasicSocket that are the same for every completion token. They are not in the class,
// which would make them inline: the library has them compiled for Socket, and a program that uses
// it compiles none of them but recv().
#pragma once

#include <dgram/basic_socket.hpp>
#include <dgram/detail/awaited_recv.hpp>

DGRAM_BEGIN_NAMESPACE
namespace detail {

template <class Executor>
asio::awaitable<asio::ip::address, Executor> resolve(CoreRef core,
                                                     Executor executor,
                                                     std::string host) {
  std::error_code ec;
  auto token = asio::redirect_error(asio::use_awaitable_t<Executor>(), ec);
  LookupRequest request(host, lookup_family(*core));
  Initiate<Executor, LookupRequest> initiate(executor, core);
  const asio::ip::address address =
      co_await asio::async_initiate<decltype(token), Signature<LookupRequest>>(
          std::move(initiate), token, std::move(request));
  if (ec) throw Error(ec, LookupRequest::operation, host);
  co_return address;
}

#if defined(DGRAM_HAS_FAST_AWAITABLE)
template <class Executor>
asio::awaitable<Datagram, Executor> recv(Core& core, std::error_code* error) {
  return asio::awaitable<Datagram, Executor>(core, error);
}
#else
template <class Executor>
asio::awaitable<Datagram, Executor> recv(Core& core, std::error_code* error) {
  return perform<Executor, RecvRequest>(core, RecvRequest(), error);
}
#endif

template <class Executor>
asio::awaitable<Sent, Executor> send_by_coroutine(Core& core,
                                                  const Payload& payload,
                                                  const Endpoint* to,
                                                  std::error_code* error,
                                                  Inline at_once) {
  return perform<Executor, SendRequest>(
      core,
      to ? SendRequest(payload, *to, SendOptions()) : SendRequest(payload, SendOptions()),
      error,
      at_once);
}

#if defined(DGRAM_HAS_FAST_AWAITABLE)
template <class Executor>
asio::awaitable<Sent, Executor> send(Core& core,
                                     const Payload& payload,
                                     const Endpoint* to,
                                     std::error_code* error) {
  return asio::awaitable<Sent, Executor>(SendCall(core, payload, to, error));
}

template <class Executor>
asio::awaitable<Sent, Executor> send_later(const SendCall& call) {
  return send_by_coroutine<Executor>(
      *call.core, call.payload, call.receiver(), call.error, Inline::was_tried);
}
#else
template <class Executor>
asio::awaitable<Sent, Executor> send(Core& core,
                                     const Payload& payload,
                                     const Endpoint* to,
                                     std::error_code* error) {
  return send_by_coroutine<Executor>(core, payload, to, error, Inline::may_be_tried);
}
#endif

/// The coroutine around a composed operation on a host name.
template <class Executor>
asio::awaitable<Sent, Executor> send_to_host(
    CoreRef core, Executor executor, Payload payload, std::string host, int port) {
  std::error_code ec;
  auto token = asio::redirect_error(asio::use_awaitable_t<Executor>(), ec);
  SendToHost<Executor> operation(executor, core, host, port, payload, SendOptions());
  std::size_t sent =
      co_await asio::async_compose<decltype(token), void(std::error_code, std::size_t)>(
          std::move(operation), token, executor);
  if (ec) throw Error(ec, "send", host + ':' + std::to_string(port));
  co_return sent;
}

template <class Executor>
asio::awaitable<void, Executor> act_on_host(
    CoreRef core, Executor executor, HostAction action, std::string host, int port) {
  std::error_code ec;
  auto token = asio::redirect_error(asio::use_awaitable_t<Executor>(), ec);
  ActOnHost<Executor> operation(executor, core, host, port, action);
  co_await asio::async_compose<decltype(token), void(std::error_code)>(
      std::move(operation), token, executor);
  if (ec)
    throw Error(
        ec, action == HostAction::bind ? "bind" : "connect", host + ':' + std::to_string(port));
}

}  // namespace detail

template <class Executor>
BasicSocket<Executor>::BasicSocket(const Executor& executor, const SocketOptions& options)
    : SocketBase(executor, options) {}

template <class Executor>
Executor BasicSocket<Executor>::get_executor() const noexcept {
  return detail::executor_as<Executor>(executor());
}

template <class Executor>
TimePoint BasicSocket<Executor>::deadline_in(duration timeout) const {
  return detail::deadline_in(*core(), timeout);
}

template <class Executor>
inline asio::awaitable<Datagram, Executor> BasicSocket<Executor>::recv() {
  return detail::recv<Executor>(*core(), nullptr);
}

template <class Executor>
inline asio::awaitable<Datagram, Executor> BasicSocket<Executor>::recv(std::error_code& ec) {
  return detail::recv<Executor>(*core(), &ec);
}

template <class Executor>
asio::awaitable<std::optional<Datagram>, Executor> BasicSocket<Executor>::recv_for(
    duration timeout) {
  return perform(detail::RecvForRequest(deadline_in(timeout)));
}

template <class Executor>
asio::awaitable<std::optional<Datagram>, Executor> BasicSocket<Executor>::recv_for(
    duration timeout, std::error_code& ec) {
  return perform(detail::RecvForRequest(deadline_in(timeout)), &ec);
}

template <class Executor>
asio::awaitable<std::optional<Datagram>, Executor> BasicSocket<Executor>::recv_until(
    time_point deadline, std::error_code& ec) {
  return perform(detail::RecvUntilRequest(deadline), &ec);
}

template <class Executor>
asio::awaitable<std::optional<Datagram>, Executor> BasicSocket<Executor>::recv_until(
    time_point deadline) {
  return perform(detail::RecvUntilRequest(deadline));
}

template <class Executor>
asio::awaitable<std::size_t, Executor> BasicSocket<Executor>::recv_many(std::span<Datagram> into) {
  return perform(detail::RecvManyRequest(into));
}

template <class Executor>
asio::awaitable<std::size_t, Executor> BasicSocket<Executor>::recv_many(std::span<Datagram> into,
                                                                        std::error_code& ec) {
  return perform(detail::RecvManyRequest(into), &ec);
}

template <class Executor>
asio::awaitable<Received, Executor> BasicSocket<Executor>::recv_into(std::span<std::byte> into) {
  return perform(detail::RecvIntoRequest(into));
}

template <class Executor>
asio::awaitable<Received, Executor> BasicSocket<Executor>::recv_into(std::span<std::byte> into,
                                                                     std::error_code& ec) {
  return perform(detail::RecvIntoRequest(into), &ec);
}

template <class Executor>
asio::awaitable<void, Executor> BasicSocket<Executor>::wait_readable() {
  return perform(detail::WaitReadableRequest());
}

template <class Executor>
asio::awaitable<ErrorReport, Executor> BasicSocket<Executor>::recv_error() {
  return perform(detail::RecvErrorRequest());
}

template <class Executor>
asio::awaitable<ErrorReport, Executor> BasicSocket<Executor>::recv_error(std::error_code& ec) {
  return perform(detail::RecvErrorRequest(), &ec);
}

template <class Executor>
inline asio::awaitable<Sent, Executor> BasicSocket<Executor>::send(Payload payload, Endpoint to) {
  return detail::send<Executor>(*core(), payload, &to, nullptr);
}

template <class Executor>
inline asio::awaitable<Sent, Executor> BasicSocket<Executor>::send(Payload payload) {
  return detail::send<Executor>(*core(), payload, nullptr, nullptr);
}

template <class Executor>
inline asio::awaitable<Sent, Executor> BasicSocket<Executor>::send(Payload payload,
                                                                   Endpoint to,
                                                                   std::error_code& ec) {
  return detail::send<Executor>(*core(), payload, &to, &ec);
}

template <class Executor>
inline asio::awaitable<Sent, Executor> BasicSocket<Executor>::send(Payload payload,
                                                                   std::error_code& ec) {
  return detail::send<Executor>(*core(), payload, nullptr, &ec);
}

template <class Executor>
asio::awaitable<Sent, Executor> BasicSocket<Executor>::send(Payload payload,
                                                            Endpoint to,
                                                            SendOptions options) {
  return perform(detail::SendRequest(payload, to, options));
}

template <class Executor>
asio::awaitable<Sent, Executor> BasicSocket<Executor>::send(Payload payload,
                                                            Endpoint to,
                                                            SendOptions options,
                                                            std::error_code& ec) {
  return perform(detail::SendRequest(payload, to, options), &ec);
}

template <class Executor>
asio::awaitable<Sent, Executor> BasicSocket<Executor>::send(Payload payload,
                                                            std::string_view host,
                                                            int port) {
  std::error_code ec;
  const Endpoint to = make_endpoint(host, port, ec);
  if (!ec) return send(payload, detail::reachable(*core(), to));
  return detail::send_to_host<Executor>(core(), get_executor(), payload, std::string(host), port);
}

template <class Executor>
asio::awaitable<std::size_t, Executor> BasicSocket<Executor>::send_many(std::span<Outgoing> batch) {
  return perform(detail::SendManyRequest(batch));
}

template <class Executor>
asio::awaitable<std::size_t, Executor> BasicSocket<Executor>::send_segments(
    Payload payload, std::size_t segment_size, Endpoint to, SendOptions options) {
  return perform(detail::SendSegmentsRequest(payload, segment_size, to, options));
}

template <class Executor>
asio::awaitable<std::size_t, Executor> BasicSocket<Executor>::send_segments(
    Payload payload, std::size_t segment_size) {
  return perform(detail::SendSegmentsRequest(payload, segment_size));
}

template <class Executor>
asio::awaitable<asio::ip::address, Executor> BasicSocket<Executor>::resolve(std::string_view host) {
  return detail::resolve(core(), get_executor(), std::string(host));
}

template <class Executor>
asio::awaitable<void, Executor> BasicSocket<Executor>::bind(std::string_view host, int port) {
  return detail::act_on_host<Executor>(
      core(), get_executor(), detail::HostAction::bind, std::string(host), port);
}

template <class Executor>
asio::awaitable<void, Executor> BasicSocket<Executor>::connect(std::string_view host, int port) {
  return detail::act_on_host<Executor>(
      core(), get_executor(), detail::HostAction::connect, std::string(host), port);
}

DGRAM_END_NAMESPACE
