// User code that does what it likes inside of what dgram::node calls: every call in every place,
// contexts that are stopped, or run inside themselves, or are two.
#include <asio/io_context.hpp>
#include <functional>
#include <optional>
#include <utility>

#include "failures.hpp"
#include "held_lookups.hpp"
#include "support/catch2.hpp"

namespace node_hostile_test {

namespace {

namespace event = dgram::node::event;
using dgram::node::create_socket;
using dgram::node::Error;
using dgram::node::LookupCallback;
using dgram::node::next_tick;
using dgram::node::Socket;
using test::code_of;
using test::plain_error;
using test::run_through;
using test::udp4_with_lookup;
using Texts = std::vector<std::string>;

struct Action {
  const char* name;
  void (*make)(Socket& socket);
};

constexpr Action actions[] = {
    {"bind", [](Socket& s) { s.bind(0, "127.0.0.1"); }},
    {"bind_sync",
     [](Socket& s) {
       s.bind_sync({0, "127.0.0.1"});
     }},
    {"connect", [](Socket& s) { s.connect(9, "127.0.0.1"); }},
    {"connect_sync", [](Socket& s) { s.connect_sync(9, "127.0.0.1"); }},
    {"disconnect", [](Socket& s) { s.disconnect(); }},
    {"send", [](Socket& s) { s.send("y", 9, "127.0.0.1"); }},
    {"send to the peer", [](Socket& s) { s.send("y"); }},
    {"close", [](Socket& s) { s.close(); }},
    {"close twice",
     [](Socket& s) {
       s.close();
       s.close();
     }},
    {"settings",
     [](Socket& s) {
       s.set_recv_buffer_size(20'000);
       s.set_ttl(7);
     }},
    {"throw", [](Socket&) { throw plain_error("thrown"); }},
};

constexpr const char* places[] = {"lookup",
                                  "listening",
                                  "callback of bind",
                                  "connect",
                                  "callback of connect",
                                  "message",
                                  "callback of send",
                                  "error",
                                  "error_monitor",
                                  "close",
                                  "tick"};

/// A socket that goes through all places, and does something in one of them, the first time.
class Journey {
 public:
  Journey(asio::io_context& io, std::string place, const Action& action)
      : io_(io), place_(std::move(place)), action_(action) {
    socket_ = create_socket(
        io, udp4_with_lookup([this](const std::string& host, int, const LookupCallback& done) {
          at("lookup");
          done(nullptr, host);
        }));
    const auto in = [this](const char* name) { return [this, name](auto&&...) { at(name); }; };
    socket_->on(event::close, [this] { ++closed_; });
    socket_->on(event::listening, in("listening"));
    socket_->on(event::connect, in("connect"));
    socket_->on(event::message, in("message"));
    socket_->on(event::error, in("error"));
    socket_->on(event::error_monitor, in("error_monitor"));
    socket_->on(event::close, in("close"));
  }

  /// Each step by itself: some are refused behind what was done.
  void run() {
    step([this] { socket_->bind(0, "192.0.2.1"); });
    step([this] { socket_->bind(0, "127.0.0.1", [this] { at("callback of bind"); }); });
    step([this] { send(socket_->address().port, "127.0.0.1"); });
    step([this] {
      socket_->connect(socket_->address().port, "127.0.0.1", [this](const Error*) {
        at("callback of connect");
      });
    });
    step([this] {
      socket_->send("x", [this](const Error*, std::size_t) { at("callback of send"); });
    });
    step([this] { next_tick(io_, [this] { at("tick"); }); });
    step([this] { socket_->unref(); });
    run_through(io_);
    step([this] { socket_->close(); });
    run_through(io_);
  }
  bool did_it() const noexcept { return done_; }
  int closed() const noexcept { return closed_; }

 private:
  void send(int port, const char* host) {
    socket_->send("x", port, host, [this](const Error*, std::size_t) { at("callback of send"); });
  }
  void step(const std::function<void()>& f) {
    code_of(f);
    for (int turns = 0; turns < 20; ++turns) {
      io_.restart();
      code_of([this] { io_.poll(); });
    }
  }
  void at(std::string_view place) {
    if (place == place_ && !std::exchange(done_, true)) action_.make(*socket_);
  }

  asio::io_context& io_;
  const std::string place_;
  const Action& action_;
  std::optional<Socket> socket_;
  bool done_ = false;
  int closed_ = 0;
};

}  // namespace

TEST_CASE("whatever is called in whatever place, the socket is closed in the end, once",
          "[node][hostile]") {
  for (const char* place : places) {
    for (const Action& action : actions) {
      INFO(action.name << " in " << place);
      asio::io_context io;
      Journey journey(io, place, action);
      journey.run();
      CHECK(journey.did_it());
      CHECK(journey.closed() == 1);
    }
  }
}

TEST_CASE("a context that is stopped in a listener goes on when it is run again",
          "[node][hostile]") {
  asio::io_context io;
  Socket socket = create_socket(io, "udp4");
  const int port = socket.bind_sync({0, "127.0.0.1"}).port;
  int messages = 0, ticks = 0, runs = 0;
  socket.on(event::message, [&](const auto&, const auto&) {
    ++messages;
    next_tick(io, [&] { ++ticks; });
    io.stop();
    if (messages == 100) socket.close();
  });
  for (int i = 0; i < 100; ++i) socket.send("x", port, "127.0.0.1");
  for (; runs < 1000 && messages < 100; ++runs) {
    io.restart();
    io.run();
  }
  CHECK(runs > 1);
  CHECK(messages == 100);
  CHECK(ticks == 100);
  CHECK(run_through(io) == Texts{});
}

TEST_CASE("a listener that polls its own context loses and repeats nothing", "[node][hostile]") {
  constexpr int all = 100;
  asio::io_context io;
  Socket socket = create_socket(io, "udp4");
  const int port = socket.bind_sync({0, "127.0.0.1"}).port;
  int messages = 0, sent = 0;
  socket.on(event::message, [&](const auto&, const auto&) {
    if (++messages == all) socket.close();
    if (messages % 10 == 0) io.poll();
  });
  for (int i = 0; i < all; ++i)
    socket.send("x", port, "127.0.0.1", [&](const Error*, std::size_t) { ++sent; });
  CHECK(run_through(io) == Texts{});
  CHECK(messages == all);
  CHECK(sent == all);
}

TEST_CASE("sockets of two contexts that close each other are closed where they belong",
          "[node][hostile]") {
  asio::io_context first, second;
  Socket a = create_socket(first, "udp4"), b = create_socket(second, "udp4");
  const int port = a.bind_sync({0, "127.0.0.1"}).port;
  Texts order;
  b.bind_sync({0, "127.0.0.1"});
  a.on(event::message, [&](const auto&, const auto&) {
    b.close([&] {
      order.push_back("b");
      a.close([&] { order.push_back("a"); });
    });
    order.push_back("message");
  });
  b.send("x", port, "127.0.0.1", [&](const Error*, std::size_t) { second.stop(); });
  second.run();
  for (int turns = 0; turns < 1000 && order.empty(); ++turns) first.run_one();
  CHECK(order == Texts{"message"});
  CHECK(run_through(second) == Texts{});
  CHECK(order == Texts{"message", "b"});
  CHECK(run_through(first) == Texts{});
  CHECK(order == Texts{"message", "b", "a"});
}

TEST_CASE("a handle may be dropped by any listener: an open socket lives without one",
          "[node][hostile]") {
  asio::io_context io;
  std::optional<Socket> socket = create_socket(io, "udp4");
  Texts order;
  socket->on(event::listening, [&] {
    order.push_back("listening");
    Socket copy = *socket;
    socket.reset();
    copy.send("x", copy.address().port, "127.0.0.1", [&](const Error*, std::size_t) {
      order.push_back("sent");
    });
  });
  socket->on(event::message, [&](const auto&, const auto&) {
    order.push_back("message");
    io.stop();
  });
  socket->bind(0, "127.0.0.1");
  io.run();
  CHECK(order == Texts{"listening", "sent", "message"});
}

TEST_CASE("a listener may take itself and others away, and add more, while its event is emitted",
          "[node][hostile]") {
  asio::io_context io;
  Socket socket = create_socket(io, "udp4");
  const int port = socket.bind_sync({0, "127.0.0.1"}).port;
  Texts order;
  std::vector<dgram::node::ListenerId> ids;
  ids.push_back(
      socket.on(event::message, [&, text = std::string("itself")](const auto&, const auto&) {
        for (const dgram::node::ListenerId id : std::exchange(ids, {}))
          socket.off(event::message, id);
        socket.prepend(event::message, [&](const auto&, const auto&) {
          order.push_back("new");
          socket.close();
        });
        order.push_back(text);  // it lives until it returns
      }));
  ids.push_back(
      socket.on(event::message, [&](const auto&, const auto&) { order.push_back("other"); }));
  socket.send("1", port, "127.0.0.1");
  socket.send("2", port, "127.0.0.1");
  CHECK(run_through(io) == Texts{});
  CHECK(order == Texts{"itself", "other", "new"});
}

}  // namespace node_hostile_test
