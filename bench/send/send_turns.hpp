// Each contender sends, which is timed; then its receivers are emptied, which is not.
#pragma once

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <list>
#include <stdexcept>
#include <string>
#include <vector>

#include "../support/filled_socket.hpp"
#include "../support/rounds.hpp"
#include "../support/udp_socket.hpp"
#include "sender.hpp"

namespace bench::send {

/// The receivers of one contender.
class Receivers {
 public:
  explicit Receivers(int count) {
    for (int i = 0; i < count; ++i) sockets_.emplace_back(large_buffer);
  }

  std::vector<sockaddr_in> addresses() const {
    std::vector<sockaddr_in> all;
    for (const UdpSocket& socket : sockets_) all.push_back(socket.address());
    return all;
  }

  /// Throws when it was not so many: then something else was measured than is said.
  void take_all(int expected) {
    int got = 0;
    for (const UdpSocket& socket : sockets_) got += take_from(socket);
    if (got != expected)
      throw std::runtime_error(std::to_string(got) + " of " + std::to_string(expected) +
                               " datagrams have arrived; raise net.core.rmem_max to 4194304?");
  }

 private:
  static int take_from(const UdpSocket& socket) {
    char byte = 0;
    int count = 0;
    while (::recv(socket.descriptor(), &byte, sizeof byte, MSG_DONTWAIT) >= 0) ++count;
    if (errno != EAGAIN) throw std::system_error(errno, std::generic_category(), "recv");
    return count;
  }

  std::list<UdpSocket> sockets_;
};

/// @param size Bytes of a datagram.
/// @param most Datagrams of a turn; fewer where the receive buffers of this system are small.
inline void take_sending_turns(Program& program,
                               const std::string& name,
                               std::size_t size,
                               const Senders& senders,
                               int peers,
                               int most) {
  const int count = FilledSocket(size).what_fits(most / peers) * peers;
  std::list<Receivers> all;
  std::vector<Way> ways;
  for (const Sender& sender : senders) {
    Receivers& receivers = all.emplace_back(peers);
    const UdpSocket socket;
    const int own = ::dup(socket.descriptor());
    if (own < 0) throw std::system_error(errno, std::generic_category(), "dup");
    const Send send = sender.make(own, Work{receivers.addresses(), size});
    ways.push_back({sender.name, [send, &receivers, count] {
                      const double spent = send(count);
                      receivers.take_all(count);
                      return spent / count;
                    }});
  }
  take_turns(program, name, ways);
}

/// The same where the cases are sizes.
inline void take_sending_turns(
    Program& program, const std::string& size, const Senders& senders, int peers, int most) {
  take_sending_turns(program, size, std::stoul(size), senders, peers, most);
}

}  // namespace bench::send
