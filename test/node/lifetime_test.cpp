// Who lives how long: contexts, handles, listeners, lookups. Most of it needs a sanitizer to be
// seen.
#include <asio/io_context.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>

#include "failures.hpp"
#include "held_lookups.hpp"
#include "support/catch2.hpp"

namespace node_lifetime_test {

namespace event = dgram::node::event;
using dgram::node::create_socket;
using dgram::node::Error;
using dgram::node::LookupCallback;
using dgram::node::next_tick;
using dgram::node::Socket;
using dgram::node::SocketOptions;
using test::code_of;
using test::plain_error;
using test::run_through;
using test::udp4_with_lookup;
using Texts = std::vector<std::string>;

namespace {

/// Closes a socket when nobody needs it any more.
class Closer {
 public:
  explicit Closer(Socket socket) : socket_(std::move(socket)) {}
  Closer(const Closer&) = delete;
  ~Closer() {
    code_of([this] { socket_.close(); });
  }

 private:
  Socket socket_;
};

}  // namespace

TEST_CASE("a context that ends takes everything along, also what closes a socket on its way",
          "[node][promises]") {
  const auto holder = GENERATE(as<std::string>(), "listener", "tick", "callback of a send");
  INFO(holder);
  auto held = std::make_shared<int>();
  const std::weak_ptr<int> watch = held;
  {
    asio::io_context io;
    Socket socket = create_socket(
        io, udp4_with_lookup([held](const std::string& host, int, const LookupCallback& done) {
          done(nullptr, host);
        }));
    held.reset();
    socket.bind_sync({0, "127.0.0.1"});
    const auto closer = std::make_shared<Closer>(socket);
    if (holder == "listener")
      socket.on(event::message, [closer](const auto&, const auto&) {});
    else if (holder == "tick")
      next_tick(io, [closer] {});
    else
      socket.send("x", 9, "127.0.0.1", [closer](const Error*, std::size_t) {});
  }
  CHECK(watch.expired());
}

TEST_CASE("a handle may be dropped behind its context", "[node][promises]") {
  const auto state = GENERATE(as<std::string>(), "unbound", "bound", "closing", "closed");
  INFO(state);
  std::optional<asio::io_context> io(std::in_place);
  std::optional<Socket> socket = create_socket(*io, "udp4");
  if (state != "unbound") socket->bind_sync({0, "127.0.0.1"});
  if (state == "closing" || state == "closed") socket->close();
  if (state == "closed") io->poll();
  io.reset();
  CHECK_NOTHROW(socket.reset());
}

TEST_CASE("a stop behind the end of the context does nothing", "[node][promises]") {
  std::stop_source stop;
  std::optional<asio::io_context> io(std::in_place);
  SocketOptions options;
  options.type = "udp4";
  options.signal = stop.get_token();
  const Socket socket = create_socket(*io, options);
  io.reset();
  CHECK(stop.request_stop());
}

TEST_CASE("a lookup that never answers may keep its callback longer than the context lives",
          "[node][promises]") {
  std::optional<LookupCallback> kept;
  {
    asio::io_context io;
    Socket socket =
        create_socket(io, udp4_with_lookup([&](const std::string&, int, LookupCallback done) {
                        kept = std::move(done);
                      }));
    socket.bind();
    io.poll();
  }
  REQUIRE(kept);
  CHECK_NOTHROW(kept.reset());
}

TEST_CASE("the last handle may be dropped by what its call calls", "[node][promises]") {
  const auto where =
      GENERATE(as<std::string>(), "lookup", "lookup that throws", "listener of error");
  INFO(where);
  asio::io_context io;
  std::optional<Socket> socket;
  bool alive = false;
  socket = create_socket(io,
                         udp4_with_lookup([&, text = std::string("alive")](
                                              const std::string&, int, LookupCallback done) {
                           const Error no = plain_error("no");
                           if (where == "listener of error")
                             done(&no, {});
                           else
                             socket.reset();
                           done = nullptr;
                           alive = text == "alive";
                           if (where == "lookup that throws") throw plain_error("thrown");
                         }));
  socket->on(event::error, [&](const Error&) { socket.reset(); });
  code_of([&] { socket->bind(); });
  CHECK(alive);
  CHECK(run_through(io) == Texts{});
}

TEST_CASE("a socket that is not bound and has no handle any more still closes by its signal",
          "[node][lifetime]") {
  const bool bound = GENERATE(false, true);
  const bool stopped = GENERATE(true, false);
  std::stop_source stop;
  int closes = 0;
  std::weak_ptr<int> listener;
  {
    asio::io_context io;
    {
      SocketOptions options;
      options.type = "udp4";
      options.signal = stop.get_token();
      Socket socket = create_socket(io, options);
      const auto alive = std::make_shared<int>(0);
      listener = alive;
      socket.on(event::close, [&closes, alive] { ++closes; });
      if (bound) socket.bind_sync({0, "127.0.0.1"});
    }
    CHECK(!listener.expired());
    if (stopped) {
      stop.request_stop();
      run_through(io);
      CHECK(closes == 1);
      CHECK(listener.expired());
    }
  }
  // Else it ends with its context.
  CHECK(closes == (stopped ? 1 : 0));
  CHECK(listener.expired());
}

}  // namespace node_lifetime_test
