// A contender that sends: what send, send_many_peers and send_bulk measure.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstddef>
#include <exception>
#include <functional>
#include <string>
#include <vector>

namespace bench::send {

/// Whom to send to, and what: datagram i goes to peers[i % peers.size()].
struct Work {
  std::vector<sockaddr_in> peers;
  std::size_t size = 0;
};

/// Sends so many datagrams, and returns when the kernel has them all: the nanoseconds from the
/// first call to then, measured inside, so that starting a loop or a coroutine is not part of it.
using Send = std::function<double(int count)>;

struct Sender {
  std::string name;
  /// Takes over the descriptor of an unconnected socket.
  std::function<Send(int descriptor, const Work& work)> make = {};
  std::string missing = {};
};
using Senders = std::vector<Sender>;

inline void rethrow(const std::exception_ptr& error) {
  if (error) std::rethrow_exception(error);
}

}  // namespace bench::send
