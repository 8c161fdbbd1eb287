// What leaves first, across the sockets of a context: scenarios/order.js.
#include <functional>
#include <string>

#include "scenario.hpp"

namespace node_order_of_sends_test {

namespace event = dgram::node::event;
using dgram::node::create_socket;
using dgram::node::Error;
using dgram::node::next_tick;
using dgram::node::Socket;

namespace {

struct Four {
  int port = 0;  ///< Of r.
  Socket r, a, b, c;
};

/// r receives, a and c are bound, b is connected to r: f(port of r), with all of them.
void with_four(test::Trace& t, std::function<void(const Four&)> f) {
  Four four{0,
            create_socket(t.io, "udp4"),
            create_socket(t.io, "udp4"),
            create_socket(t.io, "udp4"),
            create_socket(t.io, "udp4")};
  four.r.on(event::message, [&t, four](const dgram::Datagram& message, const auto&) mutable {
    t.log("message " + std::string(message.text()));
    if (message.text() != "last") return;
    for (Socket* socket : {&four.r, &four.a, &four.b, &four.c}) socket->close();
  });
  four.r.bind(0, "127.0.0.1", [f, four]() mutable {
    four.port = four.r.address().port;
    four.a.bind(0, "127.0.0.1", [f, four] {
      four.c.bind(0, "127.0.0.1", [f, four] {
        four.b.connect(four.port, "127.0.0.1", [f, four](const Error*) { f(four); });
      });
    });
  });
}

}  // namespace

NODE_SCENARIO("order/send-and-a-tick-behind-it") {
  // It has left when the tick runs.
  with_four(t, [&t](const Four& four) {
    four.a.send("x", four.port, "127.0.0.1");
    next_tick(t.io, [&t, four] {
      t.readable(four.r);
      four.b.send("last");
    });
  });
}

NODE_SCENARIO("order/connected-in-a-tick-behind") {
  with_four(t, [&t](const Four& four) {
    four.a.send("1", four.port);
    next_tick(t.io, [&t, four] {
      four.b.send("2");
      four.c.send("3", four.port, "127.0.0.1");
      next_tick(t.io, [four] { four.b.send("last"); });
    });
  });
}

NODE_SCENARIO("order/connected-overtakes") {
  // It leaves inside the call, the others in the next ticks.
  with_four(t, [](const Four& four) {
    four.a.send("2", four.port);
    four.b.send("1");
    four.c.send("last", four.port);
  });
}

NODE_SCENARIO("order/two-sockets-take-turns") {
  with_four(t, [](const Four& four) {
    for (const int i : {1, 2, 3, 4, 5, 6}) {
      (i % 2 == 0 ? four.a : four.c).send(std::to_string(i), four.port);
      (i % 3 == 0 ? four.a : four.c).send(std::to_string(i) + " again", four.port);
    }
    four.a.send("last", four.port);
  });
}

NODE_SCENARIO("order/callbacks-of-two-sockets") {
  with_four(t, [&t](const Four& four) {
    four.a.send("1", four.port, [&t, four](const Error*) {
      t.log("callback 1");
      t.tick("of callback 1");
      four.c.send("4", four.port);
    });
    four.c.send("2", four.port, [&t, four](const Error*) {
      t.log("callback 2");
      four.a.send("last", four.port);
    });
    four.a.send("3", four.port, [&t](const Error*) { t.log("callback 3"); });
    t.tick("behind");
  });
}

NODE_SCENARIO("order/send-and-connect-of-the-receiver") {
  // It is there before the other has a peer.
  with_four(t, [&t](const Four& four) {
    four.a.send("x", four.port);
    four.r.connect(four.c.address().port, "127.0.0.1", [&t, four](const Error*) {
      t.log("connected");
      four.c.send("last", four.port);
    });
  });
}

NODE_SCENARIO("order/send-and-close-in-a-tick") {
  with_four(t, [&t](const Four& four) {
    Socket socket = create_socket(t.io, "udp4");
    socket.bind(0, "127.0.0.1", [&t, four, socket] {
      socket.send("x", four.port, [&t, four](const Error* error, std::size_t bytes) {
        t.sent("x", error, bytes);
        four.b.send("last");
      });
      next_tick(t.io, [&t, socket] { socket.close([&t] { t.log("closed"); }); });
    });
  });
}

NODE_SCENARIO("order/lookup-that-answers-at-once-overtakes") {
  with_four(t, [&t](const Four& four) {
    const auto lookup = [](const std::string& host, int, auto callback) {
      callback(nullptr, host);
    };
    Socket quick = create_socket(t.io, test::udp4_with_lookup(lookup));
    quick.bind(0, "127.0.0.1");
    four.a.send("3", four.port);
    quick.send("1", four.port, "127.0.0.1");
    four.b.send("2");
    quick.close();
    four.a.send("last", four.port);
  });
}

NODE_SCENARIO("order/lookup-that-answers-in-a-tick") {
  with_four(t, [&t](const Four& four) {
    const auto lookup = [&t](const std::string& host, int, auto callback) {
      next_tick(t.io, [host, callback] { callback(nullptr, host); });
    };
    Socket slow = create_socket(t.io, test::udp4_with_lookup(lookup));
    slow.bind(0, "127.0.0.1", [&t, four, slow] {
      four.a.send("1", four.port);
      slow.send("2", four.port, "127.0.0.1");
      four.a.send("3", four.port);
      slow.send("4", four.port, "127.0.0.1", [slow](const Error*) { slow.close(); });
      next_tick(t.io, [four] { four.b.send("last"); });
    });
  });
}

NODE_NETWORK_SCENARIO("order/send-to-a-group-and-drop") {
  // It was a member when the datagram left.
  Socket receiver = create_socket(t.io, "udp4");
  Socket sender = create_socket(t.io, "udp4");
  t.on(receiver, "receiver", event::message);
  receiver.bind(12345, [&t, receiver, sender]() mutable {
    receiver.add_membership("224.0.0.114", "10.0.0.1");
    sender.bind(23456, [&t, receiver, sender]() mutable {
      sender.set_multicast_interface("10.0.0.1");
      sender.send("a member", 12345, "224.0.0.114");
      next_tick(t.io, [receiver, sender]() mutable {
        receiver.drop_membership("224.0.0.114", "10.0.0.1");
        sender.send("no member", 12345, "224.0.0.114");
        sender.send("last", 12345, "10.0.0.1");
      });
    });
  });
  receiver.on(event::message,
              [receiver, sender](const dgram::Datagram& message, const auto&) mutable {
                if (message.text() != "last") return;
                receiver.close();
                sender.close();
              });
}

NODE_NETWORK_SCENARIO("order/send-and-broadcast-in-a-tick") {
  // A setting holds from the tick on in which a send leaves.
  Socket socket = create_socket(t.io, "udp4");
  socket.bind(12345, [&t, socket]() mutable {
    socket.set_broadcast(true);
    socket.send("x", 23456, "10.0.0.255", [&t](const Error* error, std::size_t bytes) {
      t.sent("allowed", error, bytes);
    });
    next_tick(t.io, [socket]() mutable { socket.set_broadcast(false); });
    next_tick(t.io, [&t, socket]() mutable {
      socket.send(
          "x", 23456, "10.0.0.255", [&t, socket](const Error* error, std::size_t bytes) mutable {
            t.sent("forbidden", error, bytes);
            socket.close();
          });
    });
  });
}

// ---- what Node does not have: a destination without text

TEST_CASE("sends leave in the order of the calls, with text and with an Endpoint",
          "[node][order]") {
  test::Trace t;
  with_four(t, [](const Four& four) {
    const dgram::Endpoint to = dgram::make_endpoint("127.0.0.1", four.port);
    four.a.send("1", four.port, "127.0.0.1");
    four.a.send("2", to);
    four.a.send("3", four.port, "127.0.0.1");
    four.c.send("4", to);
    four.a.send("5", to);
    four.c.send("6", four.port);
    four.a.send("last", to);
  });
  t.io.run();
  CHECK(t.lines() == std::vector<std::string>{"message 1",
                                              "message 2",
                                              "message 3",
                                              "message 4",
                                              "message 5",
                                              "message 6",
                                              "message last"});
}

TEST_CASE("sends of an unbound socket leave in the order of the calls, too", "[node][order]") {
  test::Trace t;
  with_four(t, [&t](const Four& four) {
    const dgram::Endpoint to = dgram::make_endpoint("127.0.0.1", four.port);
    Socket fresh = create_socket(t.io, "udp4");
    fresh.send("1", four.port, "127.0.0.1");
    fresh.send("2", to);
    fresh.send("3", four.port, [fresh, four](const Error*) {
      four.b.send("last");
      fresh.close();
    });
  });
  t.io.run();
  CHECK(t.lines() ==
        std::vector<std::string>{"message 1", "message 2", "message 3", "message last"});
}

TEST_CASE("what a tick sends leaves before what another tick does", "[node][order]") {
  test::Trace t;
  const auto readable = std::make_shared<int>(0);
  with_four(t, [&t, readable](const Four& four) {
    const dgram::Endpoint to = dgram::make_endpoint("127.0.0.1", four.port);
    for (int i = 0; i < 3; ++i) {
      four.a.send("x", to);
      next_tick(t.io, [&t, four, readable] { t.readable(four.r, ++*readable); });
    }
    next_tick(t.io, [four] { four.b.send("last"); });
  });
  t.io.run();
  CHECK(t.lines() ==
        std::vector<std::string>{"message x", "message x", "message x", "message last"});
}

}  // namespace node_order_of_sends_test
