// How many sends may wait, and what becomes of one too many: it fails, and nothing else does.
#include <asio/error.hpp>
#include <string>
#include <support/catch2.hpp>
#include <support/gated_channel.hpp>

#include "counted_sends.hpp"

namespace node_send_bounds_test {

namespace event = dgram::node::event;
using dgram::node::create_socket;
using dgram::node::Error;
using dgram::node::Socket;
using test::CountedSends;
using test::own_counts;
using test::unsent;

namespace {

constexpr int most = 65'536;
constexpr std::size_t mib = std::size_t{1} << 20;

/// A socket whose bind waits for an answer, and so do its sends.
struct Waiting : CountedSends {
  Waiting() {
    socket.on(event::error, [](const Error&) {});
  }
  void send(std::size_t bytes, const char* host = "127.0.0.1") {
    socket.send(std::string(bytes, 'x'), 9, host, count());
  }
  Socket socket = create_socket(io, lookups.options());
};

}  // namespace

TEST_CASE("65,536 sends wait for a bind; the next one fails with ENOBUFS", "[node][stats]") {
  Waiting f;
  for (int i = 0; i < most; ++i) f.send(1);
  f.run_ready();
  CHECK(f.ends().empty());
  f.send(0);
  f.send(1);
  CHECK(f.ends().empty());  // not inside the call
  CHECK(own_counts(f.socket) == unsent(2));
  f.run_ready();
  CHECK(f.ends() == "ENOBUFS 2");

  f.lookups.fail();
  f.run_ready();
  CHECK(f.ends() == "ECANCELED 65536, ENOBUFS 2");
  CHECK(own_counts(f.socket) == unsent(most + 2));

  // And their places are free again.
  f.send(1);
  f.run_ready();
  CHECK(own_counts(f.socket) == unsent(most + 2));
  f.socket.close();
  f.lookups.answer();  // to the bind, behind which it closes
  f.lookups.answer();  // to the send
  f.run();
  CHECK(own_counts(f.socket) == unsent(most + 3));
}

TEST_CASE("16 MiB wait for a bind; a byte more fails with ENOBUFS", "[node][stats]") {
  Waiting f;
  f.send(8 * mib);
  f.send(8 * mib);
  f.send(1);
  f.send(0);  // has no byte
  f.run_ready();
  CHECK(f.ends() == "ENOBUFS 1");
  CHECK(own_counts(f.socket) == unsent(1));
  f.lookups.answer();  // to the bind
  f.send(1);           // they wait for theirs
  f.run_ready();
  CHECK(f.ends() == "ENOBUFS 2");
  f.lookups.answer();
  f.run_ready();
  CHECK(f.ends() == "EMSGSIZE 2, ENOBUFS 2, ok 1");
  CHECK(own_counts(f.socket) == unsent(2));
  f.socket.close();
  f.run();
}

TEST_CASE("a send of any size may wait when it is the only one", "[node][stats]") {
  Waiting f;
  f.send(17 * mib);
  f.send(0);
  f.run_ready();
  CHECK(f.ends() == "ENOBUFS 1");
  f.lookups.answer();
  f.lookups.answer();
  f.run_ready();
  CHECK(f.ends() == "EMSGSIZE 1, ENOBUFS 1");
  f.socket.close();
  f.run();
}

TEST_CASE("sends that wait for lookups are bounded in the same way", "[node][stats]") {
  Waiting f;
  f.socket.bind();
  f.lookups.answer();
  f.send(16 * mib, "somewhere");
  f.send(1, "elsewhere");
  f.run_ready();
  CHECK(f.ends() == "ENOBUFS 1");
  CHECK(f.lookups.waiting() == 1);  // it has not asked
  f.lookups.fail();
  f.send(16 * mib, "somewhere");
  f.run_ready();
  CHECK(f.ends() == "ENOBUFS 1, ENOTFOUND 1");
  f.socket.close();
  f.lookups.fail();
  f.run();
  CHECK(own_counts(f.socket) == unsent(3));
}

TEST_CASE("sends to literal addresses of a bound socket wait for nothing", "[node][stats]") {
  CountedSends f;
  Socket socket = f.bound();
  const std::string large(60'000, 'x');
  // More than 16 MiB in one turn.
  for (int i = 0; i < 300; ++i) socket.send(large, 9, "127.0.0.1", f.count());
  f.run_ready();
  CHECK(f.ends() == "ok 300");
  CHECK(own_counts(socket) == unsent(0));
  socket.close();
  f.run();
}

TEST_CASE("what fails with ENOBUFS says where it was to go", "[node][stats]") {
  Waiting f;
  f.send(16 * mib);
  std::string text;
  int number = 0;
  std::size_t bytes = 1;
  f.socket.send("x", 9, "127.0.0.1", [&](const Error* error, std::size_t n) {
    text = error ? error->message() : "";
    number = error ? error->number() : 0;
    bytes = n;
  });
  f.run_ready();
  CHECK(text == "send ENOBUFS 127.0.0.1:9");
  CHECK(number == -105);
  CHECK(bytes == 0);
  f.lookups.answer();
  f.socket.close();
  f.lookups.answer();
  f.run();
}

TEST_CASE("16 MiB wait for a system that takes no more; a byte more fails with ENOBUFS",
          "[node][stats]") {
  for (const bool connected : {false, true}) {
    INFO((connected ? "to the peer" : "to an address"));
    CountedSends f;
    const auto gate = test::gate(f.io);
    Socket socket = f.bound();
    if (connected) socket.connect_sync(9, "127.0.0.1");
    gate->shut = true;
    const std::string large(32'768, 'x');
    const auto send = [&](const std::string& bytes) {
      if (connected)
        socket.send(bytes, f.count());
      else
        socket.send(bytes, 9, "127.0.0.1", f.count());
    };
    for (int i = 0; i < 512; ++i) send(large);
    f.run_ready();
    CHECK(socket.get_send_queue_count() == 512);
    CHECK(f.ends().empty());
    send("x");
    CHECK(f.ends().empty());
    f.run_ready();
    CHECK(f.ends() == "ENOBUFS 1");
    CHECK(own_counts(socket) == unsent(1));
    CHECK(socket.stats().send_queue_full == 1);
    CHECK(socket.get_send_queue_count() == 512);
    socket.close();
    f.run();
    CHECK(f.ends() == "ECANCELED 512, ENOBUFS 1");
  }
}

}  // namespace node_send_bounds_test
