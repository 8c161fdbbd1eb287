// A sender and a receiver on the two ends of a cable, and the books of what went between them: each
// datagram that the sender's kernel accepted is received, or some counter tells that it is lost.
#pragma once

#include <algorithm>
#include <asio/io_context.hpp>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <dgram/dgram.hpp>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "core/network/host_socket.hpp"
#include "support/numbers.hpp"

namespace test {

/// How many datagrams a flood has.
inline std::uint64_t flood_size() {
  return std::min<std::uint64_t>(how_many(2'000), 100'000);
}

/// The number behind a word in what a program says: behind "dropped" in "(dropped 3, …" it is 3.
inline std::uint64_t number_behind(std::string_view word, std::string_view text) {
  const std::size_t at = text.find(word);
  if (at == text.npos)
    throw std::runtime_error("no " + std::string(word) + " in " + std::string(text));
  return std::stoull(std::string(text.substr(at + word.size())));
}

class Path : public Cable {
 public:
  Path(Ip family,
       const dgram::SocketOptions& of_receiver = {},
       const dgram::SocketOptions& of_sender = {})
      : ip(family),
        receiver(bound_on(b, io, dgram::Endpoint(ip("10.0.0.2", "fd00::2"), 0), of_receiver)),
        sender(bound_on(a, io, dgram::Endpoint(ip.any(), 0), of_sender)),
        to(receiver.local_endpoint()) {
    send(sender, "hello", to);  // and the ends know each other
    receive(io, receiver);
  }

  /// Sends `n` numbered datagrams of sizes in turn, `size` at least, in batches of 30. Takes what
  /// is there after every fourth batch, or nothing.
  void flood(std::uint64_t n, std::size_t size, std::size_t sizes = 1, bool reads = true) {
    constexpr std::size_t batch_size = 30;
    std::vector<std::vector<char>> bytes(batch_size);
    const std::uint64_t end = next_ + n;
    for (unsigned batches = 1; next_ < end; ++batches) {
      std::vector<dgram::Outgoing> batch;
      for (std::size_t i = 0; i < batch_size && next_ < end; ++i, ++next_) {
        bytes[i].assign(size + next_ % sizes, 'x');
        std::memcpy(bytes[i].data(), &next_, sizeof next_);
        batch.emplace_back(asio::buffer(bytes[i]), to);
      }
      send_batch(batch);
      if (reads && batches % 4 == 0) take();
    }
    seen_.resize(next_);
  }

  void send_batch(std::vector<dgram::Outgoing>& batch) {
    std::error_code ec;
    accepted += sender.try_send_many(batch, ec);
    for (const dgram::Outgoing& one : batch)
      refused += one.result && one.result != asio::error::would_block;
  }

  /// What is there.
  void take() {
    seen_.resize(std::max<std::uint64_t>(seen_.size(), next_));
    std::error_code ec;
    while (const std::optional<dgram::Datagram> datagram = receiver.try_recv(ec)) {
      std::uint64_t number = next_;
      if (datagram->size() >= sizeof number)
        std::memcpy(&number, datagram->data().data(), sizeof number);
      if (number >= next_ || seen_[number]) throw std::runtime_error("a datagram that nobody sent");
      seen_[number] = true;
      ++received;
    }
  }

  /// True when all that was accepted is accounted for; waits for what is on its way. `counted`
  /// reads the counters of other places than the receiver.
  bool balances(const std::function<std::uint64_t()>& counted = [] { return std::uint64_t{0}; }) {
    const auto end = std::chrono::steady_clock::now() + deadline;
    for (;;) {
      take();
      lost = receiver.stats().kernel_drops + counted();
      if (accepted == received + lost && sender.stats().send_errors == refused) return true;
      if (std::chrono::steady_clock::now() > end) return false;
      std::this_thread::yield();
    }
  }

  /// No ARP from now on, whatever becomes of the link.
  void know_the_peer() const {
    constexpr std::string_view before = "link/ether ";
    const std::string shown = b.ip("-o link show eth0");
    const std::string address = shown.substr(shown.find(before) + before.size(), 17);
    a.ip("neighbour replace 10.0.0.2 lladdr " + address + " dev eth0 nud permanent");
  }

  /// The books, for a test that fails.
  std::string books() const {
    return std::to_string(accepted) + " accepted, " + std::to_string(refused) + " refused, " +
           std::to_string(received) + " received, " + std::to_string(lost) + " lost and counted";
  }

  /// Whether the n-th datagram has come.
  bool has_come(std::uint64_t n) const { return seen_[n]; }
  std::uint64_t numbers() const noexcept { return next_; }

  asio::io_context io;
  const Ip ip;
  dgram::Socket receiver, sender;
  dgram::Endpoint to;
  std::uint64_t accepted = 0, refused = 0, received = 0, lost = 0;

 private:
  std::uint64_t next_ = 0;
  std::vector<bool> seen_;
};

}  // namespace test
