// Where Node's send surprises, or its documentation is not what it does: what dgram promises there.
#include <array>
#include <asio/ip/udp.hpp>
#include <limits>

#include "failures.hpp"
#include "held_lookups.hpp"
#include "support/catch2.hpp"

namespace node_traps_send_test {

namespace event = dgram::node::event;
using dgram::node::create_socket;
using dgram::node::Error;
using dgram::node::next_tick;
using dgram::node::Socket;
using test::code_of;
using test::HeldLookups;
using test::run_through;
using test::udp4_with_lookup;
using Texts = std::vector<std::string>;

namespace {

/// Gathers what comes, up to "end", and closes both sockets then.
struct Receiver {
  explicit Receiver(asio::io_context& io)
      : socket(create_socket(io, "udp4")), port(socket.bind_sync({0, "127.0.0.1"}).port) {}
  void close_at_end(Socket& sender) {
    socket.on(event::message, [this, sender](const dgram::Datagram& message, const auto&) mutable {
      came.emplace_back(message.text());
      if (came.back() != "end") return;
      socket.close();
      sender.close();
    });
  }

  Socket socket;
  int port;
  Texts came;
};

}  // namespace

TEST_CASE("a connected socket refuses every destination, and sends nothing to it", "[node][trap]") {
  asio::io_context io;
  Receiver receiver(io);
  Socket socket = create_socket(io, "udp4");
  receiver.close_at_end(socket);
  socket.connect_sync(receiver.port, "127.0.0.1");
  int called = 0;
  const auto sent = [&](const Error*, std::size_t) { ++called; };
  const int port = receiver.port;
  const std::string is_connected = "ERR_SOCKET_DGRAM_IS_CONNECTED";
  CHECK(code_of([&] { socket.send("no", port); }) == is_connected);
  CHECK(code_of([&] { socket.send("no", port, sent); }) == is_connected);
  CHECK(code_of([&] { socket.send("no", port, "127.0.0.1"); }) == is_connected);
  CHECK(code_of([&] { socket.send("no", port, "127.0.0.1", sent); }) == is_connected);
  CHECK(code_of([&] { socket.send("no", 0, 2, port); }) == is_connected);
  CHECK(code_of([&] { socket.send("no", 0, 2, port, sent); }) == is_connected);
  CHECK(code_of([&] { socket.send("no", 0, 2, port, "127.0.0.1"); }) == is_connected);
  CHECK(code_of([&] { socket.send("no", 0, 2, port, "127.0.0.1", sent); }) == is_connected);
  socket.send("end");
  CHECK(run_through(io) == Texts{});
  CHECK(receiver.came == Texts{"end"});
  CHECK(called == 0);
}

TEST_CASE("the bytes of a send are those of the call, whatever becomes of the buffer",
          "[node][trap]") {
  asio::io_context io;
  Receiver receiver(io);
  Socket socket = create_socket(io, "udp4");
  receiver.close_at_end(socket);
  const bool bound = GENERATE(true, false);
  if (bound) socket.bind_sync({0, "127.0.0.1"});
  {
    std::string one = "one", two = "two";
    std::array<asio::const_buffer, 2> list = {asio::buffer(one), asio::buffer(two)};
    socket.send(one, receiver.port, "127.0.0.1");
    socket.send(list, receiver.port, "127.0.0.1");
    one = "***";
    two = "***";
    list = {};
  }
  socket.send("end", receiver.port, "127.0.0.1");
  CHECK(run_through(io) == Texts{});
  CHECK(receiver.came == Texts{"one", "onetwo", "end"});
}

TEST_CASE("an error of the system without a callback is silent, and counted", "[node][trap]") {
  const bool connected = GENERATE(true, false);
  asio::io_context io;
  Socket socket = create_socket(io, "udp4");
  int errors = 0;
  socket.on(event::error, [&](const Error&) { ++errors; });
  socket.bind_sync({0, "127.0.0.1"});
  const std::string too_large(65'508, 'x');
  if (connected) {
    socket.connect_sync(9, "127.0.0.1");
    socket.send(too_large);
  } else {
    socket.send(too_large, 9, "127.0.0.1");
  }
  next_tick(io, [&] { socket.close(); });
  CHECK(run_through(io) == Texts{});
  CHECK(errors == 0);
  CHECK(socket.stats().errors.of(asio::error::message_size) == 1);
}

TEST_CASE("an error with a callback goes to it alone, with 0 bytes", "[node][trap]") {
  const bool connected = GENERATE(true, false);
  asio::io_context io;
  Socket socket = create_socket(io, "udp4");
  int errors = 0;
  Texts told;
  socket.on(event::error, [&](const Error&) { ++errors; });
  socket.bind_sync({0, "127.0.0.1"});
  const auto sent = [&](const Error* failure, std::size_t bytes) {
    told.push_back(failure ? failure->message() : "sent");
    CHECK(bytes == 0);
    socket.close();
  };
  const std::string too_large(65'508, 'x');
  if (connected) {
    socket.connect_sync(9, "127.0.0.1");
    socket.send(too_large, sent);
  } else {
    socket.send(too_large, 9, "127.0.0.1", sent);
  }
  CHECK(run_through(io) == Texts{});
  CHECK(errors == 0);
  CHECK(told == Texts{connected ? "send EMSGSIZE" : "send EMSGSIZE 127.0.0.1:9"});
}

TEST_CASE("a send that fails harms no other of its turn", "[node][trap]") {
  asio::io_context io;
  Receiver receiver(io);
  Socket socket = create_socket(io, "udp4");
  receiver.close_at_end(socket);
  Texts told;
  const auto says = [&](const Error* failure, std::size_t bytes) {
    told.push_back(failure ? failure->code() : std::to_string(bytes));
  };
  socket.bind_sync({0, "127.0.0.1"});
  socket.send("one", receiver.port, "127.0.0.1", says);
  socket.send(std::string(65'508, 'x'), receiver.port, "127.0.0.1", says);
  socket.send("x", receiver.port, "::1", says);
  socket.send("end", receiver.port, "127.0.0.1", says);
  CHECK(run_through(io) == Texts{});
  CHECK(told == Texts{"3", "EMSGSIZE", "EINVAL", "3"});
  CHECK(receiver.came == Texts{"one", "end"});
}

TEST_CASE("a lookup that fails is told to the callback of the send, without one to error",
          "[node][trap]") {
  asio::io_context io;
  HeldLookups lookups;
  Socket socket = create_socket(io, udp4_with_lookup(lookups.lookup()));
  socket.bind_sync({0, "127.0.0.1"});
  Texts told;
  socket.on(event::error, [&](const Error& failure) {
    told.push_back("error " + failure.message());
    socket.close();
  });
  socket.send("x", 9, "first", [&](const Error* failure, std::size_t bytes) {
    told.push_back(failure->message());
    CHECK(bytes == 0);
  });
  socket.send("x", 9, "second");
  lookups.fail(0, "no first");
  lookups.fail(1, "no second");
  CHECK(run_through(io) == Texts{});
  CHECK(told == Texts{"no first", "error no second"});
  CHECK(socket.stats().unsent == 2);
}

TEST_CASE("any number of buffers make one datagram", "[node][trap]") {
  const bool connected = GENERATE(true, false);
  asio::io_context io;
  Receiver receiver(io);
  Socket socket = create_socket(io, "udp4");
  receiver.close_at_end(socket);
  const std::vector<asio::const_buffer> pieces(2000, asio::buffer("x", 1));
  if (connected) {
    socket.connect_sync(receiver.port, "127.0.0.1");
    socket.send(pieces);
    socket.send("end");
  } else {
    socket.send(pieces, receiver.port, "127.0.0.1");
    socket.send("end", receiver.port, "127.0.0.1");
  }
  CHECK(run_through(io) == Texts{});
  CHECK(receiver.came == Texts{std::string(2000, 'x'), "end"});
}

TEST_CASE("nothing is a datagram, too, in each of its forms", "[node][trap]") {
  asio::io_context io;
  Receiver receiver(io);
  Socket socket = create_socket(io, "udp4");
  receiver.close_at_end(socket);
  int sent = 0;
  const auto counts = [&](const Error* failure, std::size_t bytes) {
    sent += !failure && bytes == 0;
  };
  const std::vector<asio::const_buffer> no_pieces, empty_pieces(3);
  const int port = receiver.port;
  socket.bind_sync({0, "127.0.0.1"});
  socket.send("", port, "127.0.0.1", counts);
  socket.send(no_pieces, port, "127.0.0.1", counts);
  socket.send(empty_pieces, port, "127.0.0.1", counts);
  socket.send("abc", 1, 0, port, "127.0.0.1", counts);
  socket.send("abc", 3, 0, port, "127.0.0.1", counts);
  next_tick(io, [&] {
    socket.connect_sync(port, "127.0.0.1");
    socket.send("", counts);
    socket.send(no_pieces, counts);
    socket.send("end");
  });
  CHECK(run_through(io) == Texts{});
  CHECK(receiver.came == Texts{"", "", "", "", "", "", "", "end"});
  CHECK(sent == 7);
}

TEST_CASE("what is outside of the message is refused, and nothing is sent", "[node][trap]") {
  asio::io_context io;
  Socket socket = create_socket(io, "udp4");
  const std::string outside = "ERR_BUFFER_OUT_OF_BOUNDS";
  constexpr std::size_t most = std::numeric_limits<std::size_t>::max();
  CHECK(code_of([&] { socket.send("abc", 4, 0, 9, "127.0.0.1"); }) == outside);
  CHECK(code_of([&] { socket.send("abc", 1, 3, 9, "127.0.0.1"); }) == outside);
  CHECK(code_of([&] { socket.send("abc", -1, 1, 9, "127.0.0.1"); }) == outside);
  CHECK(code_of([&] { socket.send("abc", 1, -1, 9, "127.0.0.1"); }) == outside);
  CHECK(code_of([&] { socket.send("abc", most, 2, 9, "127.0.0.1"); }) == outside);
  CHECK(code_of([&] { socket.send("abc", 2, most, 9, "127.0.0.1"); }) == outside);
  CHECK(code_of([&] { socket.send("abc", 0, 3, std::int64_t{1} << 32 | 9, "127.0.0.1"); }) ==
        "ERR_SOCKET_BAD_PORT");
  CHECK(code_of([&] { socket.address(); }) == "EBADF");  // it did not even bind
  socket.close();
  CHECK(run_through(io) == Texts{});
}

TEST_CASE("a port that no datagram can go to is refused", "[node][trap]") {
  asio::io_context io;
  Socket socket = create_socket(io, "udp4");
  for (const int port : {0, -1, 65536, std::numeric_limits<int>::min()})
    CHECK(code_of([&] { socket.send("x", port, "127.0.0.1"); }) == "ERR_SOCKET_BAD_PORT");
  CHECK(code_of([&] { socket.send("x"); }) == "ERR_SOCKET_BAD_PORT");
  CHECK(code_of([&] { socket.send("x", 0, 1); }) == "ERR_SOCKET_BAD_PORT");
  socket.close();
  CHECK(run_through(io) == Texts{});
}

TEST_CASE("a slow name holds nothing up: what is sent behind it overtakes it", "[node][trap]") {
  asio::io_context io;
  Receiver receiver(io);
  HeldLookups lookups;
  Socket socket = create_socket(io, udp4_with_lookup(lookups.lookup()));
  receiver.close_at_end(socket);
  socket.bind_sync({0, "127.0.0.1"});
  socket.send("end", receiver.port, "slow");
  socket.send("fast", receiver.port, "fast");
  lookups.find(1, "127.0.0.1");
  lookups.find(0, "127.0.0.1");
  CHECK(run_through(io) == Texts{});
  CHECK(receiver.came == Texts{"fast", "end"});
}

TEST_CASE("a lookup that answers at once: on the wire when send returns, the callback comes later",
          "[node][trap]") {
  asio::io_context io;
  asio::ip::udp::socket peer(io, {asio::ip::address_v4::loopback(), 0});
  Socket socket = create_socket(io, udp4_with_lookup(test::finds_at_once()));
  socket.bind_sync({0, "127.0.0.1"});
  bool called = false;
  socket.send(
      "x", peer.local_endpoint().port(), "127.0.0.1", [&](const Error* failure, std::size_t bytes) {
        CHECK(failure == nullptr);
        CHECK(bytes == 1);
        called = true;
        socket.close();
      });
  CHECK(peer.available() > 0);
  CHECK_FALSE(called);
  CHECK(run_through(io) == Texts{});
  CHECK(called);
}

TEST_CASE("a connected send is on the wire when it returns, the callback comes later",
          "[node][trap]") {
  asio::io_context io;
  asio::ip::udp::socket peer(io, {asio::ip::address_v4::loopback(), 0});
  Socket socket = create_socket(io, "udp4");
  socket.connect_sync(peer.local_endpoint().port(), "127.0.0.1");
  bool called = false;
  socket.send("x", [&](const Error*, std::size_t) {
    called = true;
    socket.close();
  });
  CHECK(peer.available() > 0);
  CHECK_FALSE(called);
  CHECK(run_through(io) == Texts{});
  CHECK(called);
}

TEST_CASE("an address of the other family is refused by send", "[node][trap]") {
  const bool v6 = GENERATE(true, false);
  asio::io_context io;
  Socket socket = create_socket(io, v6 ? "udp6" : "udp4");
  std::string told;
  socket.on(event::error, [&](const Error& failure) { told = "error " + failure.message(); });
  socket.bind_sync();
  socket.send("x", 9, v6 ? "127.0.0.1" : "::1", [&](const Error* failure, std::size_t) {
    told = failure ? failure->message() : "sent";
    socket.close();
  });
  CHECK(run_through(io) == Texts{});
  CHECK(told == (v6 ? "send EINVAL 127.0.0.1:9" : "send EINVAL ::1:9"));
}

}  // namespace node_traps_send_test
