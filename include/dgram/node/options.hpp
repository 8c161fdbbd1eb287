// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// What a Node socket is asked to be.
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

/// How a lookup answers: with an error, or with nullptr and the text of an address.
/**
 * Called once, on the context's thread. An exception of what it leads to comes out of it.
 */
using LookupCallback = std::function<void(const Error* error, std::string_view address)>;

/// Looks a host up: `family` is 4 or 6.
/**
 * Called for every bind, connect and unconnected send, also for literal addresses and for those
 * that are used when none is given. May call back at once.
 */
using Lookup = std::function<void(const std::string& host, int family, LookupCallback done)>;

/// The options of create_socket().
struct SocketOptions {
  /// "udp4" or "udp6".
  std::string type;

  /// SO_REUSEADDR: several sockets may have one address and port when *all* of them set it. The
  /// last of them gets what is sent to it, all of them get what is sent to a group.
  bool reuse_addr = false;

  /// SO_REUSEPORT: the same, and datagrams are spread over the sockets by their sender.
  bool reuse_port = false;

  /// IPV6_V6ONLY: a "udp6" socket leaves IPv4 to others. On "udp4" bind fails with `EINVAL`.
  bool ipv6_only = false;

  /// Bytes, as Socket::set_recv_buffer_size(), set when the socket is bound; 0 keeps the system's.
  std::int64_t recv_buffer_size = 0;

  /// Bytes, as Socket::set_send_buffer_size(), set when the socket is bound; 0 keeps the system's.
  std::int64_t send_buffer_size = 0;

  /// Empty: the system's.
  Lookup lookup = {};

  /// A stop that is requested, from any thread, closes the socket. No error is emitted. On the
  /// thread that runs the context, or that goes on to use its sockets, it acts at once; on another
  /// one between two handlers.
  std::stop_token signal = {};

  /// Datagrams from its addresses are dropped before `message`, and counted
  /// (Stats::blocked_messages).
  std::optional<BlockList> receive_block_list = std::nullopt;

  /// Sends and connects to its addresses fail with `ERR_IP_BLOCKED`. A send without a callback is
  /// dropped, and counted (Stats::unsent).
  std::optional<BlockList> send_block_list = std::nullopt;
};

/// The options of Socket::bind().
struct BindOptions {
  /// 0 to 65535; 0: any.
  int port = 0;

  /// A host name or literal address; empty: all addresses.
  std::string address = {};

  /// In a worker of a cluster: a socket of its own, instead of one that it shares
  /// (cluster::Worker). Elsewhere every socket is.
  bool exclusive = false;

  /// A bound descriptor to take over, greater than 0; port and address have no effect then. In a
  /// worker, unless exclusive, one of its primary's.
  int fd = -1;
};

/// The options of Socket::bind_sync().
struct BindSyncOptions {
  /// 0 to 65535; 0: any.
  int port = 0;

  /// A literal address; empty: all addresses.
  std::string address = {};
};

}  // namespace node
DGRAM_END_NAMESPACE
