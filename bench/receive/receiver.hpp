// A contender that drains a socket: what backlog and gro measure.
#pragma once

#include <asio/awaitable.hpp>
#include <cstddef>
#include <exception>
#include <functional>
#include <string>
#include <vector>

namespace bench::receive {

/// Takes so many datagrams, all of which are there. Returns the nanoseconds from the first call to
/// the last delivery: measured inside, so that starting a loop or a coroutine is not part of it.
using Drain = std::function<double(int count)>;

struct Receiver {
  std::string name;
  /// Takes over the descriptor. `size`: bytes of each datagram.
  std::function<Drain(int descriptor, std::size_t size)> make = {};
  std::string missing = {};
};
using Receivers = std::vector<Receiver>;

inline constexpr unsigned batch = 16;  // dgram's default, and the best there is on this path

inline void rethrow(const std::exception_ptr& error) {
  if (error) std::rethrow_exception(error);
}

}  // namespace bench::receive
