// The option receive_block_list: from whom a socket takes nothing: scenarios/receive_block_list.js.
// The lists themselves are in block_list_test.cpp.
#include <string>
#include <vector>

#include "scenario.hpp"

namespace node_receive_block_list_test {

namespace event = dgram::node::event;
using dgram::node::BlockList;
using dgram::node::create_socket;
using dgram::node::Error;
using dgram::node::Socket;

NODE_SCENARIO("receive_block_list/drops-silently") {
  BlockList list;
  list.add_address("127.0.0.2");
  Socket receiver = create_socket(t.io, {.type = "udp4", .receive_block_list = list});
  Socket blocked = create_socket(t.io, "udp4");
  Socket other = create_socket(t.io, "udp4");
  t.on(receiver, "receiver", event::message, event::error);
  const int port = receiver.bind_sync({.address = "127.0.0.1"}).port;
  blocked.bind_sync({.address = "127.0.0.2"});
  other.bind_sync({.address = "127.0.0.3"});
  t.port(other, "other");
  blocked.send("from the blocked",
               port,
               "127.0.0.1",
               [&t, other, port](const Error* error, std::size_t bytes) mutable {
                 t.sent("from the blocked", error, bytes);
                 other.send("from the other", port, "127.0.0.1");
               });
  receiver.on(event::message, [receiver, blocked, other](const auto&, const auto&) mutable {
    receiver.close();
    blocked.close();
    other.close();
  });
}

NODE_SCENARIO("receive_block_list/between-others") {
  // Those before and behind come, in their order.
  BlockList list;
  list.add_address("127.0.0.2");
  Socket receiver = create_socket(t.io, {.type = "udp4", .receive_block_list = list});
  Socket blocked = create_socket(t.io, "udp4");
  Socket other = create_socket(t.io, "udp4");
  t.on(receiver, "receiver", event::message, event::error);
  const int port = receiver.bind_sync({.address = "127.0.0.1"}).port;
  blocked.bind_sync({.address = "127.0.0.2"});
  other.bind_sync({.address = "127.0.0.3"});
  t.port(other, "other");
  blocked.connect_sync(port, "127.0.0.1");
  other.connect_sync(port, "127.0.0.1");
  blocked.send("1");
  t.readable(receiver);
  other.send("2");
  blocked.send("3");
  blocked.send("4");
  other.send("5");
  blocked.send("6");
  t.readable(receiver, 6);
  receiver.on(event::message,
              [&t, receiver, blocked, other, messages = 0](const auto&, const auto&) mutable {
                if (++messages < 2) return;
                t.settle([receiver, blocked, other]() mutable {
                  receiver.close();
                  blocked.close();
                  other.close();
                });
              });
}

NODE_SCENARIO("receive_block_list/own-datagrams") {
  BlockList list;
  list.add_address("127.0.0.1");
  Socket socket = create_socket(t.io, {.type = "udp4", .receive_block_list = list});
  t.on(socket, "socket", event::message, event::error);
  const int port = socket.bind_sync({.address = "127.0.0.1"}).port;
  socket.send("x", port, "127.0.0.1", [&t, socket](const Error* error, std::size_t bytes) {
    t.sent("x", error, bytes);
    t.settle([socket]() mutable { socket.close(); });
  });
}

NODE_SCENARIO("receive_block_list/once-waits-for-the-next") {
  // A dropped datagram is no event.
  BlockList list;
  list.add_address("127.0.0.2");
  Socket receiver = create_socket(t.io, {.type = "udp4", .receive_block_list = list});
  Socket sender = create_socket(t.io, "udp4");
  const int port = receiver.bind_sync({.address = "127.0.0.1"}).port;
  sender.bind_sync({.address = "127.0.0.2"});
  receiver.once(event::message, [&t](const auto&, const auto&) { t.log("never called"); });
  sender.send("x", port, "127.0.0.1");
  t.settle([&t, receiver, sender]() mutable {
    t.returns("listeners", [&] { return receiver.listener_count(event::message); });
    receiver.close();
    sender.close();
  });
}

NODE_SCENARIO("receive_block_list/empty-datagram") {
  BlockList list;
  list.add_address("127.0.0.2");
  Socket receiver = create_socket(t.io, {.type = "udp4", .receive_block_list = list});
  Socket sender = create_socket(t.io, "udp4");
  t.on(receiver, "receiver", event::message, event::error);
  const int port = receiver.bind_sync({.address = "127.0.0.1"}).port;
  sender.bind_sync({.address = "127.0.0.2"});
  sender.send("", port, "127.0.0.1", [&t](const Error* error, std::size_t bytes) {
    t.sent("nothing", error, bytes);
  });
  t.settle([receiver, sender]() mutable {
    receiver.close();
    sender.close();
  });
}

NODE_SCENARIO("receive_block_list/rules-added-later") {
  BlockList list;
  Socket receiver = create_socket(t.io, {.type = "udp4", .receive_block_list = list});
  Socket sender = create_socket(t.io, "udp4");
  t.on(receiver, "receiver", event::message);
  const int port = receiver.bind_sync({.address = "127.0.0.1"}).port;
  sender.bind_sync({.address = "127.0.0.2"});
  t.port(sender, "sender");
  sender.send("before", port, "127.0.0.1");
  receiver.on(event::message, [&t, list, receiver, sender, port](const auto&, const auto&) mutable {
    list.add_address("127.0.0.2");
    sender.send("afterwards", port, "127.0.0.1");
    t.settle([receiver, sender]() mutable {
      receiver.close();
      sender.close();
    });
  });
}

NODE_SCENARIO("receive_block_list/rule-added-when-it-is-in-the-kernel") {
  // The list is asked when the datagram is delivered.
  BlockList list;
  Socket receiver = create_socket(t.io, {.type = "udp4", .receive_block_list = list});
  Socket sender = create_socket(t.io, "udp4");
  t.on(receiver, "receiver", event::message);
  const int port = receiver.bind_sync({.address = "127.0.0.1"}).port;
  sender.bind_sync({.address = "127.0.0.2"});
  sender.connect_sync(port, "127.0.0.1");
  sender.send("x");
  t.readable(receiver);
  list.add_address("127.0.0.2");
  t.settle([&t, receiver, sender]() mutable {
    t.log("nothing came");
    receiver.close();
    sender.close();
  });
}

NODE_SCENARIO("receive_block_list/rule-added-in-message") {
  // It counts for the next datagram, which is already there.
  BlockList list;
  Socket receiver = create_socket(t.io, {.type = "udp4", .receive_block_list = list});
  Socket sender = create_socket(t.io, "udp4");
  t.on(receiver, "receiver", event::message);
  const int port = receiver.bind_sync({.address = "127.0.0.1"}).port;
  sender.bind_sync({.address = "127.0.0.2"});
  t.port(sender, "sender");
  sender.connect_sync(port, "127.0.0.1");
  sender.send("1");
  t.readable(receiver);
  sender.send("2");
  t.readable(receiver, 2);
  receiver.on(event::message, [&t, list, receiver, sender](const auto&, const auto&) mutable {
    list.add_address("127.0.0.2");
    t.settle([receiver, sender]() mutable {
      receiver.close();
      sender.close();
    });
  });
}

NODE_SCENARIO("receive_block_list/ranges-and-subnets") {
  BlockList list;
  list.add_range("127.0.0.10", "127.0.0.12");
  list.add_subnet("127.0.1.0", 24);
  Socket receiver = create_socket(t.io, {.type = "udp4", .receive_block_list = list});
  const int port = receiver.bind_sync({.address = "127.0.0.1"}).port;
  std::vector<Socket> sockets;
  for (const char* address : {"127.0.0.9",
                              "127.0.0.10",
                              "127.0.0.12",
                              "127.0.0.13",
                              "127.0.1.1",
                              "127.0.1.254",
                              "127.0.2.1"}) {
    Socket socket = create_socket(t.io, "udp4");
    socket.bind_sync({.address = address});
    socket.connect_sync(port, "127.0.0.1");
    socket.send(address);
    sockets.push_back(socket);
  }
  receiver.on(event::message, [&t, receiver, sockets](const auto& msg, const auto&) mutable {
    t.log("from " + std::string(msg.text()));
    if (msg.text() != "127.0.2.1") return;
    receiver.close();
    for (Socket& socket : sockets) socket.close();
  });
}

NODE_SCENARIO("receive_block_list/connected-peer") {
  // One may be connected to a blocked peer. Its datagrams are dropped all the same.
  BlockList list;
  list.add_address("127.0.0.2");
  Socket receiver = create_socket(t.io, {.type = "udp4", .receive_block_list = list});
  Socket peer = create_socket(t.io, "udp4");
  t.on(receiver, "receiver", event::connect, event::message, event::error);
  t.on(peer, "peer", event::message);
  peer.bind_sync({.address = "127.0.0.2"});
  receiver.bind_sync({.address = "127.0.0.1"});
  t.port(receiver, "receiver");
  t.returns("connectSync", [&] { receiver.connect_sync(peer.address().port, "127.0.0.2"); });
  receiver.send("question");
  peer.on(event::message, [&t, receiver, peer](const auto&, const auto& rinfo) mutable {
    peer.send("answer", rinfo.port(), rinfo.address());
    t.settle([receiver, peer]() mutable {
      receiver.close();
      peer.close();
    });
  });
}

NODE_SCENARIO("receive_block_list/only-for-receiving") {
  BlockList list;
  list.add_address("127.0.0.2");
  Socket sender = create_socket(t.io, {.type = "udp4", .receive_block_list = list});
  Socket receiver = create_socket(t.io, "udp4");
  t.on(receiver, "receiver", event::message);
  const int port = receiver.bind_sync({.address = "127.0.0.2"}).port;
  sender.bind_sync({.address = "127.0.0.1"});
  t.port(sender, "sender");
  sender.send("x", port, "127.0.0.2", [&t](const Error* error, std::size_t bytes) {
    t.sent("x", error, bytes);
  });
  receiver.on(event::message, [receiver, sender](const auto&, const auto&) mutable {
    receiver.close();
    sender.close();
  });
}

NODE_SCENARIO("receive_block_list/both-lists") {
  BlockList list;
  list.add_address("127.0.0.2");
  Socket socket =
      create_socket(t.io, {.type = "udp4", .receive_block_list = list, .send_block_list = list});
  Socket blocked = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::message, event::error);
  const int port = socket.bind_sync({.address = "127.0.0.1"}).port;
  blocked.bind_sync({.address = "127.0.0.2"});
  t.port(socket, "socket");
  t.port(blocked, "blocked");
  const auto send_to_itself = [&t, socket, port](const Error* error, std::size_t bytes) mutable {
    t.sent("to the blocked", error, bytes);
    socket.send("to itself", port, "127.0.0.1");
  };
  blocked.send("from the blocked",
               port,
               "127.0.0.1",
               [socket, blocked, send_to_itself](const Error*, std::size_t) mutable {
                 socket.send("to the blocked", blocked.address().port, "127.0.0.2", send_to_itself);
               });
  socket.on(event::message, [socket, blocked](const auto&, const auto&) mutable {
    socket.close();
    blocked.close();
  });
}

NODE_SCENARIO("receive_block_list/empty") {
  Socket socket = create_socket(t.io, {.type = "udp4", .receive_block_list = BlockList()});
  t.on(socket, "socket", event::message);
  const int port = socket.bind_sync({.address = "127.0.0.1"}).port;
  t.port(socket, "socket");
  socket.send("x", port, "127.0.0.1");
  socket.on(event::message, [socket](const auto&, const auto&) mutable { socket.close(); });
}

NODE_SCENARIO("receive_block_list/one-list-for-two-sockets") {
  BlockList list;
  Socket first = create_socket(t.io, {.type = "udp4", .receive_block_list = list});
  Socket second = create_socket(t.io, {.type = "udp4", .receive_block_list = list});
  t.on(first, "first", event::message);
  t.on(second, "second", event::message);
  first.bind_sync({.address = "127.0.0.1"});
  second.bind_sync({.address = "127.0.0.1"});
  list.add_address("127.0.0.1");
  first.send("x", second.address().port, "127.0.0.1");
  second.send("x", first.address().port, "127.0.0.1");
  t.settle([&t, first, second]() mutable {
    t.log("nothing came");
    first.close();
    second.close();
  });
}

NODE_NETWORK_SCENARIO("receive_block_list/mapped-peer") {
  // An IPv4 rule is for the peers of a udp6 socket, too.
  BlockList list;
  list.add_address("127.0.0.2");
  Socket receiver = create_socket(t.io, {.type = "udp6", .receive_block_list = list});
  Socket blocked = create_socket(t.io, "udp4");
  Socket other = create_socket(t.io, "udp4");
  t.on(receiver, "receiver", event::message);
  receiver.bind_sync({.port = 12345});
  blocked.bind_sync({.port = 12346, .address = "127.0.0.2"});
  other.bind_sync({.port = 12347, .address = "127.0.0.3"});
  blocked.send("from the blocked", 12345, "127.0.0.1", [other](const Error*, std::size_t) mutable {
    other.send("from the other", 12345, "127.0.0.1");
  });
  receiver.on(event::message, [receiver, blocked, other](const auto&, const auto&) mutable {
    receiver.close();
    blocked.close();
    other.close();
  });
}

NODE_NETWORK_SCENARIO("receive_block_list/mapped-peer-and-subnet") {
  BlockList list;
  list.add_subnet("127.0.0.0", 8);
  Socket receiver = create_socket(t.io, {.type = "udp6", .receive_block_list = list});
  Socket four = create_socket(t.io, "udp4");
  Socket six = create_socket(t.io, "udp6");
  t.on(receiver, "receiver", event::message);
  receiver.bind_sync({.port = 12345});
  four.bind_sync({.port = 12346, .address = "127.0.0.1"});
  six.bind_sync({.port = 12347, .address = "::1"});
  four.send("by IPv4", 12345, "127.0.0.1", [six](const Error*, std::size_t) mutable {
    six.send("by IPv6", 12345, "::1");
  });
  receiver.on(event::message, [receiver, four, six](const auto&, const auto&) mutable {
    receiver.close();
    four.close();
    six.close();
  });
}

NODE_SCENARIO("receive_block_list/rule-of-a-mapped-address") {
  BlockList list;
  list.add_address("::ffff:127.0.0.1");
  Socket socket = create_socket(t.io, {.type = "udp4", .receive_block_list = list});
  t.on(socket, "socket", event::message);
  const int port = socket.bind_sync({.address = "127.0.0.1"}).port;
  socket.send("x", port, "127.0.0.1", [&t, socket](const Error*, std::size_t) {
    t.settle([&t, socket]() mutable {
      t.log("nothing came");
      socket.close();
    });
  });
}

NODE_NETWORK_SCENARIO("receive_block_list/ipv6") {
  BlockList list;
  list.add_address("fd00::1");
  Socket receiver = create_socket(t.io, {.type = "udp6", .receive_block_list = list});
  Socket blocked = create_socket(t.io, "udp6");
  Socket other = create_socket(t.io, "udp6");
  t.on(receiver, "receiver", event::message);
  receiver.bind_sync({.port = 12345});
  blocked.bind_sync({.port = 12346, .address = "fd00::1"});
  other.bind_sync({.port = 12347, .address = "fd01::1"});
  blocked.send("from the blocked", 12345, "fd00::1", [other](const Error*, std::size_t) mutable {
    other.send("from the other", 12345, "fd01::1");
  });
  receiver.on(event::message, [receiver, blocked, other](const auto&, const auto&) mutable {
    receiver.close();
    blocked.close();
    other.close();
  });
}

NODE_NETWORK_SCENARIO("receive_block_list/zone") {
  // A link-local peer is blocked on every link.
  BlockList list;
  list.add_address("fe80::ff:fe00:1");
  Socket receiver = create_socket(t.io, {.type = "udp6", .receive_block_list = list});
  Socket blocked = create_socket(t.io, "udp6");
  Socket other = create_socket(t.io, "udp6");
  t.on(receiver, "receiver", event::message);
  receiver.bind_sync({.port = 12345});
  blocked.bind_sync({.port = 12346, .address = "fe80::ff:fe00:1%eth0"});
  other.bind_sync({.port = 12347, .address = "fe80::ff:fe00:2%eth1"});
  blocked.send("from the blocked",
               12345,
               "fe80::ff:fe00:1%eth0",
               [&t, other](const Error* error, std::size_t bytes) mutable {
                 t.sent("from the blocked", error, bytes);
                 other.send("from the other", 12345, "fe80::ff:fe00:2%eth1");
               });
  receiver.on(event::message, [receiver, blocked, other](const auto&, const auto&) mutable {
    receiver.close();
    blocked.close();
    other.close();
  });
}

}  // namespace node_receive_block_list_test
