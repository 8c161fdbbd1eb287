// Calls that wait for listening, and the ways in which Node loses them: what dgram promises there.
#include <algorithm>

#include "failures.hpp"
#include "held_lookups.hpp"
#include "support/catch2.hpp"

namespace node_traps_queue_test {

namespace event = dgram::node::event;
using dgram::node::create_socket;
using dgram::node::Error;
using dgram::node::next_tick;
using dgram::node::SendCallback;
using dgram::node::Socket;
using test::code_of;
using test::HeldLookups;
using test::plain_error;
using test::run_through;
using test::udp4_with_lookup;
using Texts = std::vector<std::string>;

namespace {

SendCallback says(Texts& told, const char* name) {
  return [&told, name](const Error* failure, std::size_t) {
    told.push_back(std::string(name) + ": " + (failure ? failure->code() : "sent"));
  };
}

}  // namespace

TEST_CASE(
    "sends leave in their order: those of earlier listeners, those that waited, those of later "
    "ones",
    "[node][trap]") {
  asio::io_context io;
  Socket receiver = create_socket(io, "udp4");
  Socket sender = create_socket(io, "udp4");
  const int port = receiver.bind_sync({0, "127.0.0.1"}).port;
  Texts came;
  receiver.on(event::message, [&](const dgram::Datagram& message, const auto&) {
    came.emplace_back(message.text());
    if (came.size() < 4) return;
    receiver.close();
    sender.close();
  });
  sender.on(event::listening, [&] { sender.send("earlier listener", port, "127.0.0.1"); });
  sender.send("waits first", port, "127.0.0.1");
  sender.on(event::listening, [&] { sender.send("later listener", port, "127.0.0.1"); });
  sender.send("waits second", port, "127.0.0.1");
  CHECK(run_through(io) == Texts{});
  CHECK(came == Texts{"earlier listener", "waits first", "waits second", "later listener"});
}

TEST_CASE("a close that waits is made behind listening; the sends it waited for are canceled",
          "[node][trap]") {
  asio::io_context io;
  Socket socket = create_socket(io, "udp4");
  Texts told;
  next_tick(io, [&] {
    socket.on(event::listening, [&] { told.push_back("listening"); });
    socket.send("x", 9, "127.0.0.1", says(told, "x"));
    socket.send("y", 9, "127.0.0.1", says(told, "y"));
    socket.close([&] { told.push_back("close"); });
    CHECK(code_of([&] { socket.address(); }) == "EBADF");  // it is open as yet
  });
  CHECK(run_through(io) == Texts{});
  CHECK(told == Texts{"listening", "close", "x: ECANCELED", "y: ECANCELED"});
  CHECK(socket.stats().unsent == 2);
}

TEST_CASE("a second close that waits fails when it is made, and harms nothing", "[node][trap]") {
  asio::io_context io;
  Socket socket = create_socket(io, "udp4");
  Texts told;
  socket.send("x", 9, "127.0.0.1", says(told, "x"));
  socket.close([&] { told.push_back("close"); });
  socket.close([&] { told.push_back("other close"); });
  socket.send("y", 9, "127.0.0.1", says(told, "y"));
  CHECK(run_through(io) == Texts{"Not running"});
  std::sort(told.begin(), told.end());
  CHECK(told == Texts{"close", "other close", "x: ECANCELED", "y: ECANCELED"});
}

TEST_CASE("a bind that fails cancels what waits for it, and the socket stays open and usable",
          "[node][trap]") {
  asio::io_context io;
  HeldLookups lookups;
  Socket socket = create_socket(io, udp4_with_lookup(lookups.lookup()));
  Texts told;
  socket.on(event::error,
            [&](const Error& failure) { told.push_back("error " + failure.message()); });
  socket.send("x", 9, "127.0.0.1", says(told, "x"));
  socket.close([&] { told.push_back("close"); });
  lookups.fail(0, "no bind");
  CHECK(run_through(io) == Texts{});
  CHECK(told == Texts{"error no bind", "x: ECANCELED"});

  socket.send("y", 9, "127.0.0.1", says(told, "y"));
  lookups.find(1, "127.0.0.1");
  lookups.find(2, "127.0.0.1");
  next_tick(io, [&] { socket.close(); });
  CHECK(run_through(io) == Texts{});
  // The callback of the first close is a listener of close like any other.
  CHECK(told == Texts{"error no bind", "x: ECANCELED", "y: sent", "close"});
}

TEST_CASE("a listener of listening that throws keeps nothing that waits from happening",
          "[node][trap]") {
  asio::io_context io;
  Socket socket = create_socket(io, "udp4");
  Texts told;
  socket.on(event::listening, [] { throw plain_error("from the listener"); });
  socket.send("x", 9, "127.0.0.1", says(told, "x"));
  next_tick(io, [&] {
    next_tick(io, [&] { next_tick(io, [&] { socket.close([&] { told.push_back("close"); }); }); });
  });
  CHECK(run_through(io) == Texts{"from the listener"});
  CHECK(told == Texts{"x: sent", "close"});
}

TEST_CASE("a send that waits beside a connect is too late: it has a destination", "[node][trap]") {
  asio::io_context io;
  Socket socket = create_socket(io, "udp4");
  Texts told;
  socket.connect(9, "127.0.0.1", [&](const Error* failure) {
    told.push_back(failure ? failure->code() : "connected");
  });
  socket.send("x", 9, "127.0.0.1", [&](const Error* failure, std::size_t) {
    told.push_back(failure ? failure->code() : "sent");
    next_tick(io, [&] { socket.close(); });
  });
  CHECK(run_through(io) == Texts{});
  std::sort(told.begin(), told.end());
  CHECK(told == Texts{"EISCONN", "connected"});
}

TEST_CASE("sends that wait for a bind are bounded in count", "[node][trap]") {
  constexpr int most = 65'536;
  asio::io_context io;
  HeldLookups lookups;
  Socket socket = create_socket(io, udp4_with_lookup(lookups.lookup()));
  int refused = 0, canceled = 0;
  socket.on(event::error, [](const Error&) {});
  for (int i = 0; i < most + 3; ++i) {
    socket.send("", 9, "127.0.0.1", [&, i](const Error* failure, std::size_t) {
      (i < most ? canceled : refused) += failure != nullptr;
    });
  }
  CHECK(socket.get_send_queue_count() == 0);  // they are none of the system's
  CHECK(run_through(io) == Texts{});
  CHECK(refused == 3);
  CHECK(canceled == 0);
  lookups.fail(0, "no bind");
  CHECK(run_through(io) == Texts{});
  CHECK(canceled == most);
}

TEST_CASE("sends that wait for a bind are bounded in bytes, a single one by nothing",
          "[node][trap]") {
  constexpr std::size_t most = std::size_t{16} << 20;
  asio::io_context io;
  HeldLookups lookups;
  Socket socket = create_socket(io, udp4_with_lookup(lookups.lookup()));
  const std::string large(most + 1, 'x');
  Texts told;
  socket.send(large, 9, "127.0.0.1", says(told, "large"));
  socket.send("x", 9, "127.0.0.1", [&](const Error* failure, std::size_t) {
    told.push_back(failure ? "refused" : "sent");
  });
  CHECK(run_through(io) == Texts{});
  CHECK(told == Texts{"refused"});
  lookups.find(0, "127.0.0.1");
  lookups.find(1, "127.0.0.1");
  next_tick(io, [&] { socket.close(); });
  CHECK(run_through(io) == Texts{});
  CHECK(told == Texts{"refused", "large: EMSGSIZE"});
}

}  // namespace node_traps_queue_test
