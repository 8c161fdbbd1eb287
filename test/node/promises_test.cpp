// What close, connect and what waits for a bind owe to whoever called them.
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <asio/co_spawn.hpp>
#include <asio/post.hpp>
#include <dgram/dgram.hpp>
#include <memory>
#include <stop_token>

#include "failures.hpp"
#include "held_lookups.hpp"
#include "support/catch2.hpp"

namespace node_promises_test {

namespace event = dgram::node::event;
using dgram::node::BindOptions;
using dgram::node::create_socket;
using dgram::node::Error;
using dgram::node::LookupCallback;
using dgram::node::next_tick;
using dgram::node::Socket;
using dgram::node::SocketOptions;
using test::code_of;
using test::HeldLookups;
using test::plain_error;
using test::run_through;
using test::udp4_with_lookup;
using Texts = std::vector<std::string>;

namespace {

std::string word_of(const Error* failure) {
  return failure ? failure->code() : "done";
}

}  // namespace

// ---- close

TEST_CASE("a closed socket holds no listener, also when one of close has thrown",
          "[node][promises]") {
  asio::io_context io;
  auto held = std::make_shared<int>();
  const std::weak_ptr<int> watch = held;
  {
    Socket socket = create_socket(io, "udp4");
    socket.on(event::message, [socket, held](const auto&, const auto&) {});
    socket.on(event::close, [] { throw plain_error("thrown"); });
    socket.close();
  }
  held.reset();
  CHECK(run_through(io) == Texts{"thrown"});
  CHECK(watch.expired());
}

TEST_CASE("a closed socket holds no listener that comes later", "[node][promises]") {
  const bool by_close = GENERATE(true, false);
  asio::io_context io;
  auto held = std::make_shared<int>();
  const std::weak_ptr<int> watch = held;
  {
    Socket socket = create_socket(io, "udp4");
    socket.close();
    CHECK(run_through(io) == Texts{});
    if (by_close)
      CHECK(code_of([&] { socket.close([socket, held] {}); }) == "ERR_SOCKET_DGRAM_NOT_RUNNING");
    else
      socket.on(event::message, [socket, held](const auto&, const auto&) {});
  }
  held.reset();
  CHECK(watch.expired());
}

TEST_CASE("async_dispose returns also when a listener of close throws", "[node][promises]") {
  asio::io_context io;
  Socket socket = create_socket(io, "udp4");
  bool disposed = false;
  Texts uncaught;
  socket.on(event::close, [] { throw plain_error("thrown"); });
  asio::co_spawn(io, socket.async_dispose(), [&](std::exception_ptr) { disposed = true; });
  for (int round = 0; round < 10; ++round) {
    try {
      io.restart();
      io.poll();
    } catch (const Error& failure) {
      uncaught.push_back(failure.message());
    }
  }
  CHECK(uncaught == Texts{"thrown"});
  CHECK(disposed);
}

TEST_CASE("stats of a closed socket tell of the datagrams that close has dropped",
          "[node][promises]") {
  asio::io_context io;
  Socket socket = create_socket(io, "udp4");
  const int port = socket.bind_sync({0, "127.0.0.1"}).port;
  std::uint64_t heard = 0;
  socket.on(event::message, [&](const auto&, const auto&) {
    if (++heard == 40) socket.close();
  });
  for (int i = 0; i < 100; ++i) socket.send("x", port, "127.0.0.1");
  CHECK(run_through(io) == Texts{});
  CHECK(heard == 40);
  CHECK(socket.stats().datagrams_received == heard + socket.stats().discarded_at_close);
  CHECK(socket.stats().held == 0);
}

TEST_CASE("a stop closes the socket also when the bind fails that sends wait for",
          "[node][promises]") {
  asio::io_context io;
  HeldLookups lookups;
  std::stop_source stop;
  SocketOptions options = udp4_with_lookup(lookups.lookup());
  options.signal = stop.get_token();
  Socket socket = create_socket(io, options);
  Texts told;
  socket.on(event::error,
            [&](const Error& failure) { told.push_back("error " + failure.message()); });
  socket.on(event::close, [&] { told.push_back("close"); });
  next_tick(io, [&] {
    socket.send("x", 9, "127.0.0.1");
    stop.request_stop();
    lookups.fail(0, "no");
  });
  CHECK(run_through(io) == Texts{});
  CHECK(told == Texts{"error no", "close"});
}

// ---- connect

TEST_CASE("a connect that is closed before it is done is canceled", "[node][promises]") {
  const auto how = GENERATE(as<std::string>(), "bound", "unbound", "lookup pending");
  INFO(how);
  asio::io_context io;
  HeldLookups lookups;
  Socket socket = how == "lookup pending" ? create_socket(io, udp4_with_lookup(lookups.lookup()))
                                          : create_socket(io, "udp4");
  Texts told;
  if (how != "unbound") socket.bind_sync({0, "127.0.0.1"});
  socket.connect(9, "127.0.0.1", [&](const Error* failure) { told.push_back(word_of(failure)); });
  socket.close();
  CHECK(run_through(io) == Texts{});
  CHECK(told == Texts{"ECANCELED"});
}

TEST_CASE("a connect that waits behind a close is canceled, and looks nothing up",
          "[node][promises]") {
  const auto host = GENERATE(as<std::string>(), "127.0.0.1", "localhost");
  asio::io_context io;
  Socket socket = create_socket(io, "udp4");
  Texts told;
  socket.send("x", 9, "127.0.0.1");
  socket.close();
  socket.connect(9, host, [&](const Error* failure) { told.push_back(word_of(failure)); });
  run_through(io).clear();  // Node throws "Not running" there
  CHECK(told == Texts{"ECANCELED"});
}

TEST_CASE("the callback of a connect is called once, and hears of no other connect",
          "[node][promises]") {
  asio::io_context io;
  HeldLookups lookups;
  Socket socket = create_socket(io, udp4_with_lookup(lookups.lookup()));
  Texts told;
  socket.connect_sync(9, "127.0.0.1");
  socket.disconnect();
  socket.connect(9, "somewhere", [&](const Error* failure) {
    told.push_back(failure ? failure->message() : "connected");
  });
  next_tick(io, [&] { CHECK(told == Texts{}); });  // behind the event of the first
  next_tick(io, [&] { lookups.fail(0, "no"); });
  next_tick(io, [&] { next_tick(io, [&] { socket.close(); }); });
  CHECK(run_through(io) == Texts{});
  CHECK(told == Texts{"no"});
}

TEST_CASE("a connect behind a send that throws goes on", "[node][promises]") {
  asio::io_context io;
  Socket socket = create_socket(
      io, udp4_with_lookup([&](const std::string& host, int, const LookupCallback& done) {
        if (host == "bad") throw plain_error("thrown");
        next_tick(io, [done, host] { done(nullptr, host); });
      }));
  Texts told;
  const auto says = [&](const Error* failure) { told.push_back(word_of(failure)); };
  socket.unref();
  socket.send("x", 9, "bad", [&](const Error* failure, std::size_t) { says(failure); });
  socket.connect(9, "127.0.0.1", says);
  CHECK(run_through(io) == Texts{"thrown"});
  CHECK(run_through(io) == Texts{});
  CHECK(told == Texts{"ECANCELED", "done"});
  socket.close();
  CHECK(run_through(io) == Texts{});
}

// ---- what waits for a bind

TEST_CASE("a send that throws keeps no close that waits behind it from happening",
          "[node][promises]") {
  asio::io_context io;
  Socket socket = create_socket(
      io, udp4_with_lookup([&](const std::string& host, int, const LookupCallback& done) {
        if (host == "bad") throw plain_error("thrown");
        next_tick(io, [done, host] { done(nullptr, host); });
      }));
  Texts told;
  socket.unref();
  socket.send(
      "x", 9, "bad", [&](const Error* failure, std::size_t) { told.push_back(word_of(failure)); });
  socket.close([&] { told.push_back("close"); });
  CHECK(run_through(io) == Texts{"thrown"});
  std::sort(told.begin(), told.end());
  CHECK(told == Texts{"ECANCELED", "close"});
}

TEST_CASE("a send beyond what may wait fails with ENOBUFS, and is counted as unsent",
          "[node][promises]") {
  asio::io_context io;
  HeldLookups lookups;
  Socket socket = create_socket(io, udp4_with_lookup(lookups.lookup()));
  socket.on(event::error, [](const Error&) {});
  Texts told;
  for (int i = 0; i < 65'536; ++i) socket.send("", 9, "127.0.0.1");
  socket.send("", 9, "127.0.0.1", [&](const Error* failure, std::size_t) {
    told.push_back(failure->message());
  });
  CHECK(run_through(io) == Texts{});
  CHECK(told == Texts{"send ENOBUFS 127.0.0.1:9"});
  CHECK(socket.stats().unsent == 1);
  lookups.fail(0, "no");
  CHECK(run_through(io) == Texts{});
}

// ---- bind

TEST_CASE("a bad size of a buffer keeps nothing that waits from happening", "[node][promises]") {
  asio::io_context io;
  SocketOptions options;
  options.type = "udp4";
  options.recv_buffer_size = -1;
  Socket socket = create_socket(io, options);
  Texts told;
  socket.unref();
  socket.send("x", 9, "127.0.0.1", [&](const Error* failure, std::size_t) {
    told.push_back(word_of(failure));
  });
  CHECK(run_through(io) == Texts{"Buffer size must be a positive integer"});
  REQUIRE(told.size() == 1);
  socket.close([&] { told.push_back("close"); });
  CHECK(run_through(io) == Texts{});
  CHECK(told.back() == "close");
}

TEST_CASE("a bind_sync that throws leaves the socket unbound", "[node][promises]") {
  asio::io_context io;
  SocketOptions options;
  options.type = "udp4";
  options.send_buffer_size = std::int64_t{1} << 33;
  Socket socket = create_socket(io, options);
  for (int round = 0; round < 2; ++round) {
    CHECK(code_of([&] { socket.bind_sync(); }) == "ERR_SOCKET_BAD_BUFFER_SIZE");
    CHECK(code_of([&] { socket.send("x"); }) == "ERR_SOCKET_BAD_PORT");
  }
  socket.close();
  CHECK(run_through(io) == Texts{});
}

TEST_CASE("a bind that throws leaves the descriptor to its owner", "[node][promises]") {
  const int descriptor = ::socket(AF_INET, SOCK_DGRAM, 0);
  {
    asio::io_context io;
    SocketOptions options;
    options.type = "udp4";
    options.recv_buffer_size = -1;
    Socket socket = create_socket(io, options);
    BindOptions to;
    to.fd = descriptor;
    CHECK(code_of([&] { socket.bind(to); }) == "ERR_SOCKET_BAD_BUFFER_SIZE");
    socket.close();
    CHECK(run_through(io) == Texts{});
  }
  CHECK(::close(descriptor) == 0);
}

TEST_CASE("a UDP socket is no unsupported descriptor, also behind a bind that failed",
          "[node][promises]") {
  const int descriptor = ::socket(AF_INET, SOCK_DGRAM, 0);
  asio::io_context io;
  Socket socket = create_socket(io, "udp4");
  socket.on(event::error, [](const Error&) {});
  socket.bind(0, "192.0.2.1");
  CHECK(run_through(io) == Texts{});
  BindOptions options;
  options.fd = descriptor;
  const std::string code = code_of([&] { socket.bind(options); });
  CHECK((code.empty() || code == "EBUSY"));  // the latter is Node's
  if (!code.empty()) ::close(descriptor);
  socket.close();
  CHECK(run_through(io) == Texts{});
}

// ---- run()

TEST_CASE("an unref'ed socket does not keep run() for what waits behind its turn",
          "[node][promises]") {
  asio::io_context io;
  Socket socket = create_socket(io, "udp4");
  Socket sender = create_socket(io, "udp4");
  const int port = socket.bind_sync({0, "127.0.0.1"}).port;
  sender.connect_sync(port, "127.0.0.1");
  for (int i = 0; i < 100; ++i) sender.send("x");
  sender.close();
  int heard = 0;
  socket.on(event::message, [&] {
    if (++heard == 1) socket.unref();
  });
  io.run();
  CHECK(heard >= 32);
  CHECK(heard < 100);
  socket.close();
  CHECK(run_through(io) == Texts{});
}

TEST_CASE("a close behind a send that waits for the bind comes behind the bind",
          "[node][promises]") {
  asio::io_context io;
  HeldLookups lookups;
  Socket socket = create_socket(io, lookups.options());
  Texts heard;
  socket.on(event::listening, [&] { heard.push_back("listening"); });
  socket.on(event::close, [&] { heard.push_back("close"); });
  socket.bind(0, "127.0.0.1");
  socket.send("x", 9, "127.0.0.1");
  socket.close();
  CHECK(run_through(io).empty());
  CHECK(heard.empty());
  while (lookups.waiting() != 0) {
    lookups.answer();
    CHECK(run_through(io).empty());
  }
  CHECK(heard == Texts{"listening", "close"});
}

TEST_CASE("a send whose address comes when the socket is connected is refused",
          "[node][promises]") {
  asio::io_context io;
  HeldLookups lookups;
  const auto poll = [&io] {
    io.restart();
    io.poll();
  };
  dgram::Socket receiver(io);
  receiver.bind(dgram::make_endpoint("127.0.0.1", 0));
  const int port = receiver.local_endpoint().port();
  Socket socket = create_socket(io, lookups.options());
  socket.bind(0, "127.0.0.1");
  lookups.answer();
  poll();
  std::string sent, connected;
  socket.send(
      "x", port, "127.0.0.1", [&](const Error* failure, std::size_t) { sent = word_of(failure); });
  socket.connect(port, "127.0.0.1", [&](const Error* failure) { connected = word_of(failure); });
  poll();
  const std::size_t last = lookups.count() - 1;
  lookups.find(last, "127.0.0.1");
  poll();
  CHECK(connected == "done");
  lookups.find(last - 1, "127.0.0.1");
  poll();
  CHECK(sent == "EISCONN");
  std::error_code ec;
  CHECK(!receiver.try_recv(ec));
  socket.close();
  run_through(io);
}

TEST_CASE("a turn emits 32 messages, then others have theirs", "[node][promises]") {
  asio::io_context io;
  dgram::Socket sender(io);
  sender.bind(dgram::make_endpoint("127.0.0.1", 0));
  Socket socket = create_socket(io, "udp4");
  int messages = 0, at_their_turn = 0;
  socket.on(event::message, [&](const auto&, const auto&) {
    if (++messages == 1) asio::post(io, [&] { at_their_turn = messages; });
    if (messages == 40) socket.close();
  });
  socket.bind(0, "127.0.0.1", [&] {
    const auto to = dgram::make_endpoint("127.0.0.1", static_cast<int>(socket.address().port));
    std::error_code ec;
    for (int i = 0; i < 40; ++i) CHECK(sender.try_send("x", to, ec));
  });
  run_through(io);
  CHECK(messages == 40);
  CHECK(at_their_turn == 32);
}

}  // namespace node_promises_test
