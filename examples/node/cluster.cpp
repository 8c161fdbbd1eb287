// An echo server of several processes that share a port. One that dies is replaced.
// Usage: node_cluster [port [workers]]
#include <unistd.h>

#include <asio/io_context.hpp>
#include <asio/signal_set.hpp>
#include <csignal>
#include <cstdlib>
#include <dgram/node/cluster/primary.hpp>
#include <dgram/node/cluster/worker.hpp>
#include <dgram/node/socket.hpp>
#include <iostream>
#include <string>
#include <string_view>

namespace node = dgram::node;
namespace cluster = dgram::node::cluster;

void work(int port) {
  asio::io_context io;
  const cluster::Worker worker(io);
  const node::Socket server = node::create_socket(io, "udp4");
  server.on(node::event::message,
            [server](const dgram::Datagram& message, const node::RemoteInfo& rinfo) {
              const std::string answer =
                  std::to_string(::getpid()) + ' ' + std::string(message.text());
              server.send(answer, rinfo.port(), rinfo.address());
            });
  server.bind(port);
  io.run();
}

void supervise(const cluster::Settings& settings, int workers) {
  asio::io_context io;
  const cluster::Primary primary(io, settings);

  primary.on(cluster::event::exit, [primary](const cluster::WorkerProcess& worker) {
    if (worker.exited_after_disconnect()) return;
    std::cout << "worker " << worker.id() << " died" << std::endl;
    primary.fork();
  });

  primary.on(cluster::event::listening,
             [](const cluster::WorkerProcess& worker, const cluster::ListeningInfo& info) {
               std::cout << "worker " << worker.id() << " listening on " << info.address << ':'
                         << info.port << std::endl;
             });

  asio::signal_set signals(io, SIGTERM);
  signals.async_wait([primary](std::error_code ec, int) {
    if (!ec) primary.disconnect();
  });
  for (int i = 0; i < workers; ++i) primary.fork();
  io.run();
}

int main(int argc, char* argv[]) {
  const int port = argc > 1 ? std::atoi(argv[1]) : 41234;
  const int workers = argc > 2 ? std::atoi(argv[2]) : 2;
  if (cluster::is_worker())
    work(port);
  else
    supervise({.args = {argv + 1, argv + argc}}, workers);
}
