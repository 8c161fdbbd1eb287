// The options of sockets that many tests ask for.
#pragma once

#include <dgram/dgram.hpp>

namespace test {

inline dgram::SocketOptions of_family(dgram::Family family) {
  dgram::SocketOptions options;
  options.family = family;
  return options;
}

/// Room for thousands of datagrams.
inline dgram::SocketOptions roomy() {
  dgram::SocketOptions options;
  options.recv_buffer_size = 8 << 20;
  return options;
}

inline dgram::SocketOptions with_reports(dgram::Family family = dgram::Family::unspecified) {
  dgram::SocketOptions options = of_family(family);
  options.receive_errors = true;
  return options;
}

/// All metadata that a datagram can bring.
inline dgram::SocketOptions with_metadata(dgram::Family family) {
  dgram::SocketOptions options = of_family(family);
  options.receive_local_address = options.receive_ecn = options.receive_hop_limit =
      options.receive_timestamp = true;
  return options;
}

}  // namespace test
