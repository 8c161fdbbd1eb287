// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// The options of a Node socket.
#pragma once

#include <cstdint>
#include <dgram/node/block_list.hpp>
#include <dgram/node/config.hpp>
#include <dgram/node/error.hpp>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

DGRAM_BEGIN_NAMESPACE
namespace node {

/// Reports the result of a lookup: an error, or nullptr and the text of an address.
/**
 * Call it once, on the thread that runs the context. The bind, connect or send goes on inside this
 * call: what its callbacks and listeners throw comes out of it.
 */
using LookupCallback = std::function<void(const Error* error, std::string_view address)>;

/// Looks up a host name; `family` is 4 or 6.
/**
 * Called for every bind, for every connect, and for every send of an unconnected socket; also for
 * literal addresses, and for the default address when none is given. It may call `done` before it
 * returns.
 */
using Lookup = std::function<void(const std::string& host, int family, LookupCallback done)>;

/// The options of create_socket().
struct SocketOptions {
  /// "udp4" or "udp6".
  std::string type;

  /// SO_REUSEADDR: several sockets may be bound to the same address and port if *all* of them set
  /// it. Unicast goes to the socket that was bound last, multicast to all of them.
  bool reuse_addr = false;

  /// SO_REUSEPORT: the same, but unicast is distributed over the sockets by sender.
  bool reuse_port = false;

  /// IPV6_V6ONLY: a "udp6" socket does not receive over IPv4. With "udp4" bind fails with `EINVAL`.
  bool ipv6_only = false;

  /// Receive buffer in bytes, applied when the socket is bound (Socket::set_recv_buffer_size()); 0
  /// leaves the system's default.
  std::int64_t recv_buffer_size = 0;

  /// Send buffer in bytes, applied when the socket is bound (Socket::set_send_buffer_size()); 0
  /// leaves the system's default.
  std::int64_t send_buffer_size = 0;

  /// Looks up host names. Empty: the system's resolver does.
  Lookup lookup = {};

  /// A stop request closes the socket; no error is emitted. It may be made on any thread. A
  /// request that is made inside `run()` of the context takes effect at once; any other between two
  /// handlers, or with the next call that the same thread makes on a socket of the context.
  std::stop_token signal = {};

  /// Datagrams from these addresses are dropped without a `message`, and counted
  /// (Stats::blocked_messages).
  std::optional<BlockList> receive_block_list = std::nullopt;

  /// Sends and connects to these addresses fail with `ERR_IP_BLOCKED`. A send without a callback is
  /// dropped, and counted (Stats::unsent).
  std::optional<BlockList> send_block_list = std::nullopt;
};

/// The options of Socket::bind().
struct BindOptions {
  /// 0 to 65535; 0: the system chooses one.
  int port = 0;

  /// A host name or literal address; empty: all addresses.
  std::string address = {};

  /// In a worker of a cluster: binds a socket that is not shared with the other workers
  /// (cluster::Worker). No effect elsewhere.
  bool exclusive = false;

  /// A bound descriptor to take over, greater than 0; port and address are ignored then. In a
  /// worker, unless `exclusive` is set, a descriptor of the primary (cluster::Primary::offer()).
  int fd = -1;
};

/// The options of Socket::bind_sync().
struct BindSyncOptions {
  /// 0 to 65535; 0: the system chooses one.
  int port = 0;

  /// A literal address; empty: all addresses.
  std::string address = {};
};

}  // namespace node
DGRAM_END_NAMESPACE
