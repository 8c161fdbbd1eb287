// Settings of a socket that has no descriptor: never opened, closed, or moved from.
#include <dgram/dgram.hpp>

#include "number_settings.hpp"
#include "support/catch2.hpp"

namespace socket_settings_dead_test {

namespace {

enum class Death { never_opened, closed, moved_from };

/// A socket without a descriptor.
struct Dead {
  explicit Dead(Death death) : socket(io), heir(io) {
    if (death == Death::never_opened) return;
    socket.bind(test::any_port());
    if (death == Death::closed)
      socket.close();
    else
      heir = std::move(socket);
  }
  asio::io_context io;
  dgram::Socket socket;
  dgram::Socket heir;
};

std::error_code code_of(const std::function<void(std::error_code&)>& call) {
  std::error_code ec;
  call(ec);
  return ec;
}

}  // namespace

TEST_CASE("a socket without a descriptor has no settings", "[socket][settings][input]") {
  const Death death = GENERATE(Death::never_opened, Death::closed, Death::moved_from);
  Dead dead(death);
  for (const test::NumberSetting& setting : test::number_settings()) {
    INFO(setting);
    std::error_code ec;
    setting.set_ec(dead.socket, setting.in_range.front(), ec);
    CHECK(ec == asio::error::bad_descriptor);
    CHECK(setting.get_ec(dead.socket, ec) == 0);
    CHECK(ec == asio::error::bad_descriptor);
    CHECK_THROWS_AS(setting.set(dead.socket, setting.in_range.front()), dgram::Error);
    CHECK_THROWS_AS(setting.get(dead.socket), dgram::Error);
  }
}

TEST_CASE("a value out of its range is refused as that, whatever the socket is",
          "[socket][settings][input]") {
  const Death death = GENERATE(Death::never_opened, Death::closed, Death::moved_from);
  Dead dead(death);
  for (const test::NumberSetting& setting : test::number_settings()) {
    for (const int value : setting.out_of_range) {
      INFO(setting << ' ' << value);
      std::error_code ec;
      setting.set_ec(dead.socket, value, ec);
      CHECK(ec == asio::error::invalid_argument);
    }
  }
  for (const int bytes : {0, -1, INT_MIN}) {
    CHECK(code_of([&](std::error_code& ec) { dead.socket.set_recv_buffer_size(bytes, ec); }) ==
          asio::error::invalid_argument);
    CHECK(code_of([&](std::error_code& ec) { dead.socket.set_send_buffer_size(bytes, ec); }) ==
          asio::error::invalid_argument);
  }
}

TEST_CASE("a socket without a descriptor has no buffers, devices, groups, paths and options",
          "[socket][settings][input]") {
  const Death death = GENERATE(Death::never_opened, Death::closed, Death::moved_from);
  Dead dead(death);
  dgram::Socket& socket = dead.socket;
  const dgram::Endpoint to = dgram::make_endpoint("127.0.0.1", 9);
  asio::socket_base::broadcast option;
  const std::vector<std::function<void(std::error_code&)>> calls = {
      [&](std::error_code& ec) { socket.set_recv_buffer_size(50000, ec); },
      [&](std::error_code& ec) { socket.set_send_buffer_size(50000, ec); },
      [&](std::error_code& ec) { CHECK(socket.recv_buffer_size(ec) == 0); },
      [&](std::error_code& ec) { CHECK(socket.send_buffer_size(ec) == 0); },
      [&](std::error_code& ec) { socket.bind_to_device("lo", ec); },
      [&](std::error_code& ec) { socket.bind_to_device({}, ec); },
      [&](std::error_code& ec) { CHECK(socket.bound_device(ec) == 0); },
      [&](std::error_code& ec) { socket.set_multicast_interface("lo", ec); },
      [&](std::error_code& ec) { CHECK(socket.multicast_interface(ec) == 0); },
      [&](std::error_code& ec) { CHECK(socket.path_mtu(ec) == 0); },
      [&](std::error_code& ec) { CHECK(socket.path_mtu(to, ec) == 0); },
      [&](std::error_code& ec) { CHECK_FALSE(socket.reuse_address(ec)); },
      [&](std::error_code& ec) { CHECK_FALSE(socket.reuse_port(ec)); },
      [&](std::error_code& ec) { CHECK_FALSE(socket.ipv6_only(ec)); },
      [&](std::error_code& ec) { socket.set_pacing(5000, 3000, ec); },
      [&](std::error_code& ec) { CHECK(socket.pacing_rate(ec) == 0); },
      [&](std::error_code& ec) { CHECK(socket.pacing_burst(ec) == 0); },
      [&](std::error_code& ec) { socket.set_option(option, ec); },
      [&](std::error_code& ec) { socket.get_option(option, ec); },
  };
  for (std::size_t i = 0; i < calls.size(); ++i) {
    INFO("call " << i);
    CHECK(code_of(calls[i]) == asio::error::bad_descriptor);
  }
  CHECK(socket.capabilities().empty());
}

TEST_CASE("a refused setting does not open a socket", "[socket][settings][input]") {
  asio::io_context io;
  dgram::Socket socket(io);
  std::error_code ec;
  socket.set_ttl(9, ec);
  socket.set_ttl(300, ec);
  CHECK_FALSE(socket.is_open());
  socket.bind(test::any_port());
  CHECK(socket.ttl() == 64);
  CHECK(test::works(socket));
}

}  // namespace socket_settings_dead_test
