// What processes write to each other over links: the messages of a cluster and of a handover,
// numbers and lists.
#include <algorithm>
#include <asio/error.hpp>
#include <dgram/process/handover.hpp>
#include <limits>
#include <node/cluster/message.hpp>
#include <optional>
#include <process/handover_words.hpp>
#include <process/text.hpp>
#include <string>
#include <variant>
#include <vector>

#include "input.hpp"

namespace fuzz_process_words {

using fuzz::Input;

namespace {

namespace cluster = dgram::node::cluster::detail;
namespace process = dgram::detail;

// ---- texts that come in

void check_in_range(const cluster::Message& message) {
  if (const auto* online = std::get_if<cluster::Online>(&message)) HOLDS(online->version >= 0);
  if (const auto* listening = std::get_if<cluster::Listening>(&message)) {
    HOLDS(listening->ticket != 0);
    HOLDS(listening->port >= 0 && listening->port <= 65535);
  }
  if (const auto* close = std::get_if<cluster::Close>(&message)) HOLDS(close->ticket != 0);
  if (const auto* reply = std::get_if<cluster::Reply>(&message))
    HOLDS(reply->ticket != 0 && reply->error >= 0);
  if (const auto* query = std::get_if<cluster::Query>(&message)) {
    HOLDS(query->ticket != 0 && query->wanted.inode == 0);
    if (query->wanted.fd > 0)
      HOLDS(!query->wanted.reuse_addr && !query->wanted.ipv6_only &&
            query->wanted.local == dgram::Endpoint());
    else
      HOLDS(query->wanted.local.address().is_v6() == query->wanted.v6);
  }
}

void read_cluster_message(std::string_view text) {
  const std::optional<cluster::Message> message = cluster::from_bytes(text);
  if (!message) return;
  HOLDS(cluster::to_bytes(*message) == text);
  check_in_range(*message);
}

void read_handover(std::string_view text) {
  const std::error_code hello = process::read_hello(text);
  HOLDS(!hello == (text == process::hello_words()));
  HOLDS(!hello || hello == std::errc::protocol_error || hello == dgram::HandoverErrc::version);

  std::size_t sockets = 0;
  const std::error_code offer = process::read_offer(text, sockets);
  HOLDS(sockets <= process::max_handed_over);
  if (!offer) HOLDS(process::offer_words(sockets) == text);
  HOLDS((offer == asio::error::access_denied) == (text == process::refusal_words()));
  HOLDS((offer == dgram::HandoverErrc::withdrawn) == (text == process::withdrawn_word));
  HOLDS((hello == dgram::HandoverErrc::version) == (offer == dgram::HandoverErrc::version));
  // Of another version nothing but the number is read.
  if (offer == dgram::HandoverErrc::version) HOLDS(text.starts_with("dgram-handover "));
}

void read_list(std::string_view text) {
  const std::vector<std::string> names = process::split(text, '\n');
  HOLDS(!names.empty());
  std::string joined = names.front();
  for (std::size_t i = 1; i < names.size(); ++i) joined += '\n' + names[i];
  HOLDS(joined == text);
  bool all_good = true;
  for (const std::string& name : names) {
    HOLDS(name.find('\n') == name.npos);
    const bool is_good = process::is_good_name(name);
    if (is_good) HOLDS(!name.empty() && name.size() <= 255 && name.find('\0') == name.npos);
    all_good = all_good && is_good;
  }
  if (all_good) HOLDS(process::split(process::join_names(names), '\n') == names);
}

template <class Number>
void read_number(std::string_view text) {
  const std::optional<Number> number = process::to_number<Number>(text);
  if (number) HOLDS(std::to_string(*number) == text);
  // A longer one does not fit.
  const bool is_written = !text.empty() && text.size() < 19 &&
                          text.find_first_not_of("0123456789") == text.npos &&
                          (text == "0" || text.front() != '0');
  if (!is_written) {
    HOLDS(text.size() >= 19 || !number);
    return;
  }
  const unsigned long long value = std::stoull(std::string(text));
  HOLDS(number.has_value() == (value <= std::uint64_t{std::numeric_limits<Number>::max()}));
}

// ---- values that go out

void write_cluster_message(Input& input) {
  cluster::Query query;
  query.ticket = std::max<cluster::Ticket>(input.number<cluster::Ticket>(), 1);
  query.wanted.v6 = input.flag();
  if (input.flag()) {
    query.wanted.fd = static_cast<int>(std::max(input.number<std::uint32_t>() >> 1, 1u));
  } else {
    query.wanted.reuse_addr = input.flag();
    query.wanted.ipv6_only = input.flag();
    asio::ip::address address;
    if (query.wanted.v6) {
      asio::ip::address_v6::bytes_type bytes;
      for (unsigned char& byte : bytes) byte = input.byte();
      address = asio::ip::address_v6(bytes, input.number<std::uint32_t>());
    } else {
      address = asio::ip::address_v4(input.number<std::uint32_t>());
    }
    query.wanted.local = dgram::Endpoint(address, input.number<std::uint16_t>());
  }
  const std::optional<cluster::Message> message = cluster::from_bytes(cluster::to_bytes(query));
  HOLDS(message && std::holds_alternative<cluster::Query>(*message));
  HOLDS(std::get<cluster::Query>(*message).ticket == query.ticket);
  HOLDS(std::get<cluster::Query>(*message).wanted == query.wanted);

  const std::string text(input.rest());
  const std::optional<cluster::Message> same =
      cluster::from_bytes(cluster::to_bytes(cluster::Text{text}));
  HOLDS(same && std::get<cluster::Text>(*same).text == text);
}

}  // namespace

void test_one_input(std::span<const std::uint8_t> bytes) {
  Input input(bytes);
  // Text does not begin with a NUL, so a corpus of texts can be read.
  if (!bytes.empty() && bytes.front() == 0) {
    input.byte();
    write_cluster_message(input);
    return;
  }
  const std::string_view text = input.rest();
  read_cluster_message(text);
  read_handover(text);
  read_list(text);
  read_number<int>(text);
  read_number<std::uint16_t>(text);
  read_number<std::uint64_t>(text);
}

}  // namespace fuzz_process_words
