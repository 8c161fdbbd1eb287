// Numbered datagrams, and a receiver that holds some of them already.
#pragma once

#include <asio/awaitable.hpp>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <dgram/dgram.hpp>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "support/bytes.hpp"
#include "support/loopback.hpp"

namespace test {

inline int number(std::string_view text) {
  int n = -1;
  std::from_chars(text.data(), text.data() + text.size(), n);
  return n;
}
inline int number(const dgram::Datagram& datagram) {
  return number(datagram.text());
}
inline int number(std::span<const std::byte> bytes) {
  return number(text_of(bytes));
}

/// DGRAM_TEST_DATAGRAMS says how many a long test takes.
inline std::uint64_t how_many(std::uint64_t unless_told) {
  const char* const told = std::getenv("DGRAM_TEST_DATAGRAMS");
  return told ? std::strtoull(told, nullptr, 10) : unless_told;
}

/// 0, 1, 2 … n - 1
inline std::vector<int> first_numbers(int n) {
  std::vector<int> result;
  for (int i = 0; i < n; ++i) result.push_back(i);
  return result;
}

inline void put_numbers(dgram::Socket& from, const dgram::Socket& to, int first, int last) {
  for (int i = first; i < last; ++i) put(from, to, std::to_string(i));
}

/// Puts the numbers from 0 to n - 1 on their way and takes out the first ones, until `to` holds at
/// least `held` of the others outside the kernel. Leaves in `got` what it took. How large a batch
/// is when is the engine's business, so this asks instead of counting.
inline asio::awaitable<void> hold_some(
    dgram::Socket& from, dgram::Socket& to, int n, std::size_t held, std::vector<int>& got) {
  put_numbers(from, to, 0, n);
  while (to.stats().held < held) {
    if (got.size() + held >= static_cast<std::size_t>(n))
      throw std::logic_error("the receiver never holds a batch");
    const dgram::Datagram d = co_await to.recv();
    got.push_back(number(d));
  }
}

/// Takes what is left, until there is nothing more.
inline void take_rest(dgram::Socket& socket, std::vector<int>& got) {
  std::error_code ec;
  while (auto d = socket.try_recv(ec)) got.push_back(number(*d));
}

}  // namespace test
