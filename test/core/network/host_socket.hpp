// dgram's sockets on the hosts of a test, and what they send and receive.
#pragma once

#include <asio/awaitable.hpp>
#include <asio/io_context.hpp>
#include <dgram/dgram.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "core/network/bound_on.hpp"
#include "core/network/networks.hpp"
#include "support/network.hpp"
#include "support/run.hpp"

namespace test {

using Texts = std::vector<std::string>;
inline constexpr unsigned short port = 9000;

/// One family or the other: `const Ip ip(GENERATE(false, true)); ip("10.0.0.2", "fd00::2")`.
class Ip {
 public:
  explicit Ip(bool v6) : v6_(v6) {}
  bool v6() const noexcept { return v6_; }
  dgram::Family family() const noexcept { return v6_ ? dgram::Family::ipv6 : dgram::Family::ipv4; }
  asio::ip::address operator()(const char* ipv4, const char* ipv6) const {
    return asio::ip::make_address(v6_ ? ipv6 : ipv4);
  }
  asio::ip::address any() const { return (*this)("0.0.0.0", "::"); }
  asio::ip::address group() const { return (*this)("239.1.2.3", "ff15::99"); }
  /// The same in a socket of both families: the IPv4 address in IPv6 clothes.
  static asio::ip::address mapped(const char* ipv4) {
    return asio::ip::make_address(std::string("::ffff:") + ipv4);
  }

 private:
  bool v6_;
};

/// Is this host in the group on that interface, by what the system says?
inline bool is_member(const Host& host, const std::string& interface, std::string_view group) {
  const std::string list = host.ip("maddr show dev " + interface);
  return list.find(" " + std::string(group)) != std::string::npos;
}

inline void send(dgram::Socket& from, std::string_view text, const dgram::Endpoint& to) {
  std::error_code ec;
  if (!from.try_send(text, to, ec)) throw dgram::Error(ec, "send", dgram::to_string(to));
}

/// How a send is refused; no error when it was not.
inline std::error_code send_error(dgram::Socket& from, const dgram::Endpoint& to) {
  std::error_code ec;
  from.try_send("refused?", to, ec);
  return ec;
}

inline asio::awaitable<void> receive_into(dgram::Socket& socket, dgram::Datagram& datagram) {
  datagram = co_await socket.recv();
}

/// Waits for the next datagram.
inline dgram::Datagram receive(asio::io_context& io, dgram::Socket& socket) {
  dgram::Datagram datagram;
  run(io, receive_into(socket, datagram));
  return datagram;
}

/// What comes until `last` came, that included. To see that something does not come, send it, and
/// then something that does: nobody needs to sleep.
inline Texts receive_until(asio::io_context& io, dgram::Socket& socket, std::string_view last) {
  Texts all;
  do all.emplace_back(receive(io, socket).text());
  while (all.back() != last);
  std::error_code ec;
  while (const std::optional<dgram::Datagram> more = socket.try_recv(ec))
    all.emplace_back(more->text());
  return all;
}

/// What Error says when the call fails.
template <class Call>
std::string words_of(Call call) {
  try {
    call();
  } catch (const dgram::Error& error) {
    return error.what();
  }
  return "no error";
}

}  // namespace test
