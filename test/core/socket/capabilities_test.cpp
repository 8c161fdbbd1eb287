// capabilities(): what a socket was granted of what it asked for.
#include <dgram/dgram.hpp>
#include <set>
#include <string>

#include "number_settings.hpp"
#include "support/catch2.hpp"
#include "support/faulty.hpp"

namespace socket_capabilities_test {

namespace {

using dgram::Capability;
using State = dgram::Capability::State;

const std::vector<std::string> features = {
    "batch_receive", "batch_send", "gso", "send_options", "kernel_drops"};
const std::vector<std::string> switches = {"reuse_address", "reuse_port"};
const std::vector<std::string> metadata = {"receive_local_address",
                                           "receive_ecn",
                                           "receive_hop_limit",
                                           "receive_timestamp",
                                           "receive_errors",
                                           "gro"};

dgram::SocketOptions everything() {
  dgram::SocketOptions options;
  options.reuse_address = options.reuse_port = true;
  options.recv_buffer_size = 50000;
  options.send_buffer_size = 60000;
  options.receive_local_address = options.receive_ecn = true;
  options.receive_hop_limit = options.receive_timestamp = true;
  options.receive_errors = options.gro = true;
  return options;
}

void check(const std::vector<Capability>& all, const std::string& name, State state) {
  INFO(name);
  const Capability* const one = find(all, name);
  REQUIRE(one);
  CHECK(one->state == state);
  const bool has_reason = state == State::refused || state == State::reduced;
  CHECK(static_cast<bool>(one->why) == has_reason);
}

}  // namespace

TEST_CASE("each capability is listed once", "[socket][capabilities]") {
  asio::io_context io;
  const dgram::Socket socket = test::bound(io);
  std::set<std::string> names;
  for (const Capability& one : socket.capabilities()) {
    CHECK(names.insert(std::string(one.name)).second);
    CHECK(to_string(one).find(std::string(one.name) + ": ") == 0);
  }
  for (const std::vector<std::string>& list : {features, switches, metadata})
    for (const std::string& name : list) CHECK(names.count(name) == 1);
  for (const char* name : {"recv_buffer_size", "send_buffer_size", "own_groups_only"})
    CHECK(names.count(name) == 1);
}

TEST_CASE("a plain socket has what nobody needs to ask for", "[socket][capabilities]") {
  const dgram::Family family = GENERATE(dgram::Family::ipv4, dgram::Family::ipv6);
  asio::io_context io;
  const dgram::Socket socket = test::bound_in(io, family);
  const std::vector<Capability> all = socket.capabilities();
  const bool is_linux = test::is_linux_channel();
  for (const std::string& name : features) {
    if (!is_linux && name == "kernel_drops") continue;  // Linux's, whichever channel asks
    check(all, name, is_linux ? State::granted : State::refused);
  }
  for (const std::string& name : switches) check(all, name, State::not_asked);
  for (const std::string& name : metadata)
    check(all, name, is_linux ? State::not_asked : State::refused);
  check(all, "own_groups_only", is_linux ? State::granted : State::refused);
  check(all, "recv_buffer_size", State::not_asked);
  check(all, "send_buffer_size", State::not_asked);
}

TEST_CASE("a socket that asked for everything is granted everything", "[socket][capabilities]") {
  if (!test::is_linux_channel()) return;
  const dgram::Family family = GENERATE(dgram::Family::ipv4, dgram::Family::ipv6);
  asio::io_context io;
  dgram::SocketOptions options = everything();
  options.family = family;
  const dgram::Socket socket = test::bound(io, options);
  for (const Capability& one : socket.capabilities()) {
    INFO(to_string(one));
    CHECK(one.state == State::granted);
    CHECK(one.value >= 1);
    CHECK(!one.why);
  }
}

TEST_CASE("capabilities follow what is set later", "[socket][capabilities]") {
  if (!test::is_linux_channel()) return;
  asio::io_context io;
  dgram::Socket socket = test::bound(io);
  check(socket.capabilities(), "own_groups_only", State::granted);
  socket.set_multicast_all(true);
  check(socket.capabilities(), "own_groups_only", State::not_asked);
  socket.set_option(asio::socket_base::reuse_address(true));
  check(socket.capabilities(), "reuse_address", State::granted);
}

TEST_CASE("an adopted socket is granted what it was set up with", "[socket][capabilities]") {
  asio::io_context io;
  dgram::SocketOptions options;
  options.reuse_port = true;
  dgram::Socket maker = test::bound(io, options);
  dgram::Socket socket(io);
  socket.adopt(maker.release());
  check(socket.capabilities(), "reuse_port", State::granted);
  check(socket.capabilities(), "reuse_address", State::not_asked);
}

TEST_CASE("a socket that is not open has no capabilities", "[socket][capabilities]") {
  asio::io_context io;
  dgram::Socket fresh(io), closed = test::bound(io), source = test::bound(io);
  closed.close();
  const dgram::Socket heir(std::move(source));
  CHECK(fresh.capabilities().empty());
  CHECK(closed.capabilities().empty());
  CHECK(source.capabilities().empty());
  CHECK_FALSE(heir.capabilities().empty());
}

TEST_CASE("that groups of others stay out may be refused: the socket opens, and it is said",
          "[socket][capabilities]") {
  asio::io_context io;
  std::vector<std::string> said;
  dgram::set_log_handler(io, [&](dgram::LogLevel level, std::string_view text) {
    CHECK(level == dgram::LogLevel::info);
    said.emplace_back(text);
  });
  const auto script = test::make_faulty(io);
  script->refused[dgram::Setting::multicast_all] = asio::error::no_protocol_option;
  const dgram::Socket first = test::bound(io), second = test::bound(io);
  CHECK(said == std::vector<std::string>{"datagrams to groups that other sockets have joined "
                                         "cannot be kept out: Protocol not available"});
}

TEST_CASE("a channel that knows nothing of groups of others is not worth a word",
          "[socket][capabilities]") {
  asio::io_context io;
  int said = 0;
  dgram::set_log_handler(io, [&](dgram::LogLevel, std::string_view) { ++said; });
  const auto script = test::make_faulty(io);
  script->refused[dgram::Setting::multicast_all] = asio::error::operation_not_supported;
  const dgram::Socket socket = test::bound(io);
  CHECK(socket.is_open());
  CHECK(said == 0);
}

TEST_CASE("that groups of others stay out is refused when it was refused",
          "[socket][capabilities]") {
  asio::io_context io;
  const auto script = test::make_faulty(io);
  script->refused[dgram::Setting::multicast_all] = asio::error::no_protocol_option;
  const dgram::Socket socket = test::bound(io);
  check(socket.capabilities(), "own_groups_only", State::refused);
}

}  // namespace socket_capabilities_test
