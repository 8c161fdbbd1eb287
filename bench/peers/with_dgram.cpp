// dgram's coroutines, as a user would write them.
#include <array>
#include <asio/awaitable.hpp>
#include <asio/buffer.hpp>
#include <asio/co_spawn.hpp>
#include <dgram/dgram.hpp>
#include <exception>
#include <optional>
#include <span>

#include "../support/context.hpp"
#include "peers.hpp"
#include "ticks.hpp"

namespace bench::with_dgram {

namespace {

constexpr std::size_t batch = 16;

void rethrow(const std::exception_ptr& e) {
  if (e) std::rethrow_exception(e);
}

asio::awaitable<void> receive(dgram::Socket& socket, Tally& tally) {
  for (;;) {
    const dgram::Datagram datagram = co_await socket.recv();
    tally.take(datagram.size());
  }
}

asio::awaitable<void> receive_many(dgram::Socket& socket, Tally& tally) {
  std::array<dgram::Datagram, batch> datagrams;
  for (;;) {
    const std::size_t count = co_await socket.recv_many(datagrams);
    for (std::size_t i = 0; i < count; ++i) tally.take(datagrams[i].size());
  }
}

asio::awaitable<void> echo(dgram::Socket& socket) {
  for (;;) {
    const dgram::Datagram datagram = co_await socket.recv();
    co_await socket.send(datagram, datagram.remote());
  }
}

asio::awaitable<void> echo_many(dgram::Socket& socket) {
  std::array<dgram::Datagram, batch> datagrams;
  std::array<dgram::Outgoing, batch> answers;
  for (;;) {
    const std::size_t count = co_await socket.recv_many(datagrams);
    for (std::size_t i = 0; i < count; ++i) {
      const dgram::Datagram& datagram = datagrams[i];
      answers[i] =
          dgram::Outgoing(asio::buffer(datagram.data().data(), datagram.size()), datagram.remote());
    }
    const std::span<dgram::Outgoing> these(answers.data(), count);
    co_await socket.send_many(these);
    for (const dgram::Outgoing& answer : these)
      if (answer.result) throw dgram::Error(answer.result, "send_many");
  }
}

template <class Receiver>
void run_receiver(int descriptor,
                  const ToParent& parent,
                  Receiver receiver,
                  bool with_timer,
                  const dgram::SocketOptions& options = {}) {
  Context io;
  dgram::Socket socket(io, options);
  socket.adopt(descriptor);
  Tally tally(parent);
  std::optional<Ticks> ticks;
  if (with_timer) ticks.emplace(io, tally);
  asio::co_spawn(io, receiver(socket, tally), rethrow);
  parent.ready();
  io.run();
}

template <class Server>
void run_server(int descriptor, const ToParent& parent, Server server) {
  Context io;
  dgram::Socket socket(io);
  socket.adopt(descriptor);
  asio::co_spawn(io, server(socket), rethrow);
  parent.ready();
  io.run();
}

}  // namespace

std::vector<Peer> receivers() {
  const auto one_by_one = [](int socket, const ToParent& parent) {
    run_receiver(socket, parent, receive, false);
  };
  const auto many = [](int socket, const ToParent& parent) {
    run_receiver(socket, parent, receive_many, false);
  };
  return {{"recv", one_by_one}, {"recv_many", many}};
}

Peer gro_receiver() {
  return {"recv_gro", [](int socket, const ToParent& parent) {
            dgram::SocketOptions options;
            options.gro = true;
            run_receiver(socket, parent, receive, false, options);
          }};
}

Peer receiver_with_timer() {
  return {"recv",
          [](int socket, const ToParent& parent) { run_receiver(socket, parent, receive, true); }};
}

std::vector<Peer> echo_servers() {
  const auto one_by_one = [](int socket, const ToParent& parent) {
    run_server(socket, parent, echo);
  };
  const auto many = [](int socket, const ToParent& parent) {
    run_server(socket, parent, echo_many);
  };
  return {{"recv", one_by_one}, {"recv_many", many}};
}

}  // namespace bench::with_dgram
