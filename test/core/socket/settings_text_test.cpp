// What an Error of a setting reads like: the call, and the value that it was asked with.
#include <dgram/dgram.hpp>

#include "number_settings.hpp"
#include "support/catch2.hpp"

namespace socket_settings_text_test {

namespace {

using namespace std::chrono_literals;
struct Text {
  std::function<void()> call;
  std::string operation;
  std::string subject;
  std::string reason;
};

void check(const std::vector<Text>& texts) {
  for (const Text& text : texts) {
    const std::string what =
        text.operation + (text.subject.empty() ? "" : ' ' + text.subject) + ": " + text.reason;
    INFO(what);
    try {
      text.call();
      FAIL_CHECK("no error");
    } catch (const dgram::Error& error) {
      CHECK(error.operation() == text.operation);
      CHECK(error.subject() == text.subject);
      CHECK(std::string(error.what()) == what);
    }
  }
}

const std::string invalid = "Invalid argument";
const std::string closed = "Bad file descriptor";
const std::string no_device = "No such device";

}  // namespace

TEST_CASE("a setter that is refused says which one, and the value", "[socket][settings][text]") {
  asio::io_context io;
  dgram::Socket s = test::bound(io);
  check({
      {[&] { s.set_ttl(0); }, "set_ttl", "0", invalid},
      {[&] { s.set_ttl(300); }, "set_ttl", "300", invalid},
      {[&] { s.set_ttl(-1); }, "set_ttl", "-1", invalid},
      {[&] { s.set_multicast_ttl(256); }, "set_multicast_ttl", "256", invalid},
      {[&] { s.set_dscp(64); }, "set_dscp", "64", invalid},
      {[&] { s.set_ecn(static_cast<dgram::Ecn>(4)); }, "set_ecn", "4", invalid},
      {[&] { s.set_recv_buffer_size(0); }, "set_recv_buffer_size", "0", invalid},
      {[&] { s.set_send_buffer_size(-1); }, "set_send_buffer_size", "-1", invalid},
      {[&] { s.set_path_mtu_discovery(static_cast<dgram::PathMtuDiscovery>(4)); },
       "set_path_mtu_discovery",
       "4",
       invalid},
      {[&] { s.set_busy_poll(-1us); }, "set_busy_poll", "-1", invalid},
      {[&] { s.set_busy_poll(1h); }, "set_busy_poll", "3600000000", invalid},
      {[&] { s.set_incoming_cpu(-1); }, "set_incoming_cpu", "-1", invalid},
      {[&] { s.set_segmentation(static_cast<dgram::Segmentation>(7)); },
       "set_segmentation",
       "7",
       invalid},
      {[&] { s.set_segmentation(asio::ip::address_v6::loopback(), dgram::Segmentation::off); },
       "set_segmentation",
       "::1 off",
       "Address family not supported by protocol"},
  });
}

TEST_CASE("a setter of a closed socket says which one, and the value", "[socket][settings][text]") {
  asio::io_context io;
  dgram::Socket s(io);
  using dgram::PathMtuDiscovery;
  check({
      {[&] { s.set_broadcast(true); }, "set_broadcast", "true", closed},
      {[&] { s.set_broadcast(false); }, "set_broadcast", "false", closed},
      {[&] { s.set_ttl(9); }, "set_ttl", "9", closed},
      {[&] { s.set_dscp(46); }, "set_dscp", "46", closed},
      {[&] { s.set_ecn(dgram::Ecn::ce); }, "set_ecn", "3", closed},
      {[&] { s.set_multicast_ttl(9); }, "set_multicast_ttl", "9", closed},
      {[&] { s.set_multicast_loopback(false); }, "set_multicast_loopback", "false", closed},
      {[&] { s.set_multicast_all(true); }, "set_multicast_all", "true", closed},
      {[&] { s.set_recv_buffer_size(9); }, "set_recv_buffer_size", "9", closed},
      {[&] { s.set_send_buffer_size(9); }, "set_send_buffer_size", "9", closed},
      {[&] { s.set_path_mtu_discovery(PathMtuDiscovery::omit); },
       "set_path_mtu_discovery",
       "5",
       closed},
      {[&] { s.set_busy_poll(50us); }, "set_busy_poll", "50", closed},
      {[&] { s.set_prefer_busy_poll(true); }, "set_prefer_busy_poll", "true", closed},
      {[&] { s.set_incoming_cpu(1); }, "set_incoming_cpu", "1", closed},
      {[&] { s.set_pacing(5000); }, "set_pacing", "5000", closed},
      {[&] { s.set_pacing(5000, 3000); }, "set_pacing", "5000 3000", closed},
      {[&] { s.bind_to_device("lo"); }, "bind_to_device", "lo", closed},
      {[&] { s.bind_to_device({}); }, "bind_to_device", "any interface", closed},
      {[&] { s.set_multicast_interface(1); }, "set_multicast_interface", "interface 1", closed},
  });
}

TEST_CASE("a getter of a closed socket says which one", "[socket][settings][text]") {
  asio::io_context io;
  const dgram::Socket s(io);
  const dgram::Endpoint to = dgram::make_endpoint("192.0.2.7", 9);
  check({
      {[&] { s.broadcast(); }, "broadcast", "", closed},
      {[&] { s.ttl(); }, "ttl", "", closed},
      {[&] { s.dscp(); }, "dscp", "", closed},
      {[&] { s.ecn(); }, "ecn", "", closed},
      {[&] { s.multicast_ttl(); }, "multicast_ttl", "", closed},
      {[&] { s.multicast_loopback(); }, "multicast_loopback", "", closed},
      {[&] { s.multicast_interface(); }, "multicast_interface", "", closed},
      {[&] { s.multicast_all(); }, "multicast_all", "", closed},
      {[&] { s.recv_buffer_size(); }, "recv_buffer_size", "", closed},
      {[&] { s.send_buffer_size(); }, "send_buffer_size", "", closed},
      {[&] { s.path_mtu_discovery(); }, "path_mtu_discovery", "", closed},
      {[&] { s.path_mtu(); }, "path_mtu", "", closed},
      {[&] { s.path_mtu(to); }, "path_mtu", "192.0.2.7:9", closed},
      {[&] { s.reuse_address(); }, "reuse_address", "", closed},
      {[&] { s.reuse_port(); }, "reuse_port", "", closed},
      {[&] { s.ipv6_only(); }, "ipv6_only", "", closed},
      {[&] { s.busy_poll(); }, "busy_poll", "", closed},
      {[&] { s.prefer_busy_poll(); }, "prefer_busy_poll", "", closed},
      {[&] { s.incoming_cpu(); }, "incoming_cpu", "", closed},
      {[&] { s.pacing_rate(); }, "pacing_rate", "", closed},
      {[&] { s.pacing_burst(); }, "pacing_burst", "", closed},
  });
}

TEST_CASE("bound_device() of a closed socket says that it is bound_device()",
          "[socket][settings][text]") {
  asio::io_context io;
  const dgram::Socket s(io);
  check({{[&] { s.bound_device(); }, "bound_device", "", closed}});
}

TEST_CASE("an interface that does not exist is named as it was given", "[socket][settings][text]") {
  asio::io_context io;
  dgram::Socket s = test::bound(io);
  using dgram::Interface;
  check({
      {[&] { s.bind_to_device("no such"); }, "bind_to_device", "no such", no_device},
      {[&] { s.bind_to_device("%no"); }, "bind_to_device", "no", no_device},
      {[&] { s.bind_to_device(-1); }, "bind_to_device", "an impossible interface index", no_device},
      {[&] { s.bind_to_device("198.51.100.7"); }, "bind_to_device", "198.51.100.7", no_device},
      {[&] { s.bind_to_device(Interface::all()); }, "bind_to_device", "all interfaces", invalid},
      {[&] { s.set_multicast_interface("no such"); },
       "set_multicast_interface",
       "no such",
       no_device},
      {[&] { s.set_multicast_interface(Interface::all()); },
       "set_multicast_interface",
       "all interfaces",
       invalid},
  });
}

TEST_CASE("an index that no interface has is named as a number", "[socket][settings][text]") {
  if (!test::is_linux_channel()) return;  // POSIX wants the interface's address
  asio::io_context io;
  dgram::Socket s = test::bound(io);
  check({{[&] { s.set_multicast_interface(0x7ffffff0); },
          "set_multicast_interface",
          "interface 2147483632",
          no_device}});
}

TEST_CASE("an option by its number is named by its number", "[socket][settings][text]") {
  asio::io_context io;
  dgram::Socket s = test::bound(io);
  const std::string ip_ttl = std::to_string(IP_TTL);
  asio::detail::socket_option::integer<IPPROTO_IP, 9999> unknown;
  check({
      {[&] { s.set_option(asio::detail::socket_option::integer<IPPROTO_IP, IP_TTL>(300)); },
       "set_option",
       "level 0 name " + ip_ttl + " value 300",
       invalid},
      {[&] { s.get_option(unknown); }, "get_option", "level 0 name 9999", "Protocol not available"},
  });
}

TEST_CASE("a NUL in a name does not hide the reason of an error",
          "[socket][settings][text][input]") {
  asio::io_context io;
  dgram::Socket s = test::bound(io);
  try {
    s.bind_to_device(std::string("lo\0x", 4));
    FAIL_CHECK("no error");
  } catch (const dgram::Error& error) {
    CHECK(std::string(error.what()).find(no_device) != std::string::npos);
  }
}

}  // namespace socket_settings_text_test
