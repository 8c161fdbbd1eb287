// Sockets on a channel that refuses settings: the call that opens them fails, and says which.
#include <asio/error.hpp>
#include <cerrno>
#include <dgram/dgram.hpp>
#include <functional>
#include <string>
#include <support/catch2.hpp>
#include <support/channel_kind.hpp>
#include <support/faulty.hpp>
#include <support/run.hpp>

namespace contract_fault_settings_test {

using dgram::Setting;
using dgram::SocketOptions;
using test::os;

namespace {

/// A context whose sockets cannot have a setting.
struct Refusing {
  explicit Refusing(Setting setting, int number = EACCES) { script->refused[setting] = os(number); }
  asio::io_context io;
  std::shared_ptr<dgram::FaultScript> script = test::make_faulty(io);
};

struct Wish {
  Setting setting;
  std::string subject;
  void (*set)(SocketOptions&);
};
const std::vector<Wish> wishes = {
    {Setting::reuse_address, "reuse_address 1", [](SocketOptions& o) { o.reuse_address = true; }},
    {Setting::reuse_port, "reuse_port 1", [](SocketOptions& o) { o.reuse_port = true; }},
    {Setting::recv_buffer_size,
     "recv_buffer_size 50000",
     [](SocketOptions& o) { o.recv_buffer_size = 50000; }},
    {Setting::send_buffer_size,
     "send_buffer_size 60000",
     [](SocketOptions& o) { o.send_buffer_size = 60000; }},
    {Setting::receive_local_address,
     "receive_local_address 1",
     [](SocketOptions& o) { o.receive_local_address = true; }},
    {Setting::receive_ecn, "receive_ecn 1", [](SocketOptions& o) { o.receive_ecn = true; }},
    {Setting::receive_hop_limit,
     "receive_hop_limit 1",
     [](SocketOptions& o) { o.receive_hop_limit = true; }},
    {Setting::receive_timestamp,
     "receive_timestamp 1",
     [](SocketOptions& o) { o.receive_timestamp = true; }},
    {Setting::receive_errors,
     "receive_errors 1",
     [](SocketOptions& o) { o.receive_errors = true; }},
    {Setting::ipv6_only, "ipv6_only 0", [](SocketOptions& o) { o.family = dgram::Family::ipv6; }},
};

void check_text(const std::function<void()>& call,
                const std::string& operation,
                const std::string& subject,
                const std::error_code& code) {
  try {
    call();
    FAIL_CHECK(operation << " did not fail");
  } catch (const dgram::Error& error) {
    CHECK(error.operation() == operation);
    CHECK(error.subject() == subject);
    CHECK(error.code() == code);
    CHECK(std::string(error.what()) ==
          operation + (subject.empty() ? "" : " " + subject) + ": " + code.message());
  }
}

}  // namespace

TEST_CASE("a setting that is refused fails the call that opens the socket, and is named",
          "[contract][fault][settings]") {
  for (const Wish& wish : wishes) {
    INFO(wish.subject);
    Refusing world(wish.setting);
    SocketOptions options;
    wish.set(options);
    dgram::Socket socket(world.io, options);
    const dgram::Endpoint local =
        options.family == dgram::Family::ipv6 ? test::any_port_v6() : test::any_port();
    const dgram::Endpoint remote(local.address(), 9);
    const std::error_code code = os(EACCES);
    check_text([&] { socket.open(); }, "open", wish.subject, code);
    check_text([&] { socket.bind(); }, "bind", wish.subject, code);
    check_text([&] { socket.bind(local); }, "bind", wish.subject, code);
    check_text([&] { socket.connect(remote); }, "connect", wish.subject, code);
    std::error_code ec;
    socket.open(ec);
    CHECK(ec == code);
    CHECK_FALSE(socket.is_open());
    CHECK(socket.capabilities().empty());
  }
}

TEST_CASE("a socket that could not be opened opens when its setting is allowed",
          "[contract][fault][settings]") {
  Refusing world(Setting::reuse_port);
  SocketOptions options;
  options.reuse_port = true;
  dgram::Socket socket(world.io, options);
  std::error_code ec;
  socket.bind(test::any_port(), ec);
  REQUIRE(ec == os(EACCES));
  world.script->refused.clear();
  socket.bind(test::any_port(), ec);
  CHECK(!ec);
  CHECK(socket.reuse_port());
}

TEST_CASE("a setting that nobody asked for may be refused", "[contract][fault][settings]") {
  Refusing world(Setting::reuse_port);
  dgram::Socket socket(world.io);
  std::error_code ec;
  socket.bind(test::any_port(), ec);
  CHECK(!ec);
}

TEST_CASE("a setter that is refused says so and changes nothing", "[contract][fault][settings]") {
  Refusing world(Setting::ttl, EPERM);
  dgram::Socket socket(world.io);
  socket.bind(test::any_port());
  const int before = socket.ttl();
  check_text([&] { socket.set_ttl(9); }, "set_ttl", "9", os(EPERM));
  CHECK(socket.ttl() == before);
}

TEST_CASE("a buffer size that is refused says so, and is not reduced",
          "[contract][fault][settings]") {
  Refusing world(Setting::recv_buffer_size, EPERM);
  dgram::Socket socket(world.io);
  socket.bind(test::any_port());
  check_text(
      [&] { socket.set_recv_buffer_size(50000); }, "set_recv_buffer_size", "50000", os(EPERM));
  CHECK(find(socket.capabilities(), "recv_buffer_size")->state ==
        dgram::Capability::State::not_asked);
}

TEST_CASE("a descriptor whose settings are refused stays its caller's",
          "[contract][fault][settings]") {
  Refusing world(Setting::recv_buffer_size);
  SocketOptions options;
  options.recv_buffer_size = 50000;
  dgram::Socket owner(world.io);
  owner.bind(test::any_port());
  const dgram::NativeHandle handle = owner.release();
  dgram::Socket adopter(world.io, options);
  check_text([&] { adopter.adopt(handle); }, "adopt", "recv_buffer_size 50000", os(EACCES));
  CHECK_FALSE(adopter.is_open());
  dgram::Socket next(world.io);
  next.adopt(handle);
  CHECK(next.local_endpoint().port() != 0);
}

TEST_CASE("a membership that the channel refuses says so, and leaves a new socket new",
          "[contract][fault][memberships]") {
  asio::io_context io;
  const auto script = test::make_faulty(io);
  script->change_membership = {{os(ENOBUFS)}};  // so that nothing is joined here
  dgram::Socket socket(io);
  check_text([&] { socket.add_membership(asio::ip::make_address("239.1.2.3")); },
             "add_membership",
             "239.1.2.3 on any interface",
             os(ENOBUFS));
  CHECK(script->change_membership.empty());
  CHECK_FALSE(socket.is_open());
}

TEST_CASE("a later error is not blamed on a setting that was refused before",
          "[contract][fault][settings]") {
  Refusing world(Setting::reuse_port);
  SocketOptions options;
  options.reuse_port = true;
  dgram::Socket socket(world.io, options);
  check_text([&] { socket.open(); }, "open", "reuse_port 1", os(EACCES));
  const dgram::Endpoint no_port = dgram::make_endpoint("127.0.0.1", 0);
  check_text([&] { socket.connect(no_port); }, "connect", "127.0.0.1:0", dgram::Errc::bad_port);
  socket.close();
  check_text([&] { socket.bind(no_port); }, "bind", "127.0.0.1:0", asio::error::bad_descriptor);
  check_text([&] { socket.open(); }, "open", "", asio::error::bad_descriptor);
}

TEST_CASE("a send and a join that cannot open the socket name the setting as well",
          "[contract][fault][settings]") {
  Refusing world(Setting::reuse_port);
  SocketOptions options;
  options.reuse_port = true;
  dgram::Socket socket(world.io, options);
  std::string said;
  test::run(world.io, [&]() -> asio::awaitable<void> {
    const dgram::Endpoint to = dgram::make_endpoint("127.0.0.1", 9);
    try {
      co_await socket.send("x", to);
    } catch (const dgram::Error& error) {
      said = error.what();
    }
  }());
  CHECK(said.find("reuse_port 1") != std::string::npos);
  try {
    socket.add_membership(asio::ip::make_address("239.1.2.3"), "no such");
  } catch (const dgram::Error& error) {
    said = error.what();
  }
  CHECK(said.find("reuse_port 1") != std::string::npos);
}

}  // namespace contract_fault_settings_test
