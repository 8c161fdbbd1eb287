// The option send_block_list: to whom a socket sends nothing: scenarios/send_block_list.js. What it
// says to a connect is in connect_block_list_test.cpp, the lists themselves are in
// block_list_test.cpp.
#include <string>

#include "scenario.hpp"

namespace node_send_block_list_test {

namespace event = dgram::node::event;
using dgram::node::BlockList;
using dgram::node::create_socket;
using dgram::node::Error;
using dgram::node::Socket;

namespace {

/// Answers inside the call: every name is an address.
void answer_at_once(const std::string& hostname, int, const dgram::node::LookupCallback& callback) {
  callback(nullptr, hostname);
}

}  // namespace

NODE_SCENARIO("send_block_list/send-with-callback") {
  BlockList list;
  list.add_address("127.0.0.1");
  Socket socket = create_socket(t.io, {.type = "udp4", .send_block_list = list});
  t.on(socket, "socket", event::error);
  socket.bind(0, "127.0.0.1", [&t, socket]() mutable {
    t.tick("before send");
    t.returns("send", [&] {
      socket.send("x", 9, "127.0.0.1", [&t, socket](const Error* error, std::size_t bytes) {
        t.sent("x", error, bytes);
        t.tick("of the callback");
        t.set_immediate([socket]() mutable { socket.close(); });
      });
    });
    t.tick("after send");
    t.immediate("after send");
  });
}

NODE_SCENARIO("send_block_list/callbacks-keep-their-order") {
  BlockList list;
  list.add_address("127.0.0.2");
  Socket receiver = create_socket(t.io, "udp4");
  Socket sender = create_socket(t.io, {.type = "udp4", .send_block_list = list});
  t.on(receiver, "receiver", event::message);
  const int port = receiver.bind_sync({.address = "127.0.0.1"}).port;
  sender.bind_sync();
  t.port(sender, "sender");
  sender.send("1", port, "127.0.0.1", [&t](const Error* error, std::size_t bytes) {
    t.sent("1", error, bytes);
  });
  sender.send("2", port, "127.0.0.2", [&t](const Error* error, std::size_t bytes) {
    t.sent("2", error, bytes);
  });
  sender.send("3", port, "127.0.0.1", [&t](const Error* error, std::size_t bytes) {
    t.sent("3", error, bytes);
  });
  sender.send("4", port, "127.0.0.2", [&t](const Error* error, std::size_t bytes) {
    t.sent("4", error, bytes);
  });
  receiver.on(event::message, [receiver, sender, messages = 0](const auto&, const auto&) mutable {
    if (++messages < 2) return;
    receiver.close();
    sender.close();
  });
}

NODE_SCENARIO("send_block_list/send-without-callback") {
  BlockList list;
  list.add_address("127.0.0.1");
  Socket socket = create_socket(t.io, {.type = "udp4", .send_block_list = list});
  t.on(socket, "socket", event::error, event::message);
  const int port = socket.bind_sync({.address = "127.0.0.1"}).port;
  socket.send("x", port, "127.0.0.1");
  t.settle([&t, socket]() mutable {
    t.log("nothing was reported, nothing came");
    socket.close();
  });
}

NODE_SCENARIO("send_block_list/send-unbound") {
  BlockList list;
  list.add_address("127.0.0.1");
  Socket socket = create_socket(t.io, {.type = "udp4", .send_block_list = list});
  t.on(socket, "socket", event::listening, event::error);
  socket.send("x", 9, "127.0.0.1", [&t, socket](const Error* error, std::size_t bytes) mutable {
    t.sent("x", error, bytes);
    socket.close();
  });
}

NODE_SCENARIO("send_block_list/send-to-the-default-address") {
  BlockList list;
  list.add_address("127.0.0.1");
  Socket socket = create_socket(t.io, {.type = "udp4", .send_block_list = list});
  socket.send("x", 9, [&t, socket](const Error* error, std::size_t bytes) mutable {
    t.sent("x", error, bytes);
    socket.close();
  });
}

NODE_SCENARIO("send_block_list/send-by-name") {
  BlockList list;
  list.add_address("127.0.0.2");
  const auto lookup = [&t](const std::string& hostname, int, auto callback) {
    const std::string address = hostname == "somewhere" ? "127.0.0.2" : hostname;
    dgram::node::next_tick(t.io, [callback, address] { callback(nullptr, address); });
  };
  Socket socket = create_socket(t.io, {.type = "udp4", .lookup = lookup, .send_block_list = list});
  socket.send("x", 9, "somewhere", [&t, socket](const Error* error, std::size_t bytes) mutable {
    t.sent("x", error, bytes);
    socket.close();
  });
}

NODE_SCENARIO("send_block_list/lookup-that-answers-at-once") {
  // The callback does not come inside send all the same.
  BlockList list;
  list.add_address("127.0.0.2");
  const auto lookup = [&t](const std::string& hostname, int, const auto& callback) {
    t.log("lookup " + hostname);
    callback(nullptr, hostname);
  };
  Socket socket = create_socket(t.io, {.type = "udp4", .lookup = lookup, .send_block_list = list});
  socket.bind(0, "127.0.0.1");
  socket.send("x", 9, "127.0.0.2", [&t, socket](const Error* error, std::size_t bytes) mutable {
    t.sent("x", error, bytes);
    socket.close();
  });
  t.log("send has returned");
  t.tick("after send");
}

NODE_SCENARIO("send_block_list/closed-before-the-callback") {
  // Once the list has refused it, the callback comes, also after close.
  BlockList list;
  list.add_address("127.0.0.1");
  Socket socket =
      create_socket(t.io, {.type = "udp4", .lookup = answer_at_once, .send_block_list = list});
  t.on(socket, "socket", event::close, event::error);
  socket.bind(0, "127.0.0.2");
  socket.send("x", 9, "127.0.0.1", [&t](const Error* error, std::size_t bytes) {
    t.sent("x", error, bytes);
  });
  socket.close();
}

NODE_SCENARIO("send_block_list/send-again-in-the-callback") {
  BlockList list;
  list.add_address("127.0.0.2");
  Socket socket = create_socket(t.io, {.type = "udp4", .send_block_list = list});
  t.on(socket, "socket", event::message);
  const int port = socket.bind_sync({.address = "127.0.0.1"}).port;
  t.port(socket, "socket");
  socket.send(
      "x", port, "127.0.0.2", [&t, socket, port](const Error* error, std::size_t bytes) mutable {
        t.sent("blocked", error, bytes);
        socket.send("x", port, "127.0.0.1", [&t](const Error* failure, std::size_t sent) {
          t.sent("allowed", failure, sent);
        });
      });
  socket.on(event::message, [socket](const auto&, const auto&) mutable { socket.close(); });
}

NODE_SCENARIO("send_block_list/send-to-the-wrong-family") {
  BlockList list;
  list.add_address("::1");
  Socket socket = create_socket(t.io, {.type = "udp4", .send_block_list = list});
  socket.bind_sync();
  socket.send("x", 9, "::1", [&t, socket](const Error* error, std::size_t bytes) mutable {
    t.sent("blocked", error, bytes);
    socket.send("x", 9, "::2", [&t, socket](const Error* failure, std::size_t sent) mutable {
      t.sent("not blocked", failure, sent);
      socket.close();
    });
  });
}

NODE_SCENARIO("send_block_list/nothing-is-queued") {
  BlockList list;
  list.add_address("127.0.0.1");
  Socket socket =
      create_socket(t.io, {.type = "udp4", .lookup = answer_at_once, .send_block_list = list});
  socket.bind(0, "127.0.0.2");
  socket.send("x", 9, "127.0.0.1", [socket](const Error*, std::size_t) mutable { socket.close(); });
  t.returns("size", [&] { return socket.get_send_queue_size(); });
  t.returns("count", [&] { return socket.get_send_queue_count(); });
}

NODE_SCENARIO("send_block_list/rules-added-later") {
  BlockList list;
  Socket socket = create_socket(t.io, {.type = "udp4", .send_block_list = list});
  socket.bind_sync();
  socket.send(
      "x", 9, "127.0.0.2", [&t, socket, list](const Error* error, std::size_t bytes) mutable {
        t.sent("before", error, bytes);
        list.add_address("127.0.0.2");
        socket.send(
            "x", 9, "127.0.0.2", [&t, socket](const Error* failure, std::size_t sent) mutable {
              t.sent("afterwards", failure, sent);
              socket.close();
            });
      });
}

NODE_SCENARIO("send_block_list/rule-added-after-send") {
  // The list is asked when the address is known: a tick after send, at the earliest.
  BlockList list;
  Socket socket = create_socket(t.io, {.type = "udp4", .send_block_list = list});
  socket.bind_sync();
  socket.send("x", 9, "127.0.0.2", [&t, socket](const Error* error, std::size_t bytes) mutable {
    t.sent("x", error, bytes);
    socket.close();
  });
  list.add_address("127.0.0.2");
}

NODE_SCENARIO("send_block_list/connected-is-not-checked-again") {
  BlockList list;
  Socket receiver = create_socket(t.io, "udp4");
  Socket sender = create_socket(t.io, {.type = "udp4", .send_block_list = list});
  t.on(receiver, "receiver", event::message);
  const int port = receiver.bind_sync({.address = "127.0.0.1"}).port;
  sender.connect_sync(port, "127.0.0.1");
  t.port(sender, "sender");
  list.add_address("127.0.0.1");
  sender.send("x", [&t](const Error* error, std::size_t bytes) { t.sent("x", error, bytes); });
  receiver.on(event::message, [&t, receiver, sender, port](const auto&, const auto&) mutable {
    receiver.close();
    sender.disconnect();
    t.throws("connectSync again", [&] { sender.connect_sync(port, "127.0.0.1"); });
    sender.close();
  });
}

NODE_SCENARIO("send_block_list/ranges-and-subnets") {
  BlockList list;
  list.add_range("127.0.0.10", "127.0.0.12");
  list.add_subnet("127.0.1.0", 24);
  Socket socket = create_socket(t.io, {.type = "udp4", .send_block_list = list});
  socket.bind_sync();
  for (const std::string address : {"127.0.0.9",
                                    "127.0.0.10",
                                    "127.0.0.12",
                                    "127.0.0.13",
                                    "127.0.1.0",
                                    "127.0.1.255",
                                    "127.0.2.0"})
    socket.send(
        "x", 9, address, [&t, socket, address](const Error* error, std::size_t bytes) mutable {
          t.sent(address, error, bytes);
          if (address == "127.0.2.0") socket.close();
        });
}

NODE_SCENARIO("send_block_list/empty") {
  Socket socket = create_socket(t.io, {.type = "udp4", .send_block_list = BlockList()});
  t.on(socket, "socket", event::message);
  const int port = socket.bind_sync({.address = "127.0.0.1"}).port;
  t.port(socket, "socket");
  socket.send("x", port, "127.0.0.1");
  socket.on(event::message, [socket](const auto&, const auto&) mutable { socket.close(); });
}

NODE_SCENARIO("send_block_list/only-for-sending") {
  // Datagrams from a blocked address are delivered, and the socket may be bound to one.
  BlockList list;
  list.add_address("127.0.0.1");
  Socket receiver = create_socket(t.io, {.type = "udp4", .send_block_list = list});
  Socket sender = create_socket(t.io, "udp4");
  t.on(receiver, "receiver", event::message);
  const int port = receiver.bind_sync({.address = "127.0.0.1"}).port;
  sender.bind_sync({.address = "127.0.0.1"});
  t.port(sender, "sender");
  sender.send("x", port, "127.0.0.1");
  receiver.on(event::message, [receiver, sender](const auto&, const auto&) mutable {
    receiver.close();
    sender.close();
  });
}

NODE_SCENARIO("send_block_list/one-list-for-two-sockets") {
  BlockList list;
  Socket first = create_socket(t.io, {.type = "udp4", .send_block_list = list});
  Socket second = create_socket(t.io, {.type = "udp4", .send_block_list = list});
  list.add_address("127.0.0.2");
  t.throws("first", [&] { first.connect_sync(9, "127.0.0.2"); });
  t.throws("second", [&] { second.connect_sync(9, "127.0.0.2"); });
  first.close();
  second.close();
}

NODE_NETWORK_SCENARIO("send_block_list/mapped-address") {
  // An IPv4 rule is for a udp6 socket, too.
  BlockList list;
  list.add_address("127.0.0.1");
  Socket socket = create_socket(t.io, {.type = "udp6", .send_block_list = list});
  t.throws("connectSync", [&] { socket.connect_sync(9, "::ffff:127.0.0.1"); });
  socket.send(
      "x", 9, "::ffff:127.0.0.1", [&t, socket](const Error* error, std::size_t bytes) mutable {
        t.sent("x", error, bytes);
        socket.send("x",
                    9,
                    "::ffff:127.0.0.2",
                    [&t, socket](const Error* failure, std::size_t sent) mutable {
                      t.sent("to another", failure, sent);
                      socket.close();
                    });
      });
}

NODE_SCENARIO("send_block_list/rule-of-a-mapped-address") {
  BlockList list;
  list.add_address("::ffff:127.0.0.1");
  Socket socket = create_socket(t.io, {.type = "udp4", .send_block_list = list});
  t.throws("connectSync", [&] { socket.connect_sync(9, "127.0.0.1"); });
  socket.close();
}

NODE_NETWORK_SCENARIO("send_block_list/ipv6-subnet") {
  BlockList list;
  list.add_subnet("fd00::", 16);
  Socket socket = create_socket(t.io, {.type = "udp6", .send_block_list = list});
  t.throws("inside", [&] { socket.connect_sync(9, "fd00::77"); });
  t.returns("outside", [&] { socket.connect_sync(9, "fd01::77"); });
  socket.close();
}

NODE_NETWORK_SCENARIO("send_block_list/zone") {
  BlockList list;
  list.add_address("fe80::77");
  Socket socket = create_socket(t.io, {.type = "udp6", .send_block_list = list});
  t.throws("connectSync", [&] { socket.connect_sync(9, "fe80::77%eth0"); });
  socket.send("x", 9, "fe80::77%eth1", [&t, socket](const Error* error, std::size_t bytes) mutable {
    t.sent("x", error, bytes);
    socket.close();
  });
}

}  // namespace node_send_block_list_test
