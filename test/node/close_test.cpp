// close: when 'close' comes, who hears it, and what becomes of what was under way:
// scenarios/close.js.
#include <asio/awaitable.hpp>
#include <asio/co_spawn.hpp>
#include <exception>
#include <utility>

#include "scenario.hpp"

namespace node_close_test {

namespace event = dgram::node::event;
using dgram::node::create_socket;
using dgram::node::Error;
using dgram::node::Lookup;
using dgram::node::Socket;
using test::plain_error;
using test::udp4_with_lookup;

namespace {

/// A lookup that finds 127.0.0.1 at once, and of other names, in an immediate, says that there are
/// none.
Lookup finds_nothing_else(test::Trace& t) {
  return [&t](const std::string& hostname, int, auto callback) {
    if (hostname == "127.0.0.1")
      callback(nullptr, hostname);
    else
      t.set_immediate([callback, error = plain_error("no " + hostname)] { callback(&error, {}); });
  };
}

// A coroutine does not begin inside co_spawn() with every Asio. Two begin in their order with all.
void start(test::Trace& t, asio::awaitable<void> coroutine) {
  asio::co_spawn(t.io, std::move(coroutine), [](std::exception_ptr thrown) {
    if (thrown) std::rethrow_exception(thrown);
  });
}

/// socket[Symbol.asyncDispose]().then(…)
asio::awaitable<void> dispose(test::Trace& t, Socket socket) {
  co_await socket.async_dispose();
  t.log("disposed: undefined");
}

/// What JavaScript does behind the call, while it waits.
asio::awaitable<void> address_throws(test::Trace& t, Socket socket) {
  t.throws("address", [&] { return socket.address(); });
  co_return;
}

}  // namespace

NODE_SCENARIO("close/returns-the-socket") {
  Socket socket = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::close);
  t.returns("close", [&] { return socket.close(); });
}

NODE_SCENARIO("close/unbound") {
  Socket socket = create_socket(t.io, "udp4");
  socket.on(event::close, [&t] { t.log("listener"); });
  socket.close([&t] { t.log("callback"); });
  t.log("close has returned");
  t.tick("after close");
}

NODE_SCENARIO("close/callback-is-an-ordinary-listener") {
  Socket socket = create_socket(t.io, "udp4");
  socket.on(event::close, [&t] { t.log("listener before"); });
  socket.close([&t] { t.log("callback"); });
  socket.on(event::close, [&t, socket] {
    t.log("listener after");
    t.returns("listeners", [&] { return socket.listener_count(event::close); });
  });
}

NODE_SCENARIO("close/listener-added-after-close") {
  Socket socket = create_socket(t.io, "udp4");
  socket.bind(0, "127.0.0.1", [&t, socket]() mutable {
    socket.close();
    t.on(socket, "socket", event::close);
    t.log("close has returned");
  });
}

NODE_SCENARIO("close/twice") {
  Socket socket = create_socket(t.io, "udp4");
  socket.bind(0, "127.0.0.1", [&t, socket]() mutable {
    socket.close([&t] { t.log("first callback"); });
    t.throws("close again", [&] { return socket.close([&t] { t.log("second callback"); }); });
  });
}

NODE_SCENARIO("close/after-the-event") {
  Socket socket = create_socket(t.io, "udp4");
  socket.close([&t, socket]() mutable {
    t.throws("close in the event", [&] { return socket.close([&t] { t.log("never called"); }); });
    t.set_immediate([&t, socket]() mutable {
      t.throws("close later", [&] { return socket.close([&t] { t.log("never called"); }); });
    });
  });
}

NODE_SCENARIO("close/one-event") {
  Socket socket = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::close);
  socket.bind(0, "127.0.0.1", [&t, socket]() mutable {
    socket.close();
    try {
      socket.close();
    } catch (const Error&) {
      t.log("the second close threw");
    }
    t.settle([&t] { t.log("end"); });
  });
}

NODE_SCENARIO("close/in-listening") {
  Socket socket = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::listening, event::close, event::error);
  socket.on(event::listening, [&t, socket]() mutable {
    t.returns("close", [&] { return socket.close(); });
    t.throws("address", [&] { return socket.address(); });
  });
  socket.bind(0, "127.0.0.1", [&t] { t.log("the callback of bind comes after that"); });
}

NODE_SCENARIO("close/while-binding") {
  Socket socket = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::listening, event::close, event::error);
  socket.bind(0, "127.0.0.1", [&t] { t.log("never called"); });
  socket.close([&t] { t.log("close callback"); });
  t.throws("bind", [&] { return socket.bind(0, "127.0.0.1"); });
}

NODE_SCENARIO("close/while-looking-up-to-bind") {
  Socket socket =
      create_socket(t.io, udp4_with_lookup([&t](const std::string&, int, auto callback) {
                      t.set_immediate([&t, callback] {
                        t.log("the lookup answers");
                        callback(nullptr, "127.0.0.1");
                      });
                    }));
  t.on(socket, "socket", event::listening, event::close, event::error);
  socket.bind(0, "somewhere");
  socket.close();
}

NODE_SCENARIO("close/while-the-lookup-to-bind-fails") {
  Socket socket =
      create_socket(t.io, udp4_with_lookup([&t](const std::string&, int, auto callback) {
                      t.set_immediate([&t, callback] {
                        t.log("the lookup fails");
                        const Error no = plain_error("no");
                        callback(&no, {});
                      });
                    }));
  t.on(socket, "socket", event::listening, event::close, event::error);
  socket.bind(0, "somewhere");
  socket.close();
}

NODE_SCENARIO("close/while-connecting") {
  Socket socket = create_socket(t.io, "udp4");
  t.on(socket, "socket", event::connect, event::close, event::error);
  socket.bind(0, "127.0.0.1", [&t, socket]() mutable {
    socket.connect(9, "127.0.0.1", [&t](const Error* error) {
      t.log("never called");
      if (error) t.error("connect", *error);
    });
    socket.close();
  });
}

NODE_SCENARIO("close/while-looking-up-to-connect") {
  Socket socket =
      create_socket(t.io, udp4_with_lookup([&t](const std::string& hostname, int, auto callback) {
                      if (hostname == "127.0.0.1") return callback(nullptr, hostname);
                      t.set_immediate([&t, hostname, callback] {
                        t.log("the lookup of " + hostname + " answers");
                        const Error no = plain_error("no");
                        if (hostname == "known")
                          callback(nullptr, "127.0.0.1");
                        else
                          callback(&no, {});
                      });
                    }));
  t.on(socket, "socket", event::connect, event::close, event::error);
  socket.bind(0, "127.0.0.1");
  socket.connect(9, "known", [&t](const Error* error) {
    t.log("never called");
    if (error) t.error("connect", *error);
  });
  socket.close();
}

NODE_SCENARIO("close/while-the-lookup-to-connect-fails") {
  Socket socket =
      create_socket(t.io, udp4_with_lookup([&t](const std::string& hostname, int, auto callback) {
                      if (hostname == "127.0.0.1") return callback(nullptr, hostname);
                      t.set_immediate([&t, hostname, callback] {
                        t.log("the lookup of " + hostname + " fails");
                        const Error no = plain_error("no");
                        callback(&no, {});
                      });
                    }));
  t.on(socket, "socket", event::connect, event::close, event::error);
  socket.bind(0, "127.0.0.1");
  socket.connect(9, "unknown", [&t](const Error* error) {
    t.log("never called");
    if (error) t.error("connect", *error);
  });
  socket.close();
}

NODE_SCENARIO("close/when-the-system-has-connected") {
  Socket socket =
      create_socket(t.io, udp4_with_lookup([](const std::string& hostname, int, auto callback) {
                      callback(nullptr, hostname);
                    }));
  t.on(socket, "socket", event::connect, event::close, event::error);
  socket.bind(0, "127.0.0.1");
  socket.connect(9, "127.0.0.1", [&t](const Error*) { t.log("connect callback"); });
  socket.close();
}

NODE_SCENARIO("close/after-send") {
  Socket receiver = create_socket(t.io, "udp4");
  Socket sender = create_socket(t.io, "udp4");
  t.on(receiver, "receiver", event::message);
  t.on(sender, "sender", event::close, event::error);
  receiver.bind(0, "127.0.0.1", [&t, receiver, sender]() mutable {
    t.port(receiver, "receiver");
    sender.bind(0, "127.0.0.1", [&t, receiver, sender]() mutable {
      sender.send(
          "x", receiver.address().port, "127.0.0.1", [&t](const Error* error, std::size_t bytes) {
            t.sent("x", error, bytes);
          });
      sender.close();
      t.settle([receiver]() mutable { receiver.close(); });
    });
  });
}

NODE_SCENARIO("close/after-connected-send") {
  Socket receiver = create_socket(t.io, "udp4");
  Socket sender = create_socket(t.io, "udp4");
  t.on(receiver, "receiver", event::message);
  t.on(sender, "sender", event::close, event::error);
  receiver.bind(0, "127.0.0.1", [&t, receiver, sender]() mutable {
    sender.connect(receiver.address().port, "127.0.0.1", [&t, sender](const Error*) mutable {
      t.port(sender, "sender");
      sender.send("x", [&t](const Error* error, std::size_t bytes) { t.sent("x", error, bytes); });
      sender.close();
    });
  });
  receiver.on(event::message, [receiver](const auto&, const auto&) mutable { receiver.close(); });
}

NODE_SCENARIO("close/in-the-callback-of-send") {
  Socket receiver = create_socket(t.io, "udp4");
  Socket sender = create_socket(t.io, "udp4");
  t.on(receiver, "receiver", event::message);
  t.on(sender, "sender", event::close);
  receiver.bind(0, "127.0.0.1", [&t, receiver, sender]() mutable {
    sender.send("x",
                receiver.address().port,
                "127.0.0.1",
                [&t, sender](const Error* error, std::size_t bytes) mutable {
                  t.port(sender, "sender");
                  t.sent("x", error, bytes);
                  sender.close();
                });
  });
  receiver.on(event::message, [receiver](const auto&, const auto&) mutable { receiver.close(); });
}

NODE_SCENARIO("close/lookup-error-after-close") {
  Socket socket = create_socket(t.io, udp4_with_lookup(finds_nothing_else(t)));
  t.on(socket, "socket", event::close, event::error);
  socket.bind(0, "127.0.0.1");
  socket.send("x", 9, "first", [&t](const Error* error, std::size_t bytes) {
    t.sent("with callback", error, bytes);
  });
  socket.send("x", 9, "second");
  socket.close();
}

NODE_SCENARIO("close/lookup-error-after-close-uncaught") {
  Socket socket = create_socket(t.io, udp4_with_lookup(finds_nothing_else(t)));
  t.on(socket, "socket", event::close);
  socket.bind(0, "127.0.0.1");
  socket.send("x", 9, "somewhere");
  socket.close();
}

NODE_SCENARIO("close/lookup-answers-after-close") {
  Socket socket =
      create_socket(t.io, udp4_with_lookup([&t](const std::string& hostname, int, auto callback) {
                      if (hostname == "127.0.0.1") return callback(nullptr, hostname);
                      t.set_immediate([&t, callback] {
                        t.log("the lookup answers");
                        callback(nullptr, "127.0.0.1");
                      });
                    }));
  t.on(socket, "socket", event::close, event::error);
  socket.bind(0, "127.0.0.1");
  socket.send("x", 9, "somewhere", [&t](const Error* error, std::size_t bytes) {
    t.sent("x", error, bytes);
  });
  socket.close();
}

NODE_SCENARIO("close/in-a-message") {
  Socket receiver = create_socket(t.io, "udp4");
  Socket sender = create_socket(t.io, "udp4");
  t.on(receiver, "receiver", event::message, event::close);
  receiver.on(event::message, [receiver](const auto&, const auto&) mutable { receiver.close(); });
  receiver.bind(0, "127.0.0.1", [&t, receiver, sender]() mutable {
    sender.connect(
        receiver.address().port, "127.0.0.1", [&t, receiver, sender](const Error*) mutable {
          t.port(sender, "sender");
          sender.send("1");
          t.readable(receiver);
          sender.send("2");
          sender.send("3");
          t.readable(receiver, 3);
          sender.close();
        });
  });
}

NODE_SCENARIO("close/other-listeners-of-the-message") {
  Socket socket = create_socket(t.io, "udp4");
  socket.on(event::message, [&t, socket](const auto&, const auto&) mutable {
    t.log("first listener");
    socket.close();
  });
  socket.on(event::message, [&t](const auto&, const auto&) { t.log("second listener"); });
  socket.bind(
      0, "127.0.0.1", [socket]() mutable { socket.send("x", socket.address().port, "127.0.0.1"); });
}

NODE_SCENARIO("close/in-error") {
  Socket socket = create_socket(t.io, "udp4");
  socket.on(event::error, [&t, socket](const Error& error) mutable {
    t.error("socket", error);
    socket.close([&t] { t.log("closed"); });
  });
  socket.bind(0, "192.0.2.1");
}

NODE_NETWORK_SCENARIO("close/frees-the-port-at-once") {
  Socket first = create_socket(t.io, "udp4");
  Socket second = create_socket(t.io, "udp4");
  first.bind(12345, "127.0.0.1", [&t, first, second]() mutable {
    first.close();
    second.bind(12345, "127.0.0.1", [&t, second]() mutable {
      t.returns("address", [&] { return second.address(); });
      second.close();
    });
  });
}

NODE_SCENARIO("close/dispose") {
  Socket socket = create_socket(t.io, "udp4");
  socket.on(event::close, [&t] { t.log("close socket"); });
  socket.bind(0, "127.0.0.1", [&t, socket] {
    start(t, dispose(t, socket));
    start(t, address_throws(t, socket));
  });
}

NODE_SCENARIO("close/dispose-unbound") {
  Socket socket = create_socket(t.io, "udp4");
  socket.on(event::close, [&t] { t.log("close socket"); });
  start(t, dispose(t, socket));
}

NODE_SCENARIO("close/dispose-a-closed-socket") {
  Socket socket = create_socket(t.io, "udp4");
  socket.close([&t, socket] {
    t.log("closed");
    start(t, dispose(t, socket));
  });
}

}  // namespace node_close_test
