// The 'message' event: what it carries, who hears it, and what runs between one datagram and the
// next: scenarios/message.js.
#include <memory>
#include <numeric>
#include <vector>

#include "scenario.hpp"

namespace node_message_test {

namespace event = dgram::node::event;
using dgram::node::create_socket;
using dgram::node::Error;
using dgram::node::Socket;

NODE_SCENARIO("message/arguments") {
  Socket socket = create_socket(t.io, "udp4");
  socket.bind(0, "127.0.0.1", [&t, socket]() mutable {
    t.port(socket, "socket");
    socket.send("hello", socket.address().port, "127.0.0.1");
  });
  socket.on(event::message, [&t, socket](const auto& msg, const auto& rinfo) mutable {
    t.message("socket", msg, rinfo);
    socket.close();
  });
}

NODE_SCENARIO("message/empty") {
  Socket socket = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::message);
  socket.bind(0, "127.0.0.1", [&t, socket]() mutable {
    t.port(socket, "socket");
    socket.send("", socket.address().port, "127.0.0.1");
  });
  socket.on(event::message, [&t, socket](const auto& msg, const auto&) mutable {
    t.log("length " + std::to_string(msg.size()));
    socket.close();
  });
}

NODE_SCENARIO("message/may-be-kept") {
  Socket socket = create_socket(t.io, "udp4");
  socket.bind(0, "127.0.0.1", [socket]() mutable {
    for (const char* text : {"first", "second", "third"})
      socket.send(text, socket.address().port, "127.0.0.1");
  });
  const auto kept = std::make_shared<std::vector<dgram::Datagram>>();
  socket.on(event::message, [&t, socket, kept](const auto& msg, const auto&) mutable {
    kept->push_back(msg.copy());
    if (kept->size() < 3) return;
    std::string line;
    for (const dgram::Datagram& each : *kept)
      line += (line.empty() ? "" : " ") + std::string(each.text());
    t.log(line);
    socket.close();
  });
}

NODE_SCENARIO("message/largest-is-whole") {
  Socket socket = create_socket(t.io, "udp4");
  std::string sent;
  for (std::size_t i = 0; i < 65507; i++) sent += "dgram"[i % 5];
  socket.bind(0, "127.0.0.1", [&t, socket, sent]() mutable {
    t.port(socket, "socket");
    socket.send(sent, socket.address().port, "127.0.0.1");
  });
  socket.on(event::message, [&t, socket, sent](const auto& msg, const auto& rinfo) mutable {
    t.message("socket", msg, rinfo);
    t.log(std::string("as it was sent: ") + (msg.text() == sent ? "true" : "false"));
    socket.close();
  });
}

NODE_SCENARIO("message/every-byte") {
  Socket socket = create_socket(t.io, "udp4");
  std::string sent(256, '\0');
  std::iota(sent.begin(), sent.end(), '\0');
  socket.bind(0, "127.0.0.1", [socket, sent]() mutable {
    socket.send(sent, socket.address().port, "127.0.0.1");
  });
  socket.on(event::message, [&t, socket, sent](const auto& msg, const auto&) mutable {
    t.log(std::string("as it was sent: ") + (msg.text() == sent ? "true" : "false"));
    socket.close();
  });
}

NODE_SCENARIO("message/nobody-listens") {
  // Then it is read, and lost.
  Socket socket = create_socket(t.io, "udp4");
  socket.bind(0, "127.0.0.1", [&t, socket]() mutable {
    t.port(socket, "socket");
    const int port = socket.address().port;
    socket.send(
        "lost", port, "127.0.0.1", [&t, socket, port](const Error* error, std::size_t bytes) {
          t.sent("lost", error, bytes);
          t.settle([&t, socket, port]() mutable {
            t.on(socket, "socket", event::message);
            socket.on(event::message,
                      [socket](const auto&, const auto&) mutable { socket.close(); });
            socket.send("heard", port, "127.0.0.1", [&t](const Error* failure, std::size_t size) {
              t.sent("heard", failure, size);
            });
          });
        });
  });
}

NODE_SCENARIO("message/all-listeners-hear-it") {
  Socket socket = create_socket(t.io, "udp4");
  const auto first = std::make_shared<const void*>();
  socket.on(event::message, [&t, first](const auto& msg, const auto&) {
    t.log("first " + std::string(msg.text()));
    *first = &msg;
  });
  socket.on(event::message, [&t, socket, first](const auto& msg, const auto&) mutable {
    t.log("second " + std::string(msg.text()) +
          ", the same buffer: " + (&msg == *first ? "true" : "false"));
    socket.close();
  });
  socket.bind(
      0, "127.0.0.1", [socket]() mutable { socket.send("x", socket.address().port, "127.0.0.1"); });
}

NODE_SCENARIO("message/ticks-between-datagrams") {
  // Both datagrams wait in the kernel already.
  Socket receiver = create_socket(t.io, "udp4");
  Socket sender = create_socket(t.io, "udp4");
  t.on(receiver, "receiver", event::message);
  receiver.on(event::message, [&t, receiver, messages = 0](const auto&, const auto&) mutable {
    t.tick("of the message");
    if (++messages == 2) receiver.close();
  });
  receiver.bind(0, "127.0.0.1", [&t, receiver, sender]() mutable {
    sender.connect(
        receiver.address().port, "127.0.0.1", [&t, receiver, sender](const Error*) mutable {
          t.port(sender, "sender");
          sender.send("1");
          t.readable(receiver);
          sender.send("2");
          t.readable(receiver, 2);
          sender.close();
        });
  });
}

NODE_SCENARIO("message/immediates-between-batches") {
  // A socket that always has datagrams lets others run from time to time: 40 wait, and an immediate
  // comes between them.
  Socket receiver = create_socket(t.io, "udp4");
  Socket sender = create_socket(t.io, "udp4");
  const auto messages = std::make_shared<int>();
  receiver.on(event::message, [&t, receiver, messages](const auto&, const auto&) mutable {
    if (++*messages == 1)
      t.set_immediate(
          [&t, messages] { t.log("immediate after " + std::to_string(*messages) + " messages"); });
    if (*messages < 40) return;
    t.log("40 messages");
    receiver.close();
  });
  receiver.bind(0, "127.0.0.1", [&t, receiver, sender]() mutable {
    sender.connect(
        receiver.address().port, "127.0.0.1", [&t, receiver, sender](const Error*) mutable {
          sender.send("x");
          t.readable(receiver);
          for (int i = 1; i < 40; i++) sender.send("x");
          t.readable(receiver, 40);
          sender.close();
        });
  });
}

NODE_SCENARIO("message/answer-inside-it") {
  const auto number = [](const dgram::Datagram& msg) { return std::stoi(std::string(msg.text())); };
  Socket a = create_socket(t.io, "udp4");
  Socket b = create_socket(t.io, "udp4");
  t.on(a, "a", event::message);
  t.on(b, "b", event::message);
  b.on(event::message, [b, number](const auto& msg, const auto& rinfo) mutable {
    b.send(std::to_string(number(msg) + 1), rinfo.port(), rinfo.address());
  });
  a.on(event::message, [a, b, number](const auto& msg, const auto& rinfo) mutable {
    if (number(msg) < 5)
      return a.send(std::to_string(number(msg) + 1), rinfo.port(), rinfo.address());
    a.close();
    b.close();
  });
  a.bind(0, "127.0.0.1", [&t, a, b]() mutable {
    b.bind(0, "127.0.0.1", [&t, a, b]() mutable {
      t.port(a, "a");
      t.port(b, "b");
      a.send("0", b.address().port, "127.0.0.1");
    });
  });
}

NODE_NETWORK_SCENARIO("message/ipv4-at-udp6") {
  Socket six = create_socket(t.io, "udp6");
  Socket four = create_socket(t.io, "udp4");
  t.on(six, "six", event::message);
  t.on(four, "four", event::message);
  six.bind(12345, "::", [four]() mutable {
    four.bind(23456, "127.0.0.1", [four]() mutable { four.send("question", 12345, "127.0.0.1"); });
  });
  six.on(event::message, [six](const auto&, const auto& rinfo) mutable {
    six.send("answer", rinfo.port(), rinfo.address());
  });
  four.on(event::message, [six, four](const auto&, const auto&) mutable {
    six.close();
    four.close();
  });
}

NODE_NETWORK_SCENARIO("message/ipv6") {
  Socket a = create_socket(t.io, "udp6");
  Socket b = create_socket(t.io, "udp6");
  t.on(a, "a", event::message);
  t.on(b, "b", event::message);
  a.bind(12345, "fd00::1", [b]() mutable {
    b.bind(23456, "::1", [b]() mutable { b.send("question", 12345, "fd00::1"); });
  });
  a.on(event::message, [a](const auto&, const auto& rinfo) mutable {
    a.send("answer", rinfo.port(), rinfo.address());
  });
  b.on(event::message, [a, b](const auto&, const auto&) mutable {
    a.close();
    b.close();
  });
}

NODE_NETWORK_SCENARIO("message/link-local") {
  // The address of the sender has the name of the interface, and can be answered as it is.
  Socket a = create_socket(t.io, "udp6");
  Socket b = create_socket(t.io, "udp6");
  t.on(a, "a", event::message);
  t.on(b, "b", event::message);
  a.bind(12345, "fe80::ff:fe00:1%eth0", [b]() mutable {
    b.bind(23456, "fe80::ff:fe00:1%eth0", [b]() mutable {
      b.send("question", 12345, "fe80::ff:fe00:1%eth0");
    });
  });
  a.on(event::message, [a](const auto&, const auto& rinfo) mutable {
    a.send("answer", rinfo.port(), rinfo.address());
  });
  b.on(event::message, [a, b](const auto&, const auto&) mutable {
    a.close();
    b.close();
  });
}

}  // namespace node_message_test
