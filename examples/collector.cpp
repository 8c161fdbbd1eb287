// Receives from many peers, logs through spdlog, counts per peer, and ends without losing what it
// has taken.
#include <spdlog/spdlog.h>

#include <array>
#include <asio/signal_set.hpp>
#include <asio/use_awaitable.hpp>
#include <csignal>
#include <dgram/dgram.hpp>
#include <map>
#include <optional>
#include <span>

#include "support.hpp"

namespace {

struct Count {
  std::uint64_t datagrams = 0;
  std::uint64_t bytes = 0;
};

class Collector {
 public:
  explicit Collector(dgram::Socket& socket) : socket_(socket) {}

  asio::awaitable<void> collect() {
    std::array<dgram::Datagram, 64> batch;
    std::error_code ec;  // none but the end is a reason to stop
    while (ec != asio::error::eof && socket_.is_open()) {
      const std::size_t received = co_await socket_.recv_many(batch, ec);
      for (dgram::Datagram& datagram : std::span(batch).first(received)) {
        count(datagram);
        datagram.reset();  // gives its memory back before the next wait
      }
    }
  }

  /// What the kernel has is collected yet.
  void end() {
    std::error_code ec;  // where the kernel cannot, a flood has to end first
    socket_.refuse_more(ec);
    socket_.drain();
  }

  void report() const {
    for (const auto& [peer, count] : peers_)
      spdlog::info(
          "{}: {} datagrams, {} bytes", dgram::to_string(peer), count.datagrams, count.bytes);
    if (others_.datagrams != 0)
      spdlog::info("other peers: {} datagrams, {} bytes", others_.datagrams, others_.bytes);
    const dgram::Stats stats = socket_.stats();
    spdlog::info(
        "received {}, dropped by the kernel {}", stats.datagrams_received, stats.kernel_drops);
  }

 private:
  // A sender's address is whatever the sender claims, so the table must not grow with every new
  // one.
  static constexpr std::size_t max_peers = 10'000;

  void count(const dgram::Datagram& datagram) {
    spdlog::debug("{} bytes from {}", datagram.size(), dgram::to_string(datagram.remote()));
    const bool has_room = peers_.size() < max_peers || peers_.contains(datagram.remote());
    Count& count = has_room ? peers_[datagram.remote()] : others_;
    if (++count.datagrams == 1) spdlog::info("new peer {}", dgram::to_string(datagram.remote()));
    count.bytes += datagram.size();
  }

  dgram::Socket& socket_;
  std::map<dgram::Endpoint, Count> peers_;
  Count others_;
};

asio::awaitable<void> end_on_signal(Collector& collector, const dgram::Socket& socket) {
  asio::signal_set signals(co_await asio::this_coro::executor, SIGINT, SIGTERM);
  spdlog::info("listening on {}", dgram::to_string(socket.local_endpoint()));
  const int signal = co_await signals.async_wait(asio::use_awaitable);
  spdlog::info("signal {}: stopping", signal);
  collector.end();  // from here on, a second signal ends the process at once
}

void collect_with(const example::Arguments& arguments) {
  const bool verbose = arguments.size() == 3 && arguments[2] == "-v";
  if (arguments.size() != 2 && !verbose) throw example::UsageError("two arguments, please");
  if (verbose) spdlog::set_level(spdlog::level::debug);

  asio::io_context io;
  dgram::set_log_handler(io, [](dgram::LogLevel level, std::string_view text) {
    const bool is_info = level == dgram::LogLevel::info;
    spdlog::log(is_info ? spdlog::level::info : spdlog::level::warn, "{}", text);
  });
  dgram::SocketOptions options;
  options.recv_buffer_size = 4 << 20;  // where less is granted, the line above says so
  dgram::Socket socket(io, options);
  socket.bind(dgram::make_endpoint(arguments[0], example::port_number(arguments[1])));

  Collector collector(socket);
  asio::co_spawn(io, collector.collect(), [](std::exception_ptr failure) {
    if (failure) std::rethrow_exception(failure);
  });
  example::run(io, end_on_signal(collector, socket));
  collector.report();
}

}  // namespace

int main(int argc, char** argv) {
  return example::run_main(
      argc,
      argv,
      "<address> <port> [-v]\n"
      "Counts datagrams per peer until SIGINT or SIGTERM. -v logs each of them.",
      collect_with);
}
