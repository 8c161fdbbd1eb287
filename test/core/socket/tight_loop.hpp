// A coroutine that does nothing but receive, and how epoll reports its socket.
#pragma once

#include <sys/epoll.h>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <cstdint>
#include <dgram/dgram.hpp>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "support/catch2.hpp"
#include "support/loopback.hpp"
#include "support/run_until.hpp"

namespace test {

#if defined(DGRAM_HAS_REACTOR_WAIT)
inline constexpr bool goes_by_level = true;
#else
inline constexpr bool goes_by_level = false;
#endif

/// How the epoll instance that has the descriptor reports it, as proc(5) tells.
inline bool is_reported_by_level(int descriptor) {
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fdinfo")) {
    std::ifstream info(entry.path());
    std::string word;
    while (info >> word) {
      int number = -1;
      if (word != "tfd:" || !(info >> number) || number != descriptor) continue;
      std::uint32_t events = 0;
      info >> word >> std::hex >> events >> std::dec;
      return (events & EPOLLET) == 0;
    }
  }
  return false;
}

struct TightLoop {
  explicit TightLoop(int concurrency_hint) : io(concurrency_hint) {}

  asio::awaitable<void> receive(std::size_t most) {
    while (got.size() < most) {
      std::error_code ec;
      const dgram::Datagram datagram = co_await receiver.recv(ec);
      if (ec) {
        last = ec;
        co_return;
      }
      got.push_back(std::stoi(std::string(datagram.text())));
    }
  }
  void start(std::size_t most) { asio::co_spawn(io, receive(most), asio::detached); }

  /// Datagrams that come one at a time: each wait begins in the handler of the one before.
  void feed(int count) {
    for (int i = 0; i < count; ++i) {
      test::put(sender, receiver, std::to_string(sent++));
      run_until(io, [&] { return got.size() == static_cast<std::size_t>(sent); });
    }
  }
  void put(int count) {
    for (int i = 0; i < count; ++i) test::put(sender, receiver, std::to_string(sent++));
  }
  void check_all() {
    REQUIRE(got.size() == static_cast<std::size_t>(sent));
    for (int i = 0; i < sent; ++i) CHECK(got[static_cast<std::size_t>(i)] == i);
  }
  /// The context finds nothing to do after a few turns at most.
  void check_rest() {
    int turns = 0;
    io.restart();
    while (turns < 1000 && io.poll_one() != 0) ++turns;
    CHECK(turns < 20);
  }
  bool is_level() { return is_reported_by_level(receiver.native_handle()); }

  asio::io_context io;
  dgram::Socket receiver = bound(io);
  dgram::Socket sender = bound(io);
  std::vector<int> got;
  int sent = 0;
  std::error_code last;
};

inline constexpr std::size_t for_ever = 1'000'000;

}  // namespace test
