// Finds the largest packet that the path to a host carries, and which hops refuse larger ones. Any
// echo server will do at the far end; echo_server is one.
#include <asio/experimental/awaitable_operators.hpp>
#include <chrono>
#include <cstdint>
#include <dgram/dgram.hpp>
#include <iomanip>
#include <iostream>
#include <random>
#include <sstream>
#include <stdexcept>
#include <variant>

#include "support.hpp"

namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

/// 64 random bits as 16 digits: what comes back with them was not guessed.
std::string new_id() {
  std::random_device random;
  const std::uint64_t id = std::uint64_t{random()} << 32 | random();
  std::ostringstream text;
  text << std::hex << std::setfill('0') << std::setw(16) << id;
  return text.str();
}

/// What became of a packet: it got through, or a hop says what it takes, or nobody says anything.
struct Outcome {
  bool through = false;
  int told = 0;
};

class Prober {
 public:
  Prober(dgram::Socket& socket, const dgram::Endpoint& to) : socket_(socket), to_(to) {}

  asio::awaitable<void> run() {
    socket_.open();
    // Nothing is cut on its way, and what this host has learned of the path before does not count.
    socket_.set_path_mtu_discovery(dgram::PathMtuDiscovery::probe);

    int carried = smallest_;     // got through
    int refused = largest_ + 1;  // did not
    const Outcome first = co_await probe(carried);
    if (!first.through) throw std::runtime_error("no echo from " + dgram::to_string(to_));

    int told = 0;
    int size = largest_;
    for (int probes = 0; refused - carried > 1 && probes < 40; ++probes) {
      const Outcome outcome = co_await probe(size);
      if (outcome.through) {
        carried = size;
        // What a hop says may be forged: one byte more shows whether it was true.
        size = size == told ? size + 1 : (carried + refused) / 2;
      } else {
        refused = size;
        told = outcome.told;
        size = told > carried ? told : (carried + refused) / 2;
      }
    }
    std::cout << "the path carries " << carried << " bytes: a payload of " << carried - headers_
              << std::endl;
  }

 private:
  /// Sends an IP packet of `size` bytes, again while nothing is heard of it.
  asio::awaitable<Outcome> probe(int size) {
    Outcome outcome;
    for (int attempt = 1; attempt <= 3; ++attempt) {
      std::string payload = new_id();
      const std::string id = payload;
      payload.resize(static_cast<std::size_t>(size - headers_), '.');
      std::error_code ec;
      co_await socket_.send(payload, to_, ec);
      // This host's own refusal has a report, too.
      if (ec && ec != asio::error::message_size)
        throw dgram::Error(ec, "send to", dgram::to_string(to_));
      const bool heard = co_await hear(id, size, outcome);
      if (heard) co_return outcome;
    }
    std::cout << size << " bytes: no answer" << std::endl;
    co_return outcome;
  }

  /// Waits for the echo, or for a hop that refuses. False: neither came.
  asio::awaitable<bool> hear(std::string id, int size, Outcome& outcome) {
    using namespace asio::experimental::awaitable_operators;
    const Clock::time_point deadline = Clock::now() + 300ms;
    for (;;) {
      const auto heard = co_await (socket_.recv_until(deadline) || socket_.recv_error());
      if (heard.index() == 0) {
        const std::optional<dgram::Datagram>& datagram = std::get<0>(heard);
        if (!datagram) co_return false;
        if (datagram->remote() != to_ || !datagram->text().starts_with(id)) continue;
        std::cout << size << " bytes: answered" << std::endl;
        outcome.through = true;
        co_return true;
      }
      const dgram::ErrorReport& report = std::get<1>(heard);
      if (report.destination.address() != to_.address()) continue;
      if (report.error == asio::error::connection_refused)
        throw std::runtime_error("nobody listens at " + dgram::to_string(to_));
      const int mtu = static_cast<int>(report.mtu);
      // Late reports on larger packets say that this one fits; none may say less than all carry.
      if (report.error != asio::error::message_size || mtu >= size || mtu < smallest_) continue;
      const bool from_here = report.origin == dgram::ErrorReport::Origin::local;
      std::cout << size << " bytes: "
                << (from_here ? std::string("this host") : report.offender.to_string())
                << " takes no more than " << mtu << std::endl;
      outcome.told = mtu;
      co_return true;
    }
  }

  dgram::Socket& socket_;
  const dgram::Endpoint to_;
  const bool is_v6_ = to_.address().is_v6();
  const int headers_ = is_v6_ ? 40 + 8 : 20 + 8;  // IP and UDP
  const int smallest_ = is_v6_ ? 1280 : 68;       // every link carries it (RFC 8200, RFC 791)
  const int largest_ = headers_ + (is_v6_ ? 65'527 : 65'507);
};

void probe_with(const example::Arguments& arguments) {
  if (arguments.size() != 2) throw example::UsageError("two arguments, please");
  dgram::SocketOptions options;
  const dgram::Endpoint to = dgram::make_endpoint(arguments[0], example::port_number(arguments[1]));
  options.family = to.address().is_v6() ? dgram::Family::ipv6 : dgram::Family::ipv4;
  options.receive_errors = true;

  asio::io_context io;
  dgram::Socket socket(io, options);
  Prober prober(socket, to);
  example::run(io, prober.run());
}

}  // namespace

int main(int argc, char** argv) {
  return example::run_main(argc,
                           argv,
                           "<address> <port>\n"
                           "Sends packets of several sizes to an echo server, none of which may be "
                           "fragmented, and says\n"
                           "which hop refuses what, and what gets through. At most 40 sizes, three "
                           "packets each.",
                           probe_with);
}
