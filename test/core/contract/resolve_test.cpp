// Any channel: host names, asked for through a socket, since that is what makes a LookupHandler.
#include <asio/error.hpp>
#include <dgram/dgram.hpp>
#include <support/catch2.hpp>
#include <support/channel_worlds.hpp>
#include <support/run.hpp>

namespace contract_resolve_test {

namespace {

struct Answer {
  int calls = 0;
  bool inside = false;
  std::error_code ec;
};

/// Connects by name on a socket of that world; nothing is sent.
Answer connect(const test::World& world, std::string_view host, dgram::Family family) {
  asio::io_context io;
  dgram::set_channel_factory(io, world.make);
  dgram::SocketOptions options;
  options.family = family;
  dgram::Socket socket(io, options);
  Answer answer;
  bool starting = true;
  socket.async_connect(host, 9, [&](std::error_code ec) {
    ++answer.calls;
    answer.inside |= starting;
    answer.ec = ec;
    if (!ec && family != dgram::Family::unspecified)
      CHECK(dgram::family_of(socket.remote_endpoint()) == family);
    socket.close();
  });
  starting = false;
  test::run(io);
  return answer;
}

}  // namespace

TEST_CASE("localhost is found, once, not inside the call", "[contract][resolve]") {
  const Answer answer =
      connect(GENERATE(from_range(test::worlds())), "localhost", dgram::Family::unspecified);
  CHECK(answer.calls == 1);
  CHECK(!answer.inside);
  CHECK(!answer.ec);
}

TEST_CASE("a lookup brings the family that was asked for", "[contract][resolve]") {
  const test::World world = GENERATE(from_range(test::worlds()));
  CHECK(!connect(world, "localhost", dgram::Family::ipv4).ec);
}

TEST_CASE("a lookup that the context does not wait for is dropped with it", "[contract][resolve]") {
  const test::World world = GENERATE(from_range(test::worlds()));
  int calls = 0;
  {
    asio::io_context io;
    dgram::set_channel_factory(io, world.make);
    dgram::Socket socket(io);
    socket.async_connect("localhost", 9, [&](std::error_code) { ++calls; });
  }
  CHECK(calls == 0);  // and LSan finds nothing
}

TEST_CASE("a lookup that is cancelled ends with operation_aborted, once", "[contract][resolve]") {
  const test::World world = GENERATE(from_range(test::worlds()));
  asio::io_context io;
  dgram::set_channel_factory(io, world.make);
  dgram::Socket socket(io);
  Answer answer;
  socket.async_connect("localhost", 9, [&](std::error_code ec) {
    ++answer.calls;
    answer.ec = ec;
  });
  socket.cancel();
  test::run(io);
  CHECK(answer.calls == 1);
  CHECK(answer.ec == asio::error::operation_aborted);
}

}  // namespace contract_resolve_test
