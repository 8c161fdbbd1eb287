// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0

#include "message.hpp"

#include <asio/error.hpp>
#include <cstddef>
#include <dgram/process/descriptor_link.hpp>

#include "../../process/text.hpp"
#include "../errors.hpp"

DGRAM_BEGIN_NAMESPACE
namespace node::cluster::detail {

namespace {

constexpr std::string_view text_prefix = "text ";

using dgram::detail::join_words;
using dgram::detail::Words;

Ticket ticket_in(Words& words) noexcept {
  return words.number<Ticket>(1, ~Ticket{0});
}

Endpoint endpoint_in(Words& words, bool v6) {
  const std::string text(words.word());
  const auto zone = words.number<std::uint32_t>(0, ~std::uint32_t{0});
  const auto port = words.number<std::uint16_t>(0, 65535);
  std::error_code ec;
  asio::ip::address address = asio::ip::make_address(text, ec);
  if (ec || address.is_v6() != v6) words.reject();
  if (words.is_good() && v6) address = asio::ip::address_v6(address.to_v6().to_bytes(), zone);
  return Endpoint(address, port);
}

/// The zone is sent as a number: its name may be gone when the message is read.
std::string join_address(const asio::ip::address& address) {
  if (address.is_v4()) return address.to_string() + " 0";
  const asio::ip::address_v6 v6 = address.to_v6();
  return join_words(asio::ip::address_v6(v6.to_bytes()).to_string(), v6.scope_id());
}

struct ToBytes {
  std::string operator()(const Online& m) const { return join_words("online", m.version); }
  std::string operator()(const Query& m) const {
    const char* type = m.wanted.v6 ? "udp6" : "udp4";
    if (m.wanted.fd > 0) return join_words("query_fd", m.ticket, type, m.wanted.fd);
    return join_words("query",
                      m.ticket,
                      type,
                      int{m.wanted.reuse_addr},
                      int{m.wanted.ipv6_only},
                      join_address(m.wanted.local.address()),
                      m.wanted.local.port());
  }
  std::string operator()(const Listening& m) const {
    return join_words("listening", m.ticket, m.port);
  }
  std::string operator()(const Close& m) const { return join_words("close", m.ticket); }
  std::string operator()(const Leaving&) const { return "leaving"; }
  std::string operator()(const Reply& m) const { return join_words("reply", m.ticket, m.error); }
  std::string operator()(const Disconnect&) const { return "disconnect"; }
  std::string operator()(const Text& m) const { return std::string(text_prefix) + m.text; }
};

constexpr int any_int = 0x7fffffff;

std::optional<Message> read(std::string_view kind, Words& words) {
  if (kind == "online") return Online{words.number(0, any_int)};
  if (kind == "query") {
    Query query;
    query.ticket = ticket_in(words);
    query.wanted.v6 = words.either("udp4", "udp6");
    query.wanted.reuse_addr = words.flag();
    query.wanted.ipv6_only = words.flag();
    query.wanted.local = endpoint_in(words, query.wanted.v6);
    return query;
  }
  if (kind == "query_fd") {
    Query query;
    query.ticket = ticket_in(words);
    query.wanted.v6 = words.either("udp4", "udp6");
    query.wanted.fd = words.number(1, any_int);
    return query;
  }
  if (kind == "listening") {
    const Ticket ticket = ticket_in(words);
    return Listening{ticket, words.number(0, 65535)};
  }
  if (kind == "close") return Close{ticket_in(words)};
  if (kind == "reply") {
    const Ticket ticket = ticket_in(words);
    return Reply{ticket, words.number(0, any_int)};
  }
  if (kind == "disconnect") return Disconnect{};
  if (kind == "leaving") return Leaving{};
  return std::nullopt;
}

}  // namespace

void check_text(std::string_view text) {
  if (text.size() > DescriptorLink::max_message - text_prefix.size())
    throw node::detail::system_error(asio::error::message_size, "send");
}

std::string to_bytes(const Message& message) {
  return std::visit(ToBytes{}, message);
}

std::optional<Message> from_bytes(std::string_view bytes) {
  if (bytes.starts_with(text_prefix)) return Text{std::string(bytes.substr(text_prefix.size()))};
  Words words(bytes);
  std::optional<Message> message = read(words.word(), words);
  // A message that is written in another way, or goes on behind its last word, is invalid as well.
  if (!words.is_good() || (message && to_bytes(*message) != bytes)) message.reset();
  return message;
}

}  // namespace node::cluster::detail
DGRAM_END_NAMESPACE
