// The drain method: each contender's socket is filled, which is not timed, and drained, which is.
#pragma once

#include <list>
#include <string>
#include <vector>

#include "../support/filled_socket.hpp"
#include "../support/rounds.hpp"
#include "receiver.hpp"

namespace bench::receive {

/// @param size The case: bytes of a datagram.
inline void take_draining_turns(Program& program,
                                const std::string& size,
                                const Receivers& receivers,
                                bool train) {
  const std::size_t bytes = std::stoul(size);
  const int count = FilledSocket(bytes, train).what_fits(128);
  std::list<FilledSocket> sockets;
  std::vector<Way> ways;
  for (const Receiver& receiver : receivers) {
    FilledSocket& socket = sockets.emplace_back(bytes, train);
    const Drain drain = receiver.make(socket.duplicate(), bytes);
    ways.push_back({receiver.name, [&socket, drain, count] {
                      socket.fill(count);
                      return drain(count) / count;
                    }});
  }
  take_turns(program, size, ways);
}

}  // namespace bench::receive
