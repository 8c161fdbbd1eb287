// Texts that users give for addresses, zones and interfaces.
#include <arpa/inet.h>
#include <net/if.h>

#include <charconv>
#include <dgram/endpoint.hpp>
#include <dgram/error.hpp>
#include <dgram/interface.hpp>
#include <dgram/node/block_list.hpp>
#include <dgram/node/error.hpp>
#include <node/arguments.hpp>
#include <optional>
#include <string>

#include "input.hpp"

namespace fuzz_address_text {

using fuzz::Input;

namespace {

namespace node = dgram::node;

/// The family of an address without a zone, as the C library sees it: 0 for none.
int family_in(std::string_view text) {
  if (text.find('\0') != text.npos) return 0;
  const std::string terminated(text);
  in6_addr address;
  if (::inet_pton(AF_INET, terminated.c_str(), &address) == 1) return 4;
  return ::inet_pton(AF_INET6, terminated.c_str(), &address) == 1 ? 6 : 0;
}

/// The text around its first '%'.
struct Parts {
  explicit Parts(std::string_view text)
      : has_zone(text.find('%') != text.npos),
        address(text.substr(0, text.find('%'))),
        zone(has_zone ? text.substr(address.size() + 1) : std::string_view()) {}
  bool has_zone;
  std::string_view address;
  std::string_view zone;
};

/// The number that a text is, without anything before or behind it.
std::optional<std::uint32_t> number_of(std::string_view text) {
  std::uint32_t number = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool is_all = ec == std::errc() && end == text.data() + text.size();
  return is_all ? std::optional(number) : std::nullopt;
}

void read_endpoint(std::string_view text, int port) {
  std::error_code ec = dgram::Errc::queue_full;
  const dgram::Endpoint endpoint = dgram::make_endpoint(text, port, ec);
  const bool has_port = port >= 0 && port <= 65535;
  HOLDS((ec == dgram::Errc::bad_port) == !has_port);
  if (!has_port || ec) {
    HOLDS(endpoint == dgram::Endpoint());
    HOLDS(!has_port || ec == dgram::Errc::bad_address);
  }
  if (!has_port) return;
  const Parts parts(text);
  const int family = family_in(parts.address);
  if (!parts.has_zone) HOLDS(!ec == (family != 0));
  if (ec) return;

  HOLDS(endpoint.port() == port && endpoint.address().is_v6() == (family == 6));
  const std::uint32_t zone =
      family == 6 ? static_cast<std::uint32_t>(endpoint.address().to_v6().scope_id()) : 0;
  HOLDS((zone != 0) == parts.has_zone);
  if (parts.has_zone)
    HOLDS(number_of(parts.zone) == zone ||
          ::if_nametoindex(std::string(parts.zone).c_str()) == zone);
  const std::string written = endpoint.address().to_string();
  HOLDS(dgram::make_endpoint(written, port) == endpoint);
  const std::string whole = dgram::to_string(endpoint);
  HOLDS(whole == (family == 6 ? '[' + written + "]:" : written + ':') + std::to_string(port));
}

void read_interface(const std::string& text) {
  using Kind = dgram::Interface::Kind;
  const dgram::Interface interface(text);
  HOLDS(!dgram::to_string(interface).empty());
  HOLDS(dgram::to_string(interface).find('\0') == std::string::npos);
  HOLDS((interface.kind() == Kind::name) || interface.name().empty());
  const Parts parts(text);
  const bool is_address = family_in(text) != 0;
  switch (interface.kind()) {
    case Kind::name:
      HOLDS(!is_address);
      HOLDS(interface.name() == text || interface.name() == parts.zone);
      // A zone stands alone or behind an IPv6 address.
      if (interface.name() != text) HOLDS(parts.address.empty() || family_in(parts.address) == 6);
      break;
    case Kind::any:
      HOLDS(text.empty() || is_address);
      break;
    case Kind::address:
      HOLDS(is_address && !interface.address().is_unspecified());
      HOLDS(interface.address().is_v4() || !interface.address().to_v6().is_v4_mapped());
      HOLDS(dgram::Interface(interface.address().to_string()).address() == interface.address());
      break;
    default:
      HOLDS(false);
  }
}

void read_as_node(std::string_view text, int port) {
  std::error_code ec;
  const dgram::Endpoint read = node::detail::read_address(text, port, ec);
  const std::optional<dgram::Endpoint> literal = node::detail::literal_endpoint(text, port);
  HOLDS(!literal || (!ec && *literal == read));
  if (port >= 0 && port <= 65535 && text.find('\0') == text.npos) {
    const Parts parts(text);
    const int family = family_in(parts.address);
    HOLDS(!ec == (family == 6 || (family == 4 && !parts.has_zone)));
    HOLDS(parts.has_zone || literal.has_value() == !ec);
  } else {
    HOLDS(ec);
  }
  for (const bool v6 : {false, true}) {
    std::error_code bind;
    const dgram::Endpoint local = node::detail::endpoint_for(text, port, v6, bind);
    HOLDS(!bind == (!ec && read.address().is_v6() == v6));
    if (!bind) HOLDS(local == read);
  }
}

void block(std::string_view text) {
  node::BlockList list;
  HOLDS(!list.check(text));
  bool is_added = true;
  try {
    list.add_address(text);
  } catch (const node::Error&) {
    is_added = false;
  }
  HOLDS(list.check(text) == is_added);
  HOLDS(list.rules().size() == (is_added ? 1u : 0u));
  if (text.find('%') == text.npos) HOLDS(is_added == (family_in(text) != 0));
}

}  // namespace

void test_one_input(std::span<const std::uint8_t> bytes) {
  Input input(bytes);
  // The port behind a newline, which no address has, and of which a wrong one is made by 17 bits.
  const std::string_view text = input.line();
  const std::string_view port_text = input.rest();
  const int port =
      static_cast<int>(number_of(port_text).value_or(static_cast<std::uint32_t>(port_text.size())));
  read_endpoint(text, port);
  read_interface(std::string(text));
  read_as_node(text, port);
  block(text);
}

}  // namespace fuzz_address_text
