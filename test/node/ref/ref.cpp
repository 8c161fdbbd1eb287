// Small programs that end by themselves or go on, by what they do with ref and unref. `run` starts
// each of them, and its namesake in ref.js.
#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>
#include <chrono>
#include <cstddef>
#include <dgram/node/socket.hpp>
#include <exception>
#include <iostream>
#include <map>
#include <string_view>

namespace {

namespace event = dgram::node::event;
using dgram::Datagram;
using dgram::node::create_socket;
using dgram::node::Error;
using dgram::node::RemoteInfo;
using dgram::node::Socket;

// Answers what it is sent, and is closed by the word "close".
Socket answerer(asio::io_context& io) {
  Socket socket = create_socket(io, "udp4");
  socket.on(event::listening, [socket] {
    std::cout << "listening on 127.0.0.1:" << socket.address().port << std::endl;
  });
  socket.on(event::message, [socket](const Datagram& msg, const RemoteInfo& rinfo) mutable {
    const bool closes = msg.text() == "close";
    socket.send(
        msg, rinfo.port(), rinfo.address(), [socket, closes](const Error*, std::size_t) mutable {
          if (closes) socket.close();
        });
  });
  socket.on(event::close, [] { std::cout << "closed" << std::endl; });
  return socket;
}

void unbound(asio::io_context& io) {
  answerer(io);
  io.run();
}

void bound(asio::io_context& io) {
  answerer(io).bind(0, "127.0.0.1");
  io.run();
}

void unref_before_bind(asio::io_context& io) {
  answerer(io).unref().bind(0, "127.0.0.1");
  io.run();
}

void unref_when_bound(asio::io_context& io) {
  Socket socket = answerer(io);
  socket.bind(0, "127.0.0.1", [&] { socket.unref(); });
  io.run();
}

void ref_before_bind(asio::io_context& io) {
  answerer(io).unref().unref().ref().bind(0, "127.0.0.1");
  io.run();
}

void ref_when_bound(asio::io_context& io) {
  Socket socket = answerer(io).unref();
  socket.bind(0, "127.0.0.1", [&] { socket.ref(); });
  io.run();
}

void unref_when_asked(asio::io_context& io) {
  Socket socket = answerer(io);
  socket.on(event::message, [&](const Datagram& msg, const RemoteInfo&) {
    if (msg.text() == "unref") socket.unref();
  });
  socket.bind(0, "127.0.0.1");
  io.run();
}

void one_of_two(asio::io_context& io) {
  Socket one = answerer(io);
  Socket two = answerer(io);
  two.unref();
  one.bind(0, "127.0.0.1", [&] { two.bind(0, "127.0.0.1"); });
  io.run();
}

// The timer keeps it alive. It ends a moment after the word "time".
void unref_with_timer(asio::io_context& io) {
  Socket socket = answerer(io).unref();
  asio::steady_timer timer(io, std::chrono::minutes(10));
  timer.async_wait([](std::error_code ec) {
    if (!ec) std::cout << "late" << std::endl;
  });
  socket.on(event::message, [&](const Datagram& msg, const RemoteInfo&) {
    if (msg.text() != "time") return;
    timer.expires_after(std::chrono::milliseconds(1));
    timer.async_wait([](std::error_code) { std::cout << "time is up" << std::endl; });
  });
  socket.bind(0, "127.0.0.1");
  io.run();
}

using Program = void (*)(asio::io_context& io);
const std::map<std::string_view, Program> programs = {
    {"unbound", unbound},
    {"bound", bound},
    {"unref-before-bind", unref_before_bind},
    {"unref-when-bound", unref_when_bound},
    {"ref-before-bind", ref_before_bind},
    {"ref-when-bound", ref_when_bound},
    {"unref-when-asked", unref_when_asked},
    {"one-of-two", one_of_two},
    {"unref-with-timer", unref_with_timer},
};

}  // namespace

int main(int argc, char** argv) try {
  asio::io_context io;
  programs.at(argc > 1 ? argv[1] : "")(io);
  std::cout << "end" << std::endl;
  return 0;
} catch (const std::exception& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
