// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0

#include <asio/error.hpp>
#include <dgram/check/path_check.hpp>
#include <dgram/error.hpp>

#include "path_burst.hpp"
#include "path_clients.hpp"
#include "path_message.hpp"

DGRAM_BEGIN_NAMESPACE
namespace detail {

namespace {

/// The answer to a message of any type but `want`; nullopt when it gets none.
std::optional<PathMessage> answer_to(PathClients& clients,
                                     const Endpoint& from,
                                     const PathMessage& message,
                                     std::span<const std::byte> bytes) {
  using Type = PathMessage::Type;
  PathMessage answer = message;
  if (message.type == Type::hello) {
    answer.type = Type::welcome;
    answer.cookie = clients.admit(from, message.token).cookie;
    return answer;
  }
  if (message.type != Type::there && message.type != Type::ask) return std::nullopt;
  PathClient* const client = clients.find(from, message);
  if (!client || !client->enter(message.burst)) return std::nullopt;
  if (message.type == Type::there) {
    client->heard.add(message, bytes);
    return std::nullopt;
  }
  answer.type = Type::told;
  answer.first = static_cast<std::uint16_t>(client->heard.arrived());
  answer.second = static_cast<std::uint16_t>(client->heard.damaged());
  return answer;
}

/// Sends the burst that a client wants, unless it was sent before. The answer says how much of it
/// has left.
asio::awaitable<std::optional<PathMessage>> answer_want(Socket& socket,
                                                        PathClients& clients,
                                                        PathMessage want,
                                                        Endpoint client_endpoint,
                                                        SendOptions options,
                                                        std::error_code& ec) {
  PathClient* const client = clients.find(client_endpoint, want);
  if (!client || !client->enter(want.burst)) co_return std::nullopt;
  if (!client->sent) {
    PathMessage burst = want;
    burst.type = PathMessage::Type::back;
    const BurstSent outcome = co_await send_burst(socket, burst, client_endpoint, options, ec);
    burst.type = PathMessage::Type::sent;
    burst.first = static_cast<std::uint16_t>(outcome.sent);
    burst.second = static_cast<std::uint16_t>(outcome.in_runs);
    client->sent = burst;
  }
  client->sent->index = want.index;
  co_return client->sent;
}

}  // namespace

}  // namespace detail

asio::awaitable<void> answer_path_checks(Socket& socket) {
  detail::PathClients clients;
  for (;;) {
    std::error_code ec;
    const Datagram datagram = co_await socket.recv(ec);
    if (ec == asio::error::eof || ec == asio::error::operation_aborted || !socket.is_open())
      co_return;
    const std::optional<detail::PathMessage> message = detail::read_path_message(datagram.data());
    if (!message) continue;
    const Endpoint from = datagram.remote();
    const SendOptions from_there = datagram.reply_options();
    std::optional<detail::PathMessage> answer;
    if (message->type == detail::PathMessage::Type::want) {
      answer = co_await detail::answer_want(socket, clients, *message, from, from_there, ec);
      if (ec == asio::error::operation_aborted) co_return;
    } else {
      answer = detail::answer_to(clients, from, *message, datagram.data());
    }
    if (!answer) continue;
    const detail::PathHeader bytes = detail::to_header(*answer);
    co_await socket.send(bytes, from, from_there, ec);
    if (ec == asio::error::operation_aborted) co_return;
  }
}

DGRAM_END_NAMESPACE
