// Adds up what is sent as "name:1|c", and says so every ten seconds. Usage: node_statsd [port]

#include <asio/io_context.hpp>
#include <asio/signal_set.hpp>
#include <asio/steady_timer.hpp>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <dgram/node/socket.hpp>
#include <iostream>
#include <map>
#include <regex>
#include <sstream>
#include <string>

namespace node = dgram::node;
using namespace std::chrono_literals;

namespace {

std::map<std::string, std::uint64_t> counters;

void flush() {
  for (const auto& [name, value] : counters) std::cout << name << ' ' << value << std::endl;
  counters.clear();
}

void on_message(const dgram::Datagram& message, const node::RemoteInfo& rinfo) {
  static const std::regex metric(R"(([\w.]+):(\d{1,9})\|c)");
  std::istringstream lines{std::string(message.text())};
  for (std::string line; std::getline(lines, line);) {
    std::smatch parts;
    if (!std::regex_match(line, parts, metric)) {
      std::cerr << rinfo.address() << ':' << rinfo.port() << " sent no metric: " << line << '\n';
      continue;
    }
    counters[parts[1]] += std::stoull(parts[2]);
  }
}

/// setInterval().
void every(asio::steady_timer& timer, std::chrono::seconds interval, void (*f)()) {
  timer.expires_after(interval);
  timer.async_wait([&timer, interval, f](std::error_code ec) {
    if (ec) return;  // cleared
    f();
    every(timer, interval, f);
  });
}

}  // namespace

int main(int argc, char* argv[]) {
  asio::io_context io;
  node::Socket server = node::create_socket(io, "udp4", on_message);

  server.on(node::event::error, [server](const node::Error& error) {
    std::cerr << error.what() << '\n';
    server.close();
  });

  server.on(node::event::listening, [server] {
    const node::AddressInfo own = server.address();
    std::cout << "listening on " << own.address << ':' << own.port << std::endl;
  });

  asio::signal_set signals(io, SIGTERM);
  asio::steady_timer timer(io);
  every(timer, 10s, flush);
  server.on(node::event::close, [&] {
    timer.cancel();
    signals.cancel();
    flush();
  });

  signals.async_wait([server](std::error_code ec, int) {
    if (!ec) server.close();
  });
  server.bind(argc > 1 ? std::atoi(argv[1]) : 8125);
  io.run();
}
