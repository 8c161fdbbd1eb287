// A service behind a balancer: it tells each client the address that it comes from. A balancer says
// whom it forwards for in a PROXY header; of anybody else, what looks like one is taken for what it
// is: data from a client.
#include <algorithm>
#include <array>
#include <asio/buffer.hpp>
#include <asio/signal_set.hpp>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <dgram/dgram.hpp>
#include <dgram/proxy/proxy_protocol.hpp>
#include <iostream>
#include <optional>
#include <span>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "support.hpp"

namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

/// a.b.c.d for ::ffff:a.b.c.d, as which a socket of both families sees it.
asio::ip::address plain(const asio::ip::address& address) {
  if (!address.is_v6() || !address.to_v6().is_v4_mapped()) return address;
  return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
}

class Service {
 public:
  Service(asio::io_context& io, std::vector<asio::ip::address> balancers)
      : socket_(io), signals_(io, SIGINT, SIGTERM), balancers_(std::move(balancers)) {}

  asio::awaitable<void> run(dgram::Endpoint local) {
    socket_.bind(local);
    local_ = socket_.local_endpoint();
    // Told to leave, it serves what still comes: the balancer may not know yet. After the first
    // signal the next one ends it at once.
    signals_.async_wait([this](std::error_code ec, int) {
      if (ec) return;
      leave_by_ = Clock::now() + 10s;
      signals_.clear();
    });
    std::cout << "listening on " << dgram::to_string(local_) << std::endl;

    while (!leave_by_ || Clock::now() < *leave_by_) {
      std::error_code ec;
      std::optional<dgram::Datagram> datagram = co_await socket_.recv_for(1s, ec);
      if (ec)
        std::cerr << "nothing received: " << ec.message() << '\n';
      else if (datagram)
        co_await answer(*datagram);
      else if (leave_by_)
        break;  // nobody has asked for a second
    }
    signals_.cancel();
    std::cout << "answered " << answered_ << ", refused " << refused_ << std::endl;
  }

 private:
  asio::awaitable<void> answer(const dgram::Datagram& datagram) {
    dgram::Endpoint client = datagram.remote();
    dgram::Endpoint asked = local_;
    std::span<const std::byte> payload = datagram.data();
    if (is_balancer(client.address())) {
      std::error_code ec;
      const dgram::ProxyHeader header = dgram::parse_proxy_header(payload, ec);
      if (ec) {
        ++refused_;
        std::cerr << "refused, from " << dgram::to_string(client) << ": " << ec.message() << '\n';
        co_return;
      }
      payload = payload.subspan(header.size);
      client = header.source.value_or(client);
      asked = header.destination.value_or(asked);
    }
    // A loop goes through the balancer as well: it is the client's port that counts, and the port
    // that was asked.
    if (!example::may_answer(client, asked)) {
      ++refused_;
      co_return;
    }

    // As with STUN, an answer is some bytes longer than its question, and no more than that.
    const std::string text = "you are " +
                             dgram::to_string({plain(client.address()), client.port()}) +
                             ", I am " + dgram::to_string(local_) + ": ";
    const std::array<asio::const_buffer, 2> pieces = {asio::buffer(text),
                                                      asio::buffer(payload.data(), payload.size())};
    // Back to the balancer, which knows whose answer it is. Not to the client: it would not know
    // who that is from.
    std::error_code ec;
    co_await socket_.send(pieces, datagram.remote(), ec);
    if (ec)
      std::cerr << "no answer to " << dgram::to_string(datagram.remote()) << ": " << ec.message()
                << '\n';
    else
      ++answered_;
  }

  bool is_balancer(const asio::ip::address& address) const {
    return std::find(balancers_.begin(), balancers_.end(), plain(address)) != balancers_.end();
  }

  dgram::Socket socket_;
  asio::signal_set signals_;
  const std::vector<asio::ip::address> balancers_;
  dgram::Endpoint local_;
  std::optional<Clock::time_point> leave_by_;
  std::uint64_t answered_ = 0;
  std::uint64_t refused_ = 0;
};

void serve(const example::Arguments& arguments) {
  if (arguments.size() < 2) throw example::UsageError("two arguments or more, please");
  const dgram::Endpoint local =
      dgram::make_endpoint(arguments[0], example::port_number(arguments[1]));
  // With several addresses to answer from, the one that was asked would have to be chosen (see
  // echo_server).
  if (local.address().is_unspecified())
    throw example::UsageError("one address of this host, please");
  std::vector<asio::ip::address> balancers;
  for (std::size_t i = 2; i < arguments.size(); ++i)
    balancers.push_back(dgram::make_endpoint(arguments[i], 0).address());

  asio::io_context io;
  Service service(io, std::move(balancers));
  example::run(io, service.run(local));
}

}  // namespace

int main(int argc, char** argv) {
  return example::run_main(
      argc,
      argv,
      "<address> <port> [<balancer>...]\n"
      "Tells each client its address, and what it said. A datagram from one of the balancers has "
      "to\n"
      "begin with a PROXY header, which says whom it is from; nobody else's headers are believed.\n"
      "SIGTERM: serves on until nobody has asked for a second, ten seconds at most, and leaves.",
      serve);
}
