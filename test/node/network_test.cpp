// What only a network of one's own shows: broadcast, and a link that takes no more datagrams:
// scenarios/network.js. eth0 has 10.0.0.1, and nobody answers on it: what is sent to a neighbour
// waits until the neighbour is found.
#include <memory>
#include <string>
#include <vector>

#include "scenario.hpp"

namespace node_network_test {

namespace event = dgram::node::event;
using dgram::node::create_socket;
using dgram::node::Error;
using dgram::node::Socket;

namespace {

/// Whether sends go on: some ten fill the link. Bounded, where JavaScript's loop is not.
bool has_room(const Socket& socket, int& sends) {
  return socket.get_send_queue_count() == 0 && ++sends < 100;
}

}  // namespace

NODE_NETWORK_SCENARIO("network/broadcast-is-forbidden") {
  Socket socket = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::error);
  socket.bind(12345, [&t, socket]() mutable {
    socket.send(
        "x", 12345, "10.0.0.255", [&t, socket](const Error* error, std::size_t bytes) mutable {
          t.sent("x", error, bytes);
          socket.close();
        });
  });
}

NODE_NETWORK_SCENARIO("network/broadcast") {
  Socket socket = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::message);
  socket.bind(12345, [&t, socket]() mutable {
    t.returns("setBroadcast", [&] { socket.set_broadcast(true); });
    socket.send("to everybody", 12345, "10.0.0.255", [&t](const Error* error, std::size_t bytes) {
      t.sent("to everybody", error, bytes);
    });
  });
  socket.on(event::message, [socket](const auto&, const auto&) mutable { socket.close(); });
}

NODE_NETWORK_SCENARIO("network/broadcast-forbidden-again") {
  Socket socket = create_socket(t.io, "udp4");
  socket.bind(12345, [&t, socket]() mutable {
    socket.set_broadcast(true);
    socket.send(
        "x", 23456, "10.0.0.255", [&t, socket](const Error* error, std::size_t bytes) mutable {
          t.sent("allowed", error, bytes);
          socket.set_broadcast(false);
          socket.send("x",
                      23456,
                      "10.0.0.255",
                      [&t, socket](const Error* failure, std::size_t sent) mutable {
                        t.sent("forbidden", failure, sent);
                        socket.close();
                      });
        });
  });
}

NODE_NETWORK_SCENARIO("network/broadcast-forbidden-silently") {
  Socket socket = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::error, event::message);
  socket.bind(12345, [&t, socket]() mutable {
    socket.send("x", 12345, "10.0.0.255");
    t.settle([&t, socket]() mutable {
      t.log("nothing was reported");
      socket.close();
    });
  });
}

NODE_NETWORK_SCENARIO("network/limited-broadcast") {
  // 255.255.255.255 needs a route as any other address.
  t.ip("route add 255.255.255.255 dev eth0");
  Socket socket = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::message);
  socket.bind(12345, [&t, socket]() mutable {
    socket.set_broadcast(true);
    socket.send(
        "to everybody", 12345, "255.255.255.255", [&t](const Error* error, std::size_t bytes) {
          t.sent("to everybody", error, bytes);
        });
  });
  socket.on(event::message, [socket](const auto&, const auto&) mutable { socket.close(); });
}

NODE_NETWORK_SCENARIO("network/full-link-queues") {
  // When the system takes no more, datagrams wait in the socket, in order, and what is sent then
  // waits behind them. They leave when the link goes on.
  struct Sends {
    std::vector<int> order;
    int sent = 0;
    int left = 0;
  };
  Socket socket = create_socket(t.io, "udp4");
  const auto sends = std::make_shared<Sends>();
  auto send = [&t, socket, sends]() mutable {
    const int number = sends->sent++;
    auto done = [&t, socket, sends, number](const Error* error, std::size_t bytes) mutable {
      sends->order.push_back(number);
      if (error || bytes != 1000) t.sent("number " + std::to_string(number), error, bytes);
      if (--sends->left > 0) return;
      bool in_order = true;
      for (std::size_t i = 0; i < sends->order.size(); ++i)
        in_order = in_order && sends->order[i] == static_cast<int>(i);
      t.log(std::string("all callbacks in order: ") + (in_order ? "true" : "false"));
      t.returns("size", [&] { return socket.get_send_queue_size(); });
      t.returns("count", [&] { return socket.get_send_queue_count(); });
      socket.close();
    };
    socket.send(std::string(1000, '\0'), done);
    sends->left++;
  };
  socket.connect(9, "10.0.0.77", [&t, socket, send](const Error*) mutable {
    socket.set_send_buffer_size(1);
    for (int i = 0; has_room(socket, i);) send();
    t.returns("size of one", [&] { return socket.get_send_queue_size(); });
    send();
    send();
    t.returns("size of three", [&] { return socket.get_send_queue_size(); });
    t.returns("count", [&] { return socket.get_send_queue_count(); });
    t.set_immediate([&t, socket] {
      t.returns("count a turn later", [&] { return socket.get_send_queue_count(); });
      t.ip("neighbour replace 10.0.0.77 lladdr 02:00:00:00:00:77 dev eth0 nud permanent");
    });
  });
}

NODE_NETWORK_SCENARIO("network/full-link-and-close") {
  Socket socket = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::error, event::close);
  socket.connect(9, "10.0.0.77", [&t, socket](const Error*) mutable {
    socket.set_send_buffer_size(1);
    for (int i = 0; has_room(socket, i);) {
      socket.send(std::string(1000, '\0'), [&t](const Error* error, std::size_t bytes) {
        if (error) t.sent("the one that waits", error, bytes);
      });
    }
    socket.send("behind it",
                [&t](const Error* error, std::size_t bytes) { t.sent("behind it", error, bytes); });
    socket.close();
  });
}

NODE_NETWORK_SCENARIO("network/full-link-is-silent-without-callbacks") {
  Socket socket = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::error, event::close);
  socket.connect(9, "10.0.0.77", [&t, socket](const Error*) mutable {
    socket.set_send_buffer_size(1);
    for (int i = 0; has_room(socket, i);) socket.send(std::string(1000, '\0'));
    t.settle([&t, socket]() mutable {
      t.returns("count", [&] { return socket.get_send_queue_count(); });
      socket.close();
    });
  });
}

NODE_NETWORK_SCENARIO("network/full-link-and-disconnect") {
  // What waits goes on waiting.
  Socket socket = create_socket(t.io, "udp4");
  socket.connect(9, "10.0.0.77", [&t, socket](const Error*) mutable {
    socket.set_send_buffer_size(1);
    for (int i = 0; has_room(socket, i);) socket.send(std::string(1000, '\0'));
    t.returns("count", [&] { return socket.get_send_queue_count(); });
    t.returns("disconnect", [&] { socket.disconnect(); });
    t.returns("count after disconnect", [&] { return socket.get_send_queue_count(); });
    socket.close();
  });
}

NODE_NETWORK_SCENARIO("network/own-addresses") {
  Socket a = create_socket(t.io, "udp4");
  Socket b = create_socket(t.io, "udp4");
  t.on(b, "b", event::message);
  a.bind(12345, "10.0.0.1", [a, b]() mutable {
    b.bind(23456, "10.0.1.1", [a]() mutable { a.send("across", 23456, "10.0.1.1"); });
  });
  b.on(event::message, [a, b](const auto&, const auto&) mutable {
    a.close();
    b.close();
  });
}

NODE_NETWORK_SCENARIO("network/implicit-bind-has-the-address-of-the-route") {
  Socket receiver = create_socket(t.io, "udp4");
  Socket sender = create_socket(t.io, "udp4");
  t.on(receiver, "receiver", event::message);
  receiver.bind(12345, "10.0.0.1", [&t, sender]() mutable {
    sender.send("x", 12345, "10.0.0.1", [&t, sender](const Error*, std::size_t) {
      t.port(sender, "sender");
    });
  });
  receiver.on(event::message, [receiver, sender](const auto&, const auto&) mutable {
    receiver.close();
    sender.close();
  });
}

NODE_NETWORK_SCENARIO("network/full-link-unconnected") {
  Socket socket = create_socket(
      t.io, test::udp4_with_lookup([](const std::string& hostname, int, auto callback) {
        callback(nullptr, hostname);
      }));
  t.on(socket, "socket", event::error, event::close);
  socket.bind(12345, [&t, socket]() mutable {
    socket.set_send_buffer_size(1);
    for (int i = 0; has_room(socket, i);) {
      socket.send(
          std::string(1000, '\0'), 9, "10.0.0.77", [&t](const Error* error, std::size_t bytes) {
            if (error) t.sent("the one that waits", error, bytes);
          });
    }
    socket.send("behind it", 9, "10.0.0.77", [&t](const Error* error, std::size_t bytes) {
      t.sent("behind it", error, bytes);
    });
    t.returns("size", [&] { return socket.get_send_queue_size(); });
    t.returns("count", [&] { return socket.get_send_queue_count(); });
    socket.close();
  });
}

}  // namespace node_network_test
