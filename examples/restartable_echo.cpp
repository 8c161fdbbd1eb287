// An echo server that is replaced by starting it again: the new process takes over the socket of
// the old one, which answers what it holds and ends. Nobody who asks notices.
//
//   restartable_echo /run/echo/handover 127.0.0.1 9000 &
//   restartable_echo /run/echo/handover 127.0.0.1 9000 &   # the first one ends
#include <asio/experimental/awaitable_operators.hpp>
#include <asio/signal_set.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>
#include <csignal>
#include <dgram/dgram.hpp>
#include <dgram/process/handover.hpp>
#include <iostream>
#include <optional>
#include <utility>

#include "support.hpp"

namespace {

using namespace asio::experimental::awaitable_operators;

asio::awaitable<void> answer(dgram::Socket& socket, dgram::Datagram datagram) {
  if (!example::may_answer(datagram.remote(), socket.local_endpoint())) co_return;
  const dgram::SendOptions from_there = datagram.reply_options();
  std::error_code ec;
  co_await socket.send(datagram, datagram.remote(), from_there, ec);
  if (ec)
    std::cerr << "no answer to " << dgram::to_string(datagram.remote()) << ": " << ec.message()
              << '\n';
}

/// Ends when this process has been replaced, or told to end, and what it has is answered.
asio::awaitable<void> echo(dgram::Socket& socket) {
  std::error_code ec;
  for (;;) {
    dgram::Datagram datagram = co_await socket.recv(ec);
    if (ec == asio::error::eof) co_return;
    if (ec) throw dgram::Error(ec, "recv");
    co_await answer(socket, std::move(datagram));
  }
}

asio::awaitable<void> end_when_replaced(dgram::Handover& handover, dgram::Socket& socket) {
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  asio::signal_set signals(executor, SIGINT, SIGTERM);
  auto reason = co_await (handover.handed_over() || signals.async_wait(asio::use_awaitable));
  const bool told_to_end = reason.index() == 1;
  std::cout << (told_to_end ? "told to end" : "handed over") << std::endl;
  if (told_to_end)
    socket.drain();  // nobody comes after it: what the kernel has is answered here
  else
    socket.stop_receiving();  // what the kernel has is the successor's
}

/// The predecessor may be told to end just now, and keep its sockets for that. Then it answers what
/// it holds and goes, and what was taken over is this process's.
asio::awaitable<void> become_ready(dgram::Handover& handover) {
  std::error_code ec;
  co_await handover.ready(std::chrono::seconds(10), ec);
  while (ec == dgram::HandoverErrc::withdrawn) {
    // Either it serves on and is asked once more, or nobody is there. What comes is here already.
    const dgram::NamedDescriptors again = co_await handover.take_over();
    co_await handover.ready(std::chrono::seconds(10), ec);
  }
  if (ec) throw dgram::Error(ec, "ready", handover.path());
}

asio::awaitable<void> serve(std::string path, dgram::Endpoint local) {
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  // Before the socket, so that it ends after it: its end tells the successor that this process is
  // done.
  dgram::Handover handover(executor, std::move(path));

  dgram::SocketOptions options;
  options.receive_local_address = local.address().is_unspecified();
  options.recv_buffer_size = 1 << 20;  // room for what comes while nobody looks
  dgram::Socket socket(executor, options);

  dgram::NamedDescriptors taken = co_await handover.take_over();
  if (dgram::Descriptor descriptor = taken.take("echo")) {
    socket.adopt(std::move(descriptor));
    std::cout << "taken over" << std::endl;
  } else {
    socket.bind(local);
  }
  handover.offer("echo", socket.native_handle());
  co_await become_ready(handover);
  std::cout << "listening on " << dgram::to_string(socket.local_endpoint()) << std::endl;

  co_await (echo(socket) && end_when_replaced(handover, socket));
  const dgram::Stats stats = socket.stats();
  std::cout << "received " << stats.datagrams_received << ", sent " << stats.datagrams_sent
            << std::endl;
}

void start(const example::Arguments& arguments) {
  if (arguments.size() != 3) throw example::UsageError("three arguments, please");
  asio::io_context io;
  dgram::set_log_handler(io,
                         [](dgram::LogLevel, std::string_view text) { std::cerr << text << '\n'; });
  const dgram::Endpoint local =
      dgram::make_endpoint(arguments[1], example::port_number(arguments[2]));
  example::run(io, serve(arguments[0], local));
}

}  // namespace

int main(int argc, char** argv) {
  return example::run_main(
      argc,
      argv,
      "<path> <address> <port>\n"
      "Echoes UDP datagrams, on the socket of the process that serves at the path, else on the\n"
      "address given. That process then ends; start another one to replace this one.",
      start);
}
