// Every way to send the datagrams of an exchange.
#pragma once

#include <array>
#include <asio/awaitable.hpp>
#include <asio/post.hpp>
#include <asio/redirect_error.hpp>
#include <asio/use_awaitable.hpp>
#include <cstddef>
#include <dgram/dgram.hpp>
#include <string>
#include <system_error>
#include <vector>

#include "adversary/exchange.hpp"

namespace ledger {

inline asio::awaitable<void> by_send(Exchange& e) {
  while (e.next < Exchange::datagrams) {
    const std::string text = Exchange::text(e.next++);
    std::error_code ec;
    co_await e.sender.send(text, e.to, ec);
    e.sent("send", ec);
    co_await asio::post(asio::use_awaitable);  // it is received alone
  }
}

inline asio::awaitable<void> by_send_pieces(Exchange& e) {
  while (e.next < Exchange::datagrams) {
    const std::string text = Exchange::text(e.next++);
    const std::array<asio::const_buffer, 2> pieces = {asio::buffer(text.data(), 3),
                                                      asio::buffer(text.data() + 3, 5)};
    std::error_code ec;
    co_await e.sender.send(pieces, e.to, ec);
    e.sent("send", ec);
  }
}

inline asio::awaitable<void> by_send_options(Exchange& e) {
  dgram::SendOptions options;
  options.dscp = 10;
  while (e.next < Exchange::datagrams) {
    const std::string text = Exchange::text(e.next++);
    std::error_code ec;
    co_await e.sender.send(text, e.to, options, ec);
    e.sent("send", ec);
  }
}

inline asio::awaitable<void> by_send_to_peer(Exchange& e) {
  while (e.next < Exchange::datagrams) {
    const std::string text = Exchange::text(e.next++);
    std::error_code ec;
    co_await e.sender.send(text, ec);
    e.sent("send", ec);
  }
}

/// Longer and longer datagrams are no runs.
template <bool runs>
asio::awaitable<void> by_send_many(Exchange& e) {
  constexpr int size_of_batch = 4;
  while (e.next < Exchange::datagrams) {
    std::array<std::string, size_of_batch> texts;
    std::vector<dgram::Outgoing> batch;
    for (std::string& text : texts) {
      text = Exchange::text(e.next, runs ? 32 : 8 + static_cast<std::size_t>(e.next));
      batch.emplace_back(asio::buffer(text), e.to);
      ++e.next;
    }
    std::error_code ec;
    co_await e.sender.async_send_many(batch, asio::redirect_error(asio::use_awaitable, ec));
    if (ec) e.books.tell("send_many", ec);
    for (const dgram::Outgoing& one : batch) e.sent("send_many", one.result);
  }
}

inline asio::awaitable<void> by_send_segments(Exchange& e) {
  constexpr std::size_t segment = 32;
  constexpr int segments_per_call = 4;
  while (e.next < Exchange::datagrams) {
    std::string payload;
    for (int i = 0; i < segments_per_call; ++i) payload += Exchange::text(e.next + i, segment);
    std::error_code ec;
    const std::size_t bytes = co_await e.sender.async_send_segments(
        payload, segment, e.to, asio::redirect_error(asio::use_awaitable, ec));
    const int accepted = static_cast<int>(bytes / segment);
    for (int i = 0; i < accepted; ++i) e.sent("send_segments", {});
    if (ec) e.sent("send_segments", ec);
    e.next += ec ? accepted + 1 : segments_per_call;  // what failed is left out
  }
}

inline asio::awaitable<void> by_try_send(Exchange& e) {
  while (e.next < Exchange::datagrams) {
    const std::string text = Exchange::text(e.next++);
    std::error_code ec;
    e.sender.try_send(text, e.to, ec);
    e.sent("try_send", ec);
  }
  co_return;
}

/// All at once, so that they wait in the queue of the socket.
inline void start_all_sends(Exchange& e) {
  static std::array<std::string, Exchange::datagrams> texts;
  while (e.next < Exchange::datagrams) {
    std::string& text = texts[static_cast<std::size_t>(e.next)];
    text = Exchange::text(e.next++);
    e.begin();
    e.sender.async_send(text, e.to, [&e](const std::error_code& ec, std::size_t) {
      e.sent("async_send", ec);
      e.end();
    });
  }
}

}  // namespace ledger
