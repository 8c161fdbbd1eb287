// What other implementations of dgram got wrong: scenarios/regressions.js.
#include <memory>
#include <optional>

#include "scenario.hpp"

namespace node_regressions_test {

namespace event = dgram::node::event;
using dgram::node::create_socket;
using dgram::node::Error;
using dgram::node::Socket;

NODE_SCENARIO("regressions/second-bind-throws") {
  // It must not be an 'error' event.
  Socket socket = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::listening, event::error);
  socket.bind(0, "127.0.0.1");
  t.throws("at once", [&] { return socket.bind(0, "127.0.0.1"); });
  socket.on(event::listening, [&t, socket]() mutable {
    t.throws("when bound", [&] { return socket.bind(0, "127.0.0.1"); });
    t.set_immediate([socket]() mutable { socket.close(); });
  });
}

NODE_SCENARIO("regressions/send-binds") {
  Socket socket = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::listening, event::error);
  socket.send("x", 9, "127.0.0.1", [&t, socket](const Error* error, std::size_t bytes) mutable {
    t.sent("x", error, bytes);
    t.port(socket, "socket");
    t.returns("address", [&] { return socket.address(); });
    socket.close();
  });
}

NODE_SCENARIO("regressions/address-after-connect") {
  // Not what it was before.
  Socket socket = create_socket(t.io, "udp4");
  socket.bind(0, [&t, socket]() mutable {
    t.port(socket, "socket");
    t.returns("before", [&] { return socket.address(); });
    socket.connect(9, "127.0.0.1", [&t, socket](const Error*) mutable {
      t.returns("after", [&] { return socket.address(); });
      socket.disconnect();
      t.returns("after disconnect", [&] { return socket.address(); });
      socket.close();
    });
  });
}

NODE_NETWORK_SCENARIO("regressions/icmp-error-does-not-close") {
  // Nor does it stop the socket from receiving.
  Socket server = create_socket(t.io, "udp4");
  Socket client = create_socket(t.io, "udp4");
  t.on(server, "server", event::message, event::error, event::close);
  server.bind(12345, "127.0.0.1", [&t, server, client]() mutable {
    server.send("to nobody",
                9,
                "127.0.0.1",
                [&t, server, client](const Error* error, std::size_t bytes) mutable {
                  t.sent("to nobody", error, bytes);
                  server.send("to nobody",
                              9,
                              "127.0.0.1",
                              [&t, client](const Error* failure, std::size_t sent) mutable {
                                t.sent("again", failure, sent);
                                client.bind(23456, "127.0.0.1", [client]() mutable {
                                  client.send("to the server", 12345, "127.0.0.1");
                                });
                              });
                });
  });
  server.on(event::message, [server, client](const auto&, const auto&) mutable {
    client.close();
    server.close();
  });
}

NODE_SCENARIO("regressions/icmp-error-of-an-adopted-descriptor") {
  const int fd = t.descriptor("udp4");
  Socket socket = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::error, event::close);
  socket.bind(dgram::node::BindOptions{.fd = fd});
  socket.send("x", 9, "127.0.0.1", [&t, socket](const Error* error, std::size_t bytes) mutable {
    t.sent("x", error, bytes);
    socket.send("y", 9, "127.0.0.1", [&t, socket](const Error* failure, std::size_t sent) {
      t.sent("y", failure, sent);
      t.settle([socket]() mutable { socket.close(); });
    });
  });
}

NODE_NETWORK_SCENARIO("regressions/icmp-error-is-not-for-another-peer") {
  Socket receiver = create_socket(t.io, "udp4");
  Socket sender = create_socket(t.io, "udp4");
  t.on(receiver, "receiver", event::message);
  receiver.bind(12345, "127.0.0.1", [&t, sender]() mutable {
    sender.bind(23456, "127.0.0.1", [&t, sender]() mutable {
      sender.send(
          "to nobody", 9, "127.0.0.1", [&t, sender](const Error* error, std::size_t bytes) mutable {
            t.sent("to nobody", error, bytes);
            sender.send(
                "to somebody", 12345, "127.0.0.1", [&t](const Error* failure, std::size_t sent) {
                  t.sent("to somebody", failure, sent);
                });
          });
    });
  });
  receiver.on(event::message, [receiver, sender](const auto&, const auto&) mutable {
    receiver.close();
    sender.close();
  });
}

NODE_SCENARIO("regressions/bytes-of-a-success") {
  // Never 0 bytes for a datagram that has some.
  Socket socket = create_socket(t.io, "udp4");
  const auto left = std::make_shared<int>(200);
  const auto whole = std::make_shared<int>(0);
  socket.bind(0, "127.0.0.1", [&t, socket, left, whole]() mutable {
    const auto sent = [&t, socket, left, whole](const Error* error, std::size_t bytes) mutable {
      if (!error && bytes == 1000) ++*whole;
      if (--*left > 0) return;
      t.log(std::to_string(*whole) + " of 200 were whole");
      socket.close();
    };
    for (int i = 0; i < 200; i++)
      socket.send(std::string(1000, '\0'), socket.address().port, "127.0.0.1", sent);
  });
}

NODE_NETWORK_SCENARIO("regressions/zone-is-kept") {
  Socket socket = create_socket(t.io, "udp6");
  t.on(socket, "socket", event::message);
  socket.bind(12345, "::", [&t, socket]() mutable {
    t.returns("connect", [&] {
      socket.connect(12345, "fe80::ff:fe00:2%eth1", [&t, socket](const Error*) mutable {
        t.returns("remoteAddress", [&] { return socket.remote_address(); });
        t.returns("address", [&] { return socket.address(); });
        socket.send("to itself");
      });
    });
  });
  socket.on(event::message, [socket](const auto&, const auto&) mutable { socket.close(); });
}

NODE_SCENARIO("regressions/message-listener-of-createSocket-and-close") {
  // Closing in it is no error, and the process ends.
  const auto itself = std::make_shared<std::optional<Socket>>();  // until it is closed
  Socket socket = create_socket(t.io, "udp4", [&t, itself](const auto&, const auto&) {
    t.log("message");
    (*itself)->close();
    itself->reset();
  });
  *itself = socket;
  t.on(socket, "socket", event::error, event::close);
  socket.bind(0, "127.0.0.1", [socket]() mutable {
    socket.send("1", socket.address().port, "127.0.0.1");
    socket.send("2", socket.address().port, "127.0.0.1");
  });
}

}  // namespace node_regressions_test
