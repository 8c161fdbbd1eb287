// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// Operations on a host name: look it up, then act on the endpoint. Composed of a lookup and the
// plain operation.
#pragma once

#include <asio/compose.hpp>
#include <dgram/detail/core.hpp>
#include <dgram/detail/handler_op.hpp>
#include <dgram/endpoint.hpp>
#include <string>
#include <system_error>

DGRAM_BEGIN_NAMESPACE
namespace detail {

enum class HostAction : unsigned char { bind, connect };

DGRAM_API std::error_code act(Core& core,
                              HostAction action,
                              const asio::ip::address& address,
                              int port);

/// An endpoint that a datagram can be sent to: the port is 1 to 65535.
DGRAM_API std::error_code make_destination(const asio::ip::address& address,
                                           int port,
                                           Endpoint& endpoint);

/// The same for a socket of the other family, where it can reach it: an IPv4 address, mapped.
DGRAM_API Endpoint reachable(const Core& core, const Endpoint& to);

/// The family that a lookup for this socket has to bring.
DGRAM_API Family lookup_family(const Core& core) noexcept;

/// Shared by the composed operations: the first step is the lookup of `host`.
template <class Executor>
struct HostStep {
  HostStep(const Executor& e, const CoreRef& c, std::string h, int p)
      : executor(e), core(c), host(std::move(h)), port(p) {}

  template <class Self, class Request>
  void look_up(Self& self, Request request) {
    // Nothing is sent, bound or connected before the last step, so total cancellation is honest.
    self.reset_cancellation_state(asio::enable_total_cancellation());
    const Initiate<Executor, Request> initiate(executor, core);
    initiate(std::move(self), std::move(request));
  }

  /// What keeps the second step from being taken.
  template <class Self>
  static std::error_code stopped(Self& self, std::error_code ec) {
    if (!ec && self.get_cancellation_state().cancelled() != asio::cancellation_type::none)
      ec = asio::error::operation_aborted;
    return ec;
  }

  Executor executor;
  CoreRef core;
  std::string host;
  int port;
};

/// bind and connect by name. Completion signature: void(error_code).
template <class Executor>
struct ActOnHost : HostStep<Executor> {
  ActOnHost(const Executor& e, const CoreRef& c, std::string h, int p, HostAction a)
      : HostStep<Executor>(e, c, std::move(h), p), action(a) {}

  template <class Self>
  void operator()(Self& self) {
    LookupRequest request(std::move(this->host), lookup_family(*this->core));
    this->look_up(self, std::move(request));
  }
  template <class Self>
  void operator()(Self& self, std::error_code ec, const asio::ip::address& address) {
    ec = this->stopped(self, ec);
    if (!ec) ec = act(*this->core, action, address, this->port);
    self.complete(ec);
  }

  HostAction action;
};

/// send by name. Completion signature: void(error_code, size_t).
template <class Executor>
struct SendToHost : HostStep<Executor> {
  SendToHost(
      const Executor& e, const CoreRef& c, std::string h, int p, Payload b, const SendOptions& o)
      : HostStep<Executor>(e, c, std::move(h), p), payload(b), options(o) {}

  template <class Self>
  void operator()(Self& self) {
    SendLookupRequest request(std::move(this->host), lookup_family(*this->core), payload.size());
    this->look_up(self, std::move(request));
  }
  template <class Self>
  void operator()(Self& self, std::error_code ec, const asio::ip::address& address) {
    Endpoint to;
    ec = this->stopped(self, ec);
    if (!ec) ec = make_destination(address, this->port, to);
    if (ec) return self.complete(ec, 0);
    const Initiate<Executor, SendRequest> initiate(this->executor, this->core);
    SendRequest request(payload, to, options);
    initiate(std::move(self), std::move(request));
  }
  template <class Self>
  void operator()(Self& self, std::error_code ec, std::size_t sent) {
    self.complete(ec, sent);
  }

  Payload payload;
  SendOptions options;
};

}  // namespace detail
DGRAM_END_NAMESPACE
