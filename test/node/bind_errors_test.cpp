// bind that fails: what the error says, who gets it, and that the socket may be bound again:
// scenarios/bind_errors.js.
#include <array>
#include <string>

#include "scenario.hpp"

namespace node_bind_errors_test {

namespace event = dgram::node::event;
using dgram::node::create_socket;
using dgram::node::Error;
using dgram::node::next_tick;
using dgram::node::Socket;

NODE_SCENARIO("bind_errors/address-in-use") {
  Socket first = create_socket(t.io, "udp4");
  Socket second = create_socket(t.io, "udp4");
  first.bind(0, "127.0.0.1", [&t, first, second]() mutable {
    t.port(first, "first");
    t.returns("bind", [&] { return second.bind(first.address().port, "127.0.0.1"); });
    t.log("after bind");
  });
  second.on(event::error, [&t, first, second](const Error& error) mutable {
    t.error("second", error);
    first.close();
    second.close();
  });
}

NODE_NETWORK_SCENARIO("bind_errors/address-not-available") {
  Socket socket = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::error);
  socket.on(event::error, [socket](const auto&) mutable { socket.close(); });
  socket.bind(12345, "192.0.2.1");
}

NODE_SCENARIO("bind_errors/address-not-available-any-port") {
  Socket socket = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::error);
  socket.on(event::error, [socket](const auto&) mutable { socket.close(); });
  socket.bind(0, "192.0.2.1");
}

NODE_SCENARIO("bind_errors/ipv6-address-for-udp4") {
  Socket socket = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::error);
  socket.on(event::error, [socket](const auto&) mutable { socket.close(); });
  socket.bind(0, "::1");
}

NODE_NETWORK_SCENARIO("bind_errors/ipv4-address-for-udp6") {
  Socket socket = create_socket(t.io, "udp6");
  t.on(socket, "socket", event::error);
  socket.on(event::error, [socket](const auto&) mutable { socket.close(); });
  socket.bind(0, "127.0.0.1");
}

NODE_NETWORK_SCENARIO("bind_errors/link-local-without-zone") {
  Socket socket = create_socket(t.io, "udp6");
  t.on(socket, "socket", event::error);
  socket.on(event::error, [socket](const auto&) mutable { socket.close(); });
  socket.bind(12345, "fe80::ff:fe00:1");
}

NODE_NETWORK_SCENARIO("bind_errors/link-local-of-another-interface") {
  Socket socket = create_socket(t.io, "udp6");
  t.on(socket, "socket", event::error);
  socket.on(event::error, [socket](const auto&) mutable { socket.close(); });
  socket.bind(12345, "fe80::ff:fe00:1%eth1");
}

NODE_SCENARIO("bind_errors/name-is-unknown") {
  Socket socket = create_socket(
      t.io, test::udp4_with_lookup([&t](const std::string& hostname, int, auto callback) {
        next_tick(t.io, [callback, error = test::not_found(hostname)] { callback(&error, {}); });
      }));
  t.on(socket, "socket", event::listening, event::error);
  socket.on(event::error, [&t, socket](const auto&) mutable {
    t.throws("address", [&] { return socket.address(); });
    socket.close();
  });
  socket.bind(0, "nowhere.invalid");
}

NODE_SCENARIO("bind_errors/without-a-listener") {
  Socket socket = create_socket(t.io, "udp4");
  socket.bind(0, "192.0.2.1");
}

NODE_SCENARIO("bind_errors/without-a-listener-survived") {
  t.survive();
  Socket socket = create_socket(t.io, "udp4");
  socket.bind(0, "192.0.2.1");
  t.settle([&t, socket]() mutable {
    t.returns("close", [&] { return socket.close(); });
    socket.on(event::close, [&t] { t.log("close socket"); });
  });
}

NODE_SCENARIO("bind_errors/callback-swallows") {
  Socket socket = create_socket(t.io, "udp4");
  socket.bind(0, "192.0.2.1", [&t] { t.log("never called"); });
  t.settle([&t, socket]() mutable {
    t.log("nothing was reported");
    socket.close();
  });
}

NODE_SCENARIO("bind_errors/callback-is-not-called") {
  Socket socket = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::error);
  socket.bind(0, "192.0.2.1", [&t] { t.log("never called"); });
  t.settle([&t, socket]() mutable {
    t.returns("listeners of listening", [&] { return socket.listener_count(event::listening); });
    t.returns("listeners of error", [&] { return socket.listener_count(event::error); });
    socket.close();
  });
}

NODE_SCENARIO("bind_errors/callback-of-the-failed-bind-stays-silent") {
  Socket socket = create_socket(t.io, "udp4");
  socket.once(event::error, [&t, socket](const Error& error) mutable {
    t.error("socket", error);
    socket.bind(0, "127.0.0.1", [&t, socket]() mutable {
      t.log("second callback");
      socket.close();
    });
  });
  socket.bind(0, "192.0.2.1", [&t] { t.log("first callback: never called"); });
}

NODE_SCENARIO("bind_errors/many-failures-leave-no-listeners") {
  Socket socket = create_socket(t.io, "udp4");
  socket.on(event::error, [&t, socket, failures = 0](const auto&) mutable {
    if (++failures < 20) {
      socket.bind(0, "192.0.2.1", [&t] { t.log("never called"); });
    } else {
      next_tick(t.io, [&t, socket]() mutable {
        t.returns("listeners of listening",
                  [&] { return socket.listener_count(event::listening); });
        t.returns("listeners of error", [&] { return socket.listener_count(event::error); });
        socket.close();
      });
    }
  });
  socket.bind(0, "192.0.2.1", [&t] { t.log("never called"); });
}

NODE_SCENARIO("bind_errors/again-in-the-handler") {
  Socket first = create_socket(t.io, "udp4");
  Socket second = create_socket(t.io, "udp4");
  first.bind(0, "127.0.0.1", [&t, first, second]() mutable {
    t.port(first, "first");
    second.bind(first.address().port, "127.0.0.1");
  });
  second.on(event::error, [&t, second](const Error& error) mutable {
    t.error("second", error);
    second.bind(0, "127.0.0.1");
  });
  second.on(event::listening, [&t, first, second]() mutable {
    t.port(second, "second");
    t.returns("address", [&] { return second.address(); });
    first.close();
    second.close();
  });
}

NODE_SCENARIO("bind_errors/again-later") {
  Socket socket = create_socket(t.io, "udp4");
  socket.on(event::error, [&t, socket](const Error& error) mutable {
    t.error("socket", error);
    t.set_immediate([&t, socket]() mutable {
      socket.bind(0, "127.0.0.1", [&t, socket]() mutable {
        t.log("bound");
        socket.close();
      });
    });
  });
  socket.bind(0, "192.0.2.1");
}

NODE_SCENARIO("bind_errors/address-after-the-os-refused") {
  Socket socket = create_socket(t.io, "udp4");
  socket.on(event::error, [&t, socket](const auto&) mutable {
    t.returns("address", [&] { return socket.address(); });
    socket.close();
  });
  socket.bind(0, "192.0.2.1");
}

NODE_SCENARIO("bind_errors/address-after-the-lookup-failed") {
  Socket socket = create_socket(
      t.io, test::udp4_with_lookup([&t](const std::string&, int, auto callback) {
        next_tick(t.io, [callback, error = test::plain_error("no")] { callback(&error, {}); });
      }));
  socket.on(event::error, [&t, socket](const Error& error) mutable {
    t.error("socket", error);
    t.throws("address", [&] { return socket.address(); });
    socket.close();
  });
  socket.bind(0, "somewhere");
}

NODE_NETWORK_SCENARIO("bind_errors/address-after-it") {
  // There is a descriptor when the system was asked.
  struct Case {
    std::string type;
    std::string address;
    bool ipv6_only = false;
  };
  const std::array what = {Case{"udp4", "::1"},
                           Case{"udp6", "127.0.0.1"},
                           Case{"udp4", "127.0.0.1", true},
                           Case{"udp4", "192.0.2.1"},
                           Case{"udp6", "2001:db8::1"},
                           Case{"udp6", "fe80::ff:fe00:1"}};
  for (const Case& each : what) {
    dgram::node::SocketOptions options;
    options.type = each.type;
    options.ipv6_only = each.ipv6_only;
    Socket socket = create_socket(t.io, options);
    socket.on(event::error, [&t, socket, each](const Error& error) mutable {
      t.error(each.type + ' ' + each.address, error);
      t.throws("address", [&] { return socket.address(); });
      t.throws("setTTL", [&] { return socket.set_ttl(64); });
      t.throws("getRecvBufferSize", [&] { return socket.get_recv_buffer_size() > 0; });
      socket.close();
    });
    socket.bind(12345, each.address);
  }
}

NODE_SCENARIO("bind_errors/address-after-a-lookup") {
  const auto lookup = [](const std::string&, int, auto callback) {
    const Error failure = test::plain_error("no");
    callback(&failure, {});
  };
  Socket socket = create_socket(t.io, test::udp4_with_lookup(lookup));
  socket.on(event::error, [&t, socket](const Error& error) mutable {
    t.error("socket", error);
    t.throws("address", [&] { return socket.address(); });
    t.throws("setTTL", [&] { return socket.set_ttl(64); });
    socket.close();
  });
  socket.bind(0, "somewhere");
}

}  // namespace node_bind_errors_test
