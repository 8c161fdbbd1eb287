// Sockets that another thread stops while they are busy, and those that are closed while the system
// looks up their names.
#include <array>
#include <asio/io_context.hpp>
#include <dgram/node/socket.hpp>
#include <memory>
#include <stop_token>
#include <thread>
#include <vector>

#include "failures.hpp"
#include "support/catch2.hpp"

namespace node_churn_stop_test {

namespace {

namespace event = dgram::node::event;
using dgram::node::create_socket;
using dgram::node::Error;
using dgram::node::Socket;
using dgram::node::SocketOptions;
using test::code_of;
using test::run_through;
using Texts = std::vector<std::string>;

/// What became of a socket.
struct Fate {
  int closed = 0, late = 0, sends = 0, told = 0;
};

/// A socket that sends to itself for ever, or until it has heard `limit` messages. Nobody holds it
/// but its listeners.
void keep_busy(asio::io_context& io, std::stop_token signal, int limit, Fate& fate) {
  SocketOptions options;
  options.type = "udp4";
  options.signal = std::move(signal);
  Socket socket = create_socket(io, options);
  auto send = [socket, &fate]() mutable {
    ++fate.sends;
    socket.send("x", socket.address().port, "127.0.0.1", [&fate](const Error*, std::size_t) {
      ++fate.told;
    });
  };
  socket.on(event::message, [=, &fate, heard = 0](const auto&, const auto&) mutable {
    fate.late += fate.closed;
    if (++heard == limit)
      socket.close();
    else
      send();
  });
  socket.on(event::close, [&fate] { ++fate.closed; });
  socket.bind(0, "127.0.0.1", send);
}

}  // namespace

TEST_CASE("sockets that another thread stops while they are busy are closed once",
          "[node][churn][stop]") {
  for (int round = 0; round < 50; ++round) {
    std::array<Fate, 60> fates;
    std::vector<std::stop_source> stops(fates.size());
    std::stop_source all;
    asio::io_context io;
    for (std::size_t i = 0; i < fates.size(); ++i)
      keep_busy(
          io, i % 3 == 0 ? all.get_token() : stops[i].get_token(), i % 3 == 1 ? 20 : -1, fates[i]);
    std::thread elsewhere([&] {
      for (std::stop_source& stop : stops) stop.request_stop();
      all.request_stop();
    });
    CHECK(run_through(io) == Texts{});
    elsewhere.join();
    for (const Fate& fate : fates) {
      CHECK(fate.closed == 1);
      CHECK(fate.late == 0);
      CHECK(fate.told == fate.sends);
    }
  }
}

TEST_CASE("a stop that nobody runs any more harms nothing", "[node][churn][stop]") {
  for (int round = 0; round < 30; ++round) {
    std::array<Fate, 20> fates;
    std::stop_source stop;
    {
      asio::io_context io;
      for (Fate& fate : fates) keep_busy(io, stop.get_token(), -1, fate);
      for (int turns = 0; turns < round; ++turns) io.poll_one();
      std::thread elsewhere([&] { stop.request_stop(); });
      elsewhere.join();
    }
    for (const Fate& fate : fates) CHECK(fate.closed == 0);
  }
}

TEST_CASE("a stop that is requested before, while and behind its socket is made closes it",
          "[node][churn][stop]") {
  for (int round = 0; round < 200; ++round) {
    asio::io_context io;
    std::stop_source stop;
    std::array<Fate, 10> fates;
    std::thread elsewhere([&] { stop.request_stop(); });
    for (Fate& fate : fates) {
      SocketOptions options;
      options.type = "udp4";
      options.signal = stop.get_token();
      Socket socket = create_socket(io, options);
      socket.on(event::close, [&fate] { ++fate.closed; });
      const std::string code = code_of([&] { socket.bind(0, "127.0.0.1"); });
      CHECK((code.empty() || code == "ERR_SOCKET_DGRAM_NOT_RUNNING"));
    }
    CHECK(run_through(io) == Texts{});
    elsewhere.join();
    for (const Fate& fate : fates) CHECK(fate.closed == 1);
  }
}

TEST_CASE("sockets that are closed while the system looks up their names emit close alone",
          "[node][churn]") {
  const std::string looked_up = "127.1";  // getaddrinfo takes it without asking anybody
  for (int round = 0; round < 20; ++round) {
    asio::io_context io;
    std::array<Fate, 15> fates;
    for (std::size_t i = 0; i < fates.size(); ++i) {
      Fate& fate = fates[i];
      Socket socket = create_socket(io, "udp4");
      const auto hear = [&fate](auto&&...) { ++fate.late; };
      socket.on(event::message, hear);
      socket.on(event::connect, hear);
      socket.on(event::error, hear);
      socket.on(event::close, [&fate] { ++fate.closed; });
      if (i % 3 == 0) {
        socket.on(event::listening, hear);
        socket.bind(0, looked_up);
      } else {
        socket.bind_sync({0, "127.0.0.1"});
      }
      if (i % 3 == 1) socket.connect(9, looked_up);
      if (i % 3 == 2) {
        ++fate.sends;
        socket.send("x", 9, looked_up, [&fate](const Error*, std::size_t) { ++fate.told; });
      }
      if (i % 2 == 0) io.poll_one();
      socket.close();
    }
    CHECK(run_through(io) == Texts{});
    for (const Fate& fate : fates) {
      CHECK(fate.closed == 1);
      CHECK(fate.late == 0);
      CHECK(fate.told == fate.sends);
    }
  }
}

}  // namespace node_churn_stop_test
