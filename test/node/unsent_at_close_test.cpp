// Which sends are unsent when their socket is closed, and which have left before.
#include <dgram/node/next_tick.hpp>
#include <support/catch2.hpp>
#include <support/gated_channel.hpp>
#include <utility>

#include "counted_sends.hpp"

namespace node_unsent_at_close_test {

using dgram::node::create_socket;
using dgram::node::Error;
using dgram::node::SendCallback;
using dgram::node::Socket;
using test::CountedSends;
using test::own_counts;
using test::unsent;

TEST_CASE("a send that was closed before it left is unsent", "[node][stats]") {
  CountedSends f;
  Socket socket = f.bound();
  socket.send("a", 9, "127.0.0.1", f.count());
  socket.send("b", 9, "127.0.0.1");
  socket.close();
  f.run();
  CHECK(f.ends() == "ECANCELED 1");
  CHECK(own_counts(socket) == unsent(2));
}

TEST_CASE("a send that was closed while it was looked up is unsent once, however that ends",
          "[node][stats]") {
  for (const bool fails : {false, true}) {
    INFO("the lookup " << (fails ? "fails" : "succeeds"));
    CountedSends f;
    Socket socket = create_socket(f.io, f.lookups.options());
    socket.bind();
    f.lookups.answer();
    socket.send("a", 9, "somewhere", f.count());
    socket.send("b", 9, "somewhere");
    socket.close();
    f.run();
    if (fails)
      f.lookups.fail();
    else
      f.lookups.answer("127.0.0.1");
    f.run();
    CHECK(f.ends() == (fails ? "ENOTFOUND 1" : "ECANCELED 1"));
    CHECK(own_counts(socket) == unsent(2));
  }
}

TEST_CASE("sends before and behind a close that waits for a bind are unsent", "[node][stats]") {
  CountedSends f;
  Socket socket = create_socket(f.io, "udp4");
  socket.send("before", 9, "127.0.0.1", f.count());
  socket.close();
  socket.send("behind", 9, "127.0.0.1", f.count());
  CHECK_THROWS_AS(f.run(), Error);  // the second one, as in Node
  f.run();
  CHECK(f.ends() == "ECANCELED 2");
  CHECK(own_counts(socket) == unsent(2));
}

// It was resolved, and waited for the others of its drain.
TEST_CASE("a send that had its address before the close is sent", "[node][stats]") {
  CountedSends f;
  Socket socket = f.bound();
  socket.send("a", 9, "127.0.0.1", f.count());
  dgram::node::next_tick(f.io, [&] { socket.close(); });
  f.run();
  CHECK(f.ends() == "ok 1");
  CHECK(own_counts(socket) == unsent(0));
  CHECK(socket.stats().datagrams_sent == 1);
}

TEST_CASE("a connected send that was closed behind its call is sent", "[node][stats]") {
  CountedSends f;
  Socket receiver = f.bound();
  Socket socket = f.bound();
  socket.connect_sync(receiver.address().port, "127.0.0.1");
  socket.send("a", f.count());
  socket.close();
  receiver.close();
  f.run();
  CHECK(f.ends() == "ok 1");
  CHECK(own_counts(socket) == unsent(0));
  CHECK(socket.stats().datagrams_sent == 1);
}

TEST_CASE("sends that wait for the system when the socket is closed are unsent", "[node][stats]") {
  for (const bool connected : {false, true}) {
    INFO((connected ? "to the peer" : "to an address"));
    CountedSends f;
    const auto gate = test::gate(f.io);
    Socket socket = f.bound();
    if (connected) socket.connect_sync(9, "127.0.0.1");
    gate->shut = true;
    const auto send = [&](SendCallback callback) {
      if (connected)
        socket.send("abc", std::move(callback));
      else
        socket.send("abc", 9, "127.0.0.1", std::move(callback));
    };
    send(f.count());
    send({});
    f.run_ready();
    CHECK(socket.get_send_queue_count() == 2);
    CHECK(socket.get_send_queue_size() == 6);
    CHECK(own_counts(socket) == unsent(0));
    socket.close();
    f.run();
    CHECK(f.ends() == "ECANCELED 1");
    CHECK(own_counts(socket) == unsent(2));
  }
}

TEST_CASE("a send that the system would not take, and that was closed in the same turn, is unsent",
          "[node][stats]") {
  CountedSends f;
  const auto gate = test::gate(f.io);
  Socket socket = create_socket(f.io, f.lookups.options());
  socket.bind();
  f.lookups.answer();
  gate->shut = true;
  socket.send("a", 9, "127.0.0.1", f.count());
  socket.send("b", 9, "127.0.0.1");
  f.lookups.answer();
  socket.close();
  f.run();
  CHECK(f.ends() == "ECANCELED 1");
  CHECK(own_counts(socket) == unsent(2));
}

TEST_CASE("sends that waited for the system and left are not unsent", "[node][stats]") {
  CountedSends f;
  const auto gate = test::gate(f.io);
  Socket socket = f.bound();
  gate->shut = true;
  socket.send("abc", 9, "127.0.0.1", f.count());
  f.run_ready();
  CHECK(f.ends().empty());
  gate->open();
  f.run_ready();
  socket.close();
  f.run();
  CHECK(f.ends() == "ok 1");
  CHECK(own_counts(socket) == unsent(0));
  CHECK(socket.stats().datagrams_sent == 1);
}

}  // namespace node_unsent_at_close_test
