// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// What a bind in a worker asks the primary for.
#pragma once

#include <cstdint>
#include <dgram/endpoint.hpp>
#include <tuple>

DGRAM_BEGIN_NAMESPACE
namespace node::cluster::detail {

/// The key of a shared socket: binds that want the same get the same socket.
struct Wanted {
  bool v6 = false;
  bool reuse_addr = false;
  bool ipv6_only = false;
  int fd = -1;  ///< Greater than 0: that descriptor of the primary; all else but v6 is unset then.
  std::uint64_t inode = 0;  ///< The inode of the socket behind `fd`, which only the primary knows.
  Endpoint local;           ///< An address and not its text, since "::1" is also "0:0::1".

  bool operator==(const Wanted& other) const { return parts() == other.parts(); }
  bool operator<(const Wanted& other) const { return parts() < other.parts(); }

 private:
  std::tuple<bool, bool, bool, int, std::uint64_t, const Endpoint&> parts() const {
    return {v6, reuse_addr, ipv6_only, fd, inode, local};
  }
};

/// Names one bind of one worker. Chosen by the worker, and never used again.
using Ticket = std::uint64_t;

}  // namespace node::cluster::detail
DGRAM_END_NAMESPACE
