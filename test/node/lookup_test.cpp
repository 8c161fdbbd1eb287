// The lookup option: when it is asked, with what, and what becomes of its answers:
// scenarios/lookup.js.
#include <memory>
#include <string>

#include "scenario.hpp"

namespace node_lookup_test {

namespace event = dgram::node::event;
using dgram::node::create_socket;
using dgram::node::Error;
using dgram::node::Socket;

NODE_SCENARIO("lookup/is-asked-for-everything") {
  // For addresses and for defaults, too; not for a send of a connected socket.
  const auto lookup = [&t](const std::string& hostname, int family, auto callback) {
    t.log("lookup " + hostname + ' ' + std::to_string(family));
    dgram::node::next_tick(t.io, [callback, hostname] { callback(nullptr, hostname); });
  };
  Socket socket = create_socket(t.io, test::udp4_with_lookup(lookup));
  socket.bind(0, [&t, socket]() mutable {
    t.log("bound");
    socket.send("x", 9, [&t, socket](const Error*, std::size_t) mutable {
      t.log("sent");
      socket.send("x", 9, "127.0.0.2", [&t, socket](const Error*, std::size_t) mutable {
        t.log("sent");
        socket.connect(9, [&t, socket](const Error*) mutable {
          t.log("connected");
          socket.send("", [&t, socket](const Error*, std::size_t) mutable {
            t.log("sent");
            socket.close();
          });
        });
      });
    });
  });
}

NODE_NETWORK_SCENARIO("lookup/is-asked-by-udp6") {
  dgram::node::SocketOptions options;
  options.type = "udp6";
  options.lookup = [&t](const std::string& hostname, int family, auto callback) {
    t.log("lookup " + hostname + ' ' + std::to_string(family));
    dgram::node::next_tick(t.io, [callback, hostname] { callback(nullptr, hostname); });
  };
  Socket socket = create_socket(t.io, options);
  socket.bind(0, [socket]() mutable {
    socket.send("x", 9, [socket](const Error*, std::size_t) mutable {
      socket.connect(9, [socket](const Error*) mutable { socket.close(); });
    });
  });
}

NODE_SCENARIO("lookup/is-asked-per-send") {
  const auto lookups = std::make_shared<int>();
  const auto lookup = [&t, lookups](const std::string& hostname, int, auto callback) {
    if (hostname == "receiver") ++*lookups;
    dgram::node::next_tick(t.io, [callback] { callback(nullptr, "127.0.0.1"); });
  };
  Socket socket = create_socket(t.io, test::udp4_with_lookup(lookup));
  socket.bind(0, "127.0.0.1", [socket]() mutable {
    const int port = socket.address().port;
    socket.send("1", port, "receiver");
    socket.send("2", port, "receiver");
    socket.send("3", port, "receiver");
  });
  socket.on(event::message, [&t, socket, lookups, messages = 0](const auto&, const auto&) mutable {
    if (++messages < 3) return;
    t.log(std::to_string(*lookups) + " lookups");
    socket.close();
  });
}

NODE_SCENARIO("lookup/not-asked-before-the-checks") {
  Socket socket =
      create_socket(t.io, test::udp4_with_lookup([&t](const std::string& hostname, int, auto) {
                      t.log("never asked: " + hostname);
                    }));
  t.throws("send", [&] { socket.send("x", 0, "somewhere"); });
  t.throws("connect", [&] { socket.connect(0, "somewhere"); });
  socket.close();
  t.throws("bind", [&] { socket.bind(0, "somewhere"); });
}

NODE_SCENARIO("lookup/name-becomes-address") {
  Socket socket = create_socket(
      t.io, test::udp4_with_lookup([&t](const std::string& hostname, int, auto callback) {
        t.set_immediate(
            [callback, hostname] { callback(nullptr, hostname == "me" ? "127.0.0.1" : hostname); });
      }));
  t.on(socket, "socket", event::message);
  socket.bind(0, "me", [&t, socket]() mutable {
    t.port(socket, "socket");
    t.returns("address", [&] { return socket.address(); });
    socket.connect(socket.address().port, "me", [&t, socket](const Error*) mutable {
      t.returns("remoteAddress", [&] { return socket.remote_address(); });
      socket.send("x");
    });
  });
  socket.on(event::message, [socket](const auto&, const auto&) mutable { socket.close(); });
}

NODE_SCENARIO("lookup/error-of-bind-names-the-address") {
  Socket socket =
      create_socket(t.io, test::udp4_with_lookup([&t](const std::string&, int, auto callback) {
                      dgram::node::next_tick(t.io, [callback] { callback(nullptr, "192.0.2.1"); });
                    }));
  socket.on(event::error, [&t, socket](const Error& error) mutable {
    t.error("socket", error);
    socket.close();
  });
  socket.bind(0, "somewhere");
}

NODE_SCENARIO("lookup/error-of-connect-names-the-host") {
  Socket socket = create_socket(
      t.io, test::udp4_with_lookup([&t](const std::string& hostname, int, auto callback) {
        const std::string address = hostname == "somewhere" ? "::1" : hostname;
        dgram::node::next_tick(t.io, [callback, address] { callback(nullptr, address); });
      }));
  socket.connect(9, "somewhere", [&t, socket](const Error* error) mutable {
    t.error("connect", *error);
    socket.send("x", 9, "somewhere", [&t, socket](const Error* failure, std::size_t bytes) mutable {
      t.sent("x", failure, bytes);
      socket.close();
    });
  });
}

NODE_SCENARIO("lookup/wrong-family-for-bind") {
  Socket socket =
      create_socket(t.io, test::udp4_with_lookup([&t](const std::string&, int, auto callback) {
                      dgram::node::next_tick(t.io, [callback] { callback(nullptr, "::1"); });
                    }));
  socket.on(event::error, [&t, socket](const Error& error) mutable {
    t.error("socket", error);
    socket.close();
  });
  socket.bind(0, "somewhere");
}

NODE_SCENARIO("lookup/fails-inside-bind") {
  Socket socket =
      create_socket(t.io, test::udp4_with_lookup([](const std::string&, int, auto callback) {
                      const Error error = test::plain_error("no");
                      callback(&error, {});
                    }));
  t.on(socket, "socket", event::error, event::close);
  socket.bind(0, "somewhere");
  t.log("bind has returned");
  socket.close();
}

NODE_SCENARIO("lookup/fails-inside-bind-and-nobody-listens") {
  // Then bind throws. The socket may be bound again.
  const auto fail = std::make_shared<bool>(true);
  Socket socket =
      create_socket(t.io, test::udp4_with_lookup([fail](const std::string&, int, auto callback) {
                      const Error error = test::plain_error("no");
                      if (*fail)
                        callback(&error, {});
                      else
                        callback(nullptr, "127.0.0.1");
                    }));
  t.throws("bind", [&] { return socket.bind(0, "somewhere"); });
  *fail = false;
  t.returns("bind again", [&] { return socket.bind(0, "somewhere", [&t] { t.log("callback"); }); });
  socket.close();
}

NODE_SCENARIO("lookup/fails-inside-connect") {
  Socket socket = create_socket(
      t.io, test::udp4_with_lookup([](const std::string& hostname, int, auto callback) {
        const Error error = test::plain_error("no");
        if (hostname == "somewhere")
          callback(&error, {});
        else
          callback(nullptr, hostname);
      }));
  t.on(socket, "socket", event::error, event::close);
  socket.bind(0, "127.0.0.1");
  socket.connect(9, "somewhere", [&t](const Error* error) { t.error("callback", *error); });
  t.log("connect has returned");
  t.throws("remoteAddress", [&] { return socket.remote_address(); });
  t.tick("after connect");
  t.set_immediate([socket]() mutable { socket.close(); });
}

NODE_SCENARIO("lookup/fails-inside-send") {
  Socket socket = create_socket(
      t.io, test::udp4_with_lookup([](const std::string& hostname, int, auto callback) {
        const Error error = test::plain_error("no");
        if (hostname == "somewhere")
          callback(&error, {});
        else
          callback(nullptr, hostname);
      }));
  t.on(socket, "socket", event::error, event::close);
  socket.bind(0, "127.0.0.1");
  socket.send("x", 9, "somewhere", [&t](const Error* error, std::size_t bytes) {
    t.sent("with callback", error, bytes);
  });
  socket.send("x", 9, "somewhere");
  t.log("send has returned");
  t.tick("after send");
  t.set_immediate([socket]() mutable { socket.close(); });
}

NODE_SCENARIO("lookup/throws-in-bind") {
  Socket socket = create_socket(t.io, test::udp4_with_lookup([](const std::string&, int, auto) {
                                  throw test::plain_error("thrown by lookup");
                                }));
  t.on(socket, "socket", event::error, event::close);
  t.throws("bind", [&] { return socket.bind(0, "somewhere"); });
  t.throws("bind again", [&] { return socket.bind(0, "somewhere"); });
  socket.close();
}

NODE_SCENARIO("lookup/throws-in-connect") {
  Socket socket = create_socket(
      t.io, test::udp4_with_lookup([](const std::string& hostname, int, auto callback) {
        if (hostname == "somewhere") throw test::plain_error("thrown by lookup");
        callback(nullptr, hostname);
      }));
  t.on(socket, "socket", event::error, event::close);
  socket.bind(0, "127.0.0.1");
  t.throws("connect", [&] { socket.connect(9, "somewhere"); });
  t.throws("connect again", [&] { socket.connect(9, "somewhere"); });
  socket.close();
}

NODE_SCENARIO("lookup/throws-in-send") {
  Socket socket = create_socket(
      t.io, test::udp4_with_lookup([](const std::string& hostname, int, auto callback) {
        if (hostname == "somewhere") throw test::plain_error("thrown by lookup");
        callback(nullptr, hostname);
      }));
  t.on(socket, "socket", event::error, event::close, event::message);
  socket.bind(0, "127.0.0.1");
  t.port(socket, "socket");
  t.throws("send", [&] {
    socket.send("x", 9, "somewhere", [&t](const Error*, std::size_t) { t.log("never called"); });
  });
  socket.send("the next", socket.address().port, "127.0.0.1");
  socket.on(event::message, [socket](const auto&, const auto&) mutable { socket.close(); });
}

NODE_SCENARIO("lookup/never-answers") {
  Socket socket = create_socket(t.io, test::udp4_with_lookup([](const std::string&, int, auto) {}));
  t.on(socket, "socket", event::listening, event::error, event::close);
  socket.bind(0, "somewhere", [&t] { t.log("never called"); });
  t.settle([&t, socket]() mutable {
    t.throws("bind", [&] { return socket.bind(0, "127.0.0.1"); });
    t.returns("close", [&] { return socket.close(); });
  });
}

NODE_SCENARIO("lookup/never-answers-a-send") {
  Socket socket = create_socket(t.io, test::udp4_with_lookup([](const std::string&, int, auto) {}));
  t.on(socket, "socket", event::listening, event::error, event::close);
  socket.send("x", 9, "somewhere", [&t](const Error* error, std::size_t bytes) {
    t.sent("x", error, bytes);
  });
  t.returns("close", [&] { return socket.close(); });
  t.settle([&t, socket] { t.throws("address", [&] { return socket.address(); }); });
}

NODE_SCENARIO("lookup/answers-inside-send") {
  // Then the datagram is on its way when send returns, and bytes may change.
  Socket socket = create_socket(
      t.io, test::udp4_with_lookup([](const std::string& hostname, int, auto callback) {
        callback(nullptr, hostname);
      }));
  t.on(socket, "socket", event::message);
  socket.bind(0, "127.0.0.1");
  t.port(socket, "socket");
  std::string buffer = "before";
  socket.send(
      buffer, socket.address().port, "127.0.0.1", [&t](const Error* error, std::size_t bytes) {
        t.sent("it", error, bytes);
      });
  buffer = "after!";
  t.log("send has returned");
  socket.on(event::message, [socket](const auto&, const auto&) mutable { socket.close(); });
}

NODE_SCENARIO("lookup/unbound-send-inside") {
  // All of it inside send: bind, 'listening', the system call.
  Socket socket = create_socket(
      t.io, test::udp4_with_lookup([&t](const std::string& hostname, int, auto callback) {
        t.log("lookup " + hostname);
        callback(nullptr, hostname);
      }));
  t.on(socket, "socket", event::listening, event::close);
  socket.send("x", 9, "127.0.0.1", [&t, socket](const Error* error, std::size_t bytes) mutable {
    t.sent("x", error, bytes);
    socket.close();
  });
  t.log("send has returned");
}

NODE_SCENARIO("lookup/listener-comes-too-late") {
  // A listener that is added after bind comes too late for a lookup that answers inside it.
  Socket socket = create_socket(
      t.io, test::udp4_with_lookup([](const std::string& hostname, int, auto callback) {
        callback(nullptr, hostname);
      }));
  t.returns("bind", [&] { return socket.bind(0, "127.0.0.1"); });
  socket.on(event::listening, [&t] { t.log("never called"); });
  t.settle([socket]() mutable { socket.close(); });
}

NODE_SCENARIO("lookup/names-that-are-too-long") {
  // What does not fit into the 256 bytes that the resolver keeps is refused at once.
  Socket socket = create_socket(t.io, "udp4");
  const auto words = [](const Error& error) {
    return error.code() + ' ' + std::to_string(error.number()) + ' ' + error.syscall() + ' ' +
           std::to_string(error.hostname().size());
  };
  socket.on(event::error, [&t, socket, words](const Error& error) mutable {
    t.log("bind " + words(error) + ' ' + std::to_string(error.message().size()));
    socket.bind(0, "127.0.0.1", [&t, socket, words]() mutable {
      socket.connect(9, std::string(300, 'x'), [&t, socket, words](const Error* failure) mutable {
        t.log("connect " + words(*failure));
        std::string name;
        for (int i = 0; i < 128; ++i) name += "x.";
        socket.send("x", 9, name, [&t, socket, words](const Error* refused) mutable {
          t.log("send " + words(*refused));
          socket.close();
        });
      });
    });
  });
  socket.bind(0, std::string(256, 'x'));
}

NODE_SCENARIO("lookup/of-the-system-and-close") {
  Socket socket = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::error, event::close);
  socket.bind(0, "127.0.0.1", [&t, socket]() mutable {
    socket.send("x", 9, "localhost", [&t](const Error* error, std::size_t bytes) {
      t.sent("x", error, bytes);
    });
    socket.send("y", 9, "localhost");
    socket.close();
    t.settle([&t] { t.log("nothing more happened"); });
  });
}

NODE_SCENARIO("lookup/of-the-system-to-connect-and-close") {
  Socket socket = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::error, event::close);
  socket.bind(0, "127.0.0.1", [&t, socket]() mutable {
    socket.connect(9, "localhost", [&t](const Error* error) { t.error("connect", *error); });
    socket.close();
    t.settle([&t] { t.log("nothing more happened"); });
  });
}

}  // namespace node_lookup_test
