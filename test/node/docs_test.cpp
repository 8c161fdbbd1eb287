// The examples of Node's documentation, with ports that the kernel chooses: scenarios/docs.js.
#include <array>
#include <stop_token>

#include "scenario.hpp"

namespace node_docs_test {

namespace event = dgram::node::event;
using dgram::node::create_socket;
using dgram::node::Error;
using dgram::node::Socket;

NODE_SCENARIO("docs/server") {
  Socket server = create_socket(t.io, "udp4");
  Socket client = create_socket(t.io, "udp4");

  server.on(event::error, [&t, server](const Error& error) mutable {
    t.error("server", error);
    server.close();
  });

  server.on(event::message, [&t, server, client](const auto& msg, const auto& rinfo) mutable {
    t.log("server got: " + std::string(msg.text()) + " from " + rinfo.address());
    server.close();
    client.close();
  });

  server.on(event::listening, [&t, server, client]() mutable {
    const auto address = server.address();
    t.log("server listening " + address.address);
    client.send("hello", address.port, "localhost");
  });

  server.bind(0);
}

NODE_SCENARIO("docs/server-error") {
  Socket server = create_socket(t.io, "udp4");

  server.on(event::error, [&t, server](const Error& error) mutable {
    t.error("server", error);
    server.close();
  });

  server.on(event::listening, [&t] { t.log("never called"); });

  server.bind(0, "192.0.2.1");
}

NODE_SCENARIO("docs/client") {
  Socket server = create_socket(t.io, "udp4");
  server.on(event::message, [&t, server](const auto& msg, const auto&) mutable {
    t.log("server got: " + std::string(msg.text()));
    server.close();
  });
  server.bind(0, [&t, server]() mutable {
    const std::string message = "Some bytes";
    Socket client = create_socket(t.io, "udp4");
    client.send(message,
                server.address().port,
                "localhost",
                [&t, client](const Error* error, std::size_t) mutable {
                  t.log(std::string("error: ") + (error ? error->what() : "null"));
                  client.close();
                });
  });
}

NODE_SCENARIO("docs/client-with-buffers") {
  Socket server = create_socket(t.io, "udp4");
  server.on(event::message, [&t, server](const auto& msg, const auto&) mutable {
    t.log("server got: " + std::string(msg.text()));
    server.close();
  });
  server.bind(0, [&t, server]() mutable {
    const asio::const_buffer buf1("Some ", 5);
    const asio::const_buffer buf2("bytes", 5);
    Socket client = create_socket(t.io, "udp4");
    client.send(std::array{buf1, buf2},
                server.address().port,
                [&t, client](const Error* error, std::size_t) mutable {
                  t.log(std::string("error: ") + (error ? error->what() : "null"));
                  client.close();
                });
  });
}

NODE_SCENARIO("docs/connected-client") {
  Socket server = create_socket(t.io, "udp4");
  server.on(event::message, [&t, server](const auto& msg, const auto&) mutable {
    t.log("server got: " + std::string(msg.text()));
    server.close();
  });
  server.bind(0, [&t, server]() mutable {
    const std::string message = "Some bytes";
    Socket client = create_socket(t.io, "udp4");
    client.connect(
        server.address().port, "localhost", [&t, client, message](const Error* error) mutable {
          t.log(std::string("connected: ") + (error ? error->what() : "undefined"));
          client.send(message, [&t, client](const Error* failure, std::size_t) mutable {
            t.log(std::string("sent: ") + (failure ? failure->what() : "null"));
            client.close();
          });
        });
  });
}

NODE_SCENARIO("docs/exclusive") {
  Socket socket = create_socket(t.io, "udp4");
  socket.on(event::listening, [&t, socket]() mutable {
    t.port(socket, "socket");
    t.returns("address", [&] { return socket.address(); });
    socket.close();
  });
  socket.bind({
      .port = 0,
      .address = "localhost",
      .exclusive = true,
  });
}

NODE_SCENARIO("docs/abort") {
  std::stop_source controller;
  dgram::node::SocketOptions options;
  options.type = "udp4";
  options.signal = controller.get_token();
  Socket server = create_socket(t.io, options);
  server.on(event::message,
            [&t](const auto& msg, const auto& rinfo) { t.message("server", msg, rinfo); });
  server.on(event::close, [&t] { t.log("close"); });
  // Later, when you want to close the server.
  controller.request_stop();
}

NODE_NETWORK_SCENARIO("docs/multicast-interface") {
  Socket six = create_socket(t.io, "udp6");
  six.bind(12345, [&t, six]() mutable {
    t.returns("udp6", [&] { six.set_multicast_interface("::%eth1"); });
    six.close();
  });
  Socket four = create_socket(t.io, "udp4");
  four.bind(23456, [&t, four]() mutable {
    t.returns("udp4", [&] { four.set_multicast_interface("10.0.1.1"); });
    four.close();
  });
}

NODE_NETWORK_SCENARIO("docs/membership") {
  t.ip("route add 224.0.0.0/4 dev eth0");
  Socket socket = create_socket(t.io, "udp4");
  socket.bind(1234, [&t, socket]() mutable {
    t.returns("addMembership", [&] { socket.add_membership("224.0.0.114"); });
    socket.close();
  });
}

}  // namespace node_docs_test
