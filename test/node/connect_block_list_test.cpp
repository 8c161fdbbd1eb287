// The option send_block_list: to whom a socket does not connect: scenarios/connect_block_list.js.
// What it says to a send is in send_block_list_test.cpp, the lists themselves are in
// block_list_test.cpp.
#include <string>

#include "scenario.hpp"

namespace node_connect_block_list_test {

namespace event = dgram::node::event;
using dgram::node::BlockList;
using dgram::node::create_socket;
using dgram::node::Error;
using dgram::node::next_tick;
using dgram::node::Socket;

NODE_SCENARIO("connect_block_list/with-callback") {
  BlockList list;
  list.add_address("127.0.0.1");
  Socket socket = create_socket(t.io, {.type = "udp4", .send_block_list = list});
  t.on(socket, "socket", event::connect, event::error);
  socket.bind(0, "127.0.0.1", [&t, socket]() mutable {
    t.returns("connect", [&] {
      socket.connect(9, "127.0.0.1", [&t, socket](const Error* error) mutable {
        t.error("callback", *error);
        t.returns("listeners", [&] { return socket.listener_count(event::connect); });
        socket.close();
      });
    });
    t.tick("after connect");
  });
}

NODE_SCENARIO("connect_block_list/without-callback") {
  BlockList list;
  list.add_address("127.0.0.1");
  Socket socket = create_socket(t.io, {.type = "udp4", .send_block_list = list});
  t.on(socket, "socket", event::connect, event::error);
  socket.on(event::error, [socket](const Error&) mutable { socket.close(); });
  socket.bind(0, "127.0.0.1", [&t, socket]() mutable {
    socket.connect(9, "127.0.0.1");
    t.tick("after connect");
  });
}

NODE_SCENARIO("connect_block_list/nobody-listens-for-it") {
  BlockList list;
  list.add_address("127.0.0.1");
  Socket socket = create_socket(t.io, {.type = "udp4", .send_block_list = list});
  socket.bind(0, "127.0.0.1", [socket]() mutable { socket.connect(9, "127.0.0.1"); });
}

NODE_SCENARIO("connect_block_list/unbound") {
  BlockList list;
  list.add_address("127.0.0.1");
  Socket socket = create_socket(t.io, {.type = "udp4", .send_block_list = list});
  t.on(socket, "socket", event::listening, event::connect, event::error);
  socket.connect(9, "127.0.0.1", [&t, socket](const Error* error) mutable {
    t.error("callback", *error);
    socket.close();
  });
}

NODE_SCENARIO("connect_block_list/to-the-default-address") {
  BlockList list;
  list.add_subnet("127.0.0.0", 8);
  Socket socket = create_socket(t.io, {.type = "udp4", .send_block_list = list});
  socket.connect(9, [&t, socket](const Error* error) mutable {
    t.error("callback", *error);
    socket.close();
  });
}

NODE_SCENARIO("connect_block_list/again") {
  // A refused socket is not connected, and may be connected to others.
  BlockList list;
  list.add_address("127.0.0.1");
  Socket socket = create_socket(t.io, {.type = "udp4", .send_block_list = list});
  socket.connect(9, "127.0.0.1", [&t, socket](const Error* error) mutable {
    t.error("callback", *error);
    t.throws("remoteAddress", [&] { return socket.remote_address(); });
    socket.connect(9, "127.0.0.2", [&t, socket](const Error*) mutable {
      t.returns("remoteAddress", [&] { return socket.remote_address(); });
      socket.close();
    });
  });
}

NODE_SCENARIO("connect_block_list/sync") {
  BlockList list;
  list.add_address("127.0.0.1");
  Socket socket = create_socket(t.io, {.type = "udp4", .send_block_list = list});
  t.on(socket, "socket", event::listening, event::connect, event::error);
  t.throws("connectSync", [&] { socket.connect_sync(9, "127.0.0.1"); });
  t.throws("to the default", [&] { socket.connect_sync(9); });
  t.throws("remoteAddress", [&] { return socket.remote_address(); });
  t.returns("to another", [&] { socket.connect_sync(9, "127.0.0.2"); });
  t.returns("remoteAddress", [&] { return socket.remote_address(); });
  socket.on(event::connect, [socket]() mutable { socket.close(); });
}

NODE_SCENARIO("connect_block_list/sync-binds-first") {
  BlockList list;
  list.add_address("127.0.0.1");
  Socket socket = create_socket(t.io, {.type = "udp4", .send_block_list = list});
  t.on(socket, "socket", event::listening, event::connect, event::error);
  t.throws("connectSync", [&] { socket.connect_sync(9, "127.0.0.1"); });
  t.port(socket, "socket");
  t.returns("address", [&] { return socket.address(); });
  socket.on(event::listening, [socket]() mutable { socket.close(); });
}

NODE_SCENARIO("connect_block_list/to-the-wrong-family") {
  // The list is asked before the system.
  BlockList list;
  list.add_address("::1");
  Socket socket = create_socket(t.io, {.type = "udp4", .send_block_list = list});
  t.throws("connectSync", [&] { socket.connect_sync(9, "::1"); });
  t.throws("connectSync to another", [&] { socket.connect_sync(9, "::2"); });
  socket.connect(9, "::1", [&t, socket](const Error* error) mutable {
    t.error("connect", *error);
    socket.close();
  });
}

NODE_SCENARIO("connect_block_list/by-name") {
  // What counts, and what the error tells, is what the name stands for.
  BlockList list;
  list.add_address("127.0.0.2");
  const auto lookup = [&t](const std::string& hostname, int, auto callback) {
    const std::string address = hostname == "somewhere" ? "127.0.0.2" : hostname;
    next_tick(t.io, [callback, address] { callback(nullptr, address); });
  };
  Socket socket = create_socket(t.io, {.type = "udp4", .lookup = lookup, .send_block_list = list});
  socket.connect(9, "somewhere", [&t, socket](const Error* error) mutable {
    t.error("callback", *error);
    socket.close();
  });
}

NODE_SCENARIO("connect_block_list/to-an-unknown-name") {
  BlockList list;
  list.add_subnet("0.0.0.0", 0);
  const auto lookup = [&t](const std::string& hostname, int, auto callback) {
    next_tick(t.io, [callback, hostname] {
      const Error no = test::plain_error("no");
      callback(hostname == "somewhere" ? &no : nullptr, hostname);
    });
  };
  Socket socket = create_socket(t.io, {.type = "udp4", .lookup = lookup, .send_block_list = list});
  socket.connect(9, "somewhere", [&t, socket](const Error* error) mutable {
    t.error("callback", *error);
    socket.close();
  });
}

}  // namespace node_connect_block_list_test
