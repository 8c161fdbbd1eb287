// Messages of path checks: bytes of strangers read, any values written; and who gets a cookie.
#include <algorithm>
#include <check/path_clients.hpp>
#include <check/path_message.hpp>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "input.hpp"

namespace fuzz_path_message {

using fuzz::Input;

namespace {

using dgram::detail::PathMessage;
using Type = PathMessage::Type;

bool is_burst_datagram(Type type) {
  return type == Type::there || type == Type::back;
}

/// What path_message.hpp says of the numbers.
bool is_in_range(const PathMessage& m) {
  if (m.type == Type::hello || m.type == Type::welcome)
    return (m.cookie == 0 || m.type == Type::welcome) && static_cast<int>(m.kind) == 0 &&
           m.burst == 0 && m.run == 0 && m.size == 0 && m.index == 0 && m.first == 0 &&
           m.second == 0;
  if (m.burst < 1 || m.burst > 600 || m.run < 2 || m.run > 64) return false;
  if (m.size < 64 || m.size > 9000 || m.run * m.size > 65507) return false;
  switch (m.type) {
    case Type::there:
    case Type::back:
      return m.index < m.run && m.first == 0 && m.second == 0;
    case Type::ask:
    case Type::want:
      return m.index < 2 && m.first == 0 && m.second == 0;
    case Type::told:  // arrived and damaged
      return m.index < 2 && m.first + m.second <= m.run;
    default:  // sent, and of these in runs
      return m.index < 2 && m.first <= m.run && m.second <= m.first;
  }
}

void read(std::string_view text) {
  const std::unique_ptr<std::byte[]> memory(new std::byte[text.size()]);
  std::ranges::copy(std::as_bytes(std::span(text)), memory.get());
  const std::span<const std::byte> bytes(memory.get(), text.size());
  const std::optional<PathMessage> message = dgram::detail::read_path_message(bytes);
  if (!message) return;
  HOLDS(is_in_range(*message));
  HOLDS(std::ranges::equal(dgram::detail::to_header(*message),
                           bytes.first(dgram::detail::path_header_size)));
  HOLDS(is_burst_datagram(message->type) == (bytes.size() != dgram::detail::path_header_size));
}

/// A number that is likely to be near a bound.
std::uint16_t any_number(Input& input) {
  constexpr std::uint16_t bounds[] = {0, 1, 2, 64, 600, 1023, 9000, 65535};
  const std::size_t kind = input.below(12);
  if (kind >= std::size(bounds)) return input.number<std::uint16_t>();
  return static_cast<std::uint16_t>(bounds[kind] + input.below(3) - 1);
}

/// Any message is read as it was, or refused where its numbers are out of their ranges.
void write(Input& input) {
  PathMessage message;
  message.type = static_cast<Type>(input.below(8));
  message.token = input.number<std::uint64_t>();
  if (input.flag()) {
    message.cookie = input.number<std::uint64_t>();
    message.kind = static_cast<dgram::detail::BurstKind>(input.below(3));
    message.burst = any_number(input);
    message.run = any_number(input);
    message.size = any_number(input);
    message.index = any_number(input);
    message.first = any_number(input);
    message.second = any_number(input);
  }
  // Some are as good as their number of datagrams.
  if (input.flag()) message.index = message.run;
  if (input.flag()) message.first = message.run;
  if (input.flag()) message.second = message.first;
  const dgram::detail::PathHeader header = dgram::detail::to_header(message);
  std::vector<std::byte> bytes(header.begin(), header.end());
  if (is_burst_datagram(message.type)) bytes.push_back({});
  const std::optional<PathMessage> read = dgram::detail::read_path_message(bytes);
  HOLDS(read.has_value() == is_in_range(message));
  HOLDS(!read || *read == message);
}

/// Strangers say hello from many endpoints, and guess cookies.
void admit(Input& input) {
  dgram::detail::PathClients clients;
  std::map<std::pair<dgram::Endpoint, std::uint64_t>, std::uint64_t> cookies;
  for (int steps = 0; !input.empty() && steps < 100; ++steps) {
    const dgram::Endpoint from(asio::ip::address_v4(0x7f000001),
                               static_cast<unsigned short>(input.byte()));
    const std::uint64_t token = input.below(3);
    const auto known = cookies.find({from, token});
    if (input.flag()) {
      const dgram::detail::PathClient& client = clients.admit(from, token);
      HOLDS(client.endpoint == from && client.token == token);
      cookies[{from, token}] = client.cookie;
      continue;
    }
    PathMessage message;
    message.type = Type::ask;
    message.token = token;
    message.cookie = known != cookies.end() && input.flag() ? known->second : input.byte();
    const dgram::detail::PathClient* const client = clients.find(from, message);
    if (!client) continue;
    HOLDS(known != cookies.end() && message.cookie == known->second);
    HOLDS(client->is_proven && client->endpoint == from && client->token == token);
  }
}

}  // namespace

void test_one_input(std::span<const std::uint8_t> bytes) {
  Input input(bytes);
  // A message begins with "d".
  switch (bytes.empty() ? 0 : bytes.front()) {
    case 0:
      input.byte();
      return write(input);
    case 1:
      input.byte();
      return admit(input);
    default:
      return read(input.rest());
  }
}

}  // namespace fuzz_path_message
