// Every way to receive, over and over until the socket's receives are cancelled.
#pragma once

#include <array>
#include <asio/awaitable.hpp>
#include <asio/post.hpp>
#include <asio/redirect_error.hpp>
#include <asio/use_awaitable.hpp>
#include <chrono>
#include <cstddef>
#include <dgram/dgram.hpp>
#include <optional>
#include <span>
#include <system_error>
#include <vector>

#include "adversary/exchange.hpp"

namespace ledger {

inline asio::awaitable<void> by_recv(Exchange& e) {
  for (;;) {
    std::error_code ec;
    const dgram::Datagram datagram = co_await e.receiver.recv(ec);
    if (!e.goes_on("recv", ec)) co_return;
    if (!ec) e.take(datagram.data());
  }
}

inline asio::awaitable<void> by_recv_for(Exchange& e) {
  for (;;) {
    std::error_code ec;
    const std::optional<dgram::Datagram> datagram =
        co_await e.receiver.recv_for(std::chrono::hours(1), ec);
    if (!e.goes_on("recv_for", ec)) co_return;
    if (datagram) e.take(datagram->data());
  }
}

inline asio::awaitable<void> by_recv_many(Exchange& e) {
  std::vector<dgram::Datagram> batch(5);
  for (;;) {
    std::error_code ec;
    const std::size_t count = co_await e.receiver.recv_many(batch, ec);
    if (!e.goes_on("recv_many", ec)) co_return;
    for (std::size_t i = 0; i < count; ++i) e.take(batch[i].data());
  }
}

inline asio::awaitable<void> by_recv_into(Exchange& e) {
  std::array<std::byte, 2048> memory;
  for (;;) {
    std::error_code ec;
    const dgram::Received one = co_await e.receiver.recv_into(memory, ec);
    if (!e.goes_on("recv_into", ec)) co_return;
    if (!ec) e.take(std::span(memory).first(one.size));
  }
}

inline asio::awaitable<void> by_try_recv(Exchange& e) {
  for (;;) {
    std::error_code ec;
    co_await e.receiver.async_wait_readable(asio::redirect_error(asio::use_awaitable, ec));
    if (!e.goes_on("wait_readable", ec)) co_return;
    while (const std::optional<dgram::Datagram> datagram = e.receiver.try_recv(ec))
      e.take(datagram->data());
    if (ec != asio::error::would_block && !e.goes_on("try_recv", ec)) co_return;
  }
}

/// Receives by handlers, one after the other.
struct ByHandler {
  Exchange& e;
  void start() { e.receiver.async_recv(*this); }
  void operator()(std::error_code ec, const dgram::Datagram& datagram) {
    if (!e.goes_on("async_recv", ec)) return e.end();
    if (!ec) e.take(datagram.data());
    start();
  }
};

/// Takes what is there, without a wait: that of a socket whose buffer is full may never end when
/// Asio could not tell epoll of it, for no more datagrams come.
struct TakeAll {
  Exchange& e;
  int rounds = 100;
  void operator()() {
    std::error_code ec;
    do {
      while (const std::optional<dgram::Datagram> datagram = e.receiver.try_recv(ec))
        e.take(datagram->data());
      if (ec != asio::error::would_block && !e.goes_on("try_recv", ec)) return;
    } while (ec != asio::error::would_block);
    if (!e.arrived() && --rounds != 0) asio::post(e.io, *this);
  }
};

inline void take_all(Exchange& e) {
  TakeAll{e}();
}

template <asio::awaitable<void> (*receive)(Exchange&)>
void start(Exchange& e) {
  e.spawn(receive(e));
}

inline void start_by_handler(Exchange& e) {
  e.begin();
  ByHandler{e}.start();
}

}  // namespace ledger
