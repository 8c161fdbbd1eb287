// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// The events of a socket, and the arguments that their listeners get.
#pragma once

#include <cstddef>
#include <dgram/datagram.hpp>
#include <dgram/endpoint.hpp>
#include <dgram/node/config.hpp>
#include <dgram/node/emitter.hpp>
#include <dgram/node/error.hpp>
#include <string>
#include <string_view>

DGRAM_BEGIN_NAMESPACE
namespace node {

/// Node's `rinfo`: the sender of a received datagram, and its size. A value: it may be kept.
class RemoteInfo {
 public:
  explicit RemoteInfo(const Datagram& datagram) noexcept
      : endpoint_(datagram.remote()), size_(datagram.size()) {}

  /// "127.0.0.1", "::1", "::ffff:10.0.0.1", "fe80::1%eth0". Each call formats the text anew.
  std::string address() const { return endpoint_.address().to_string(); }
  /// "IPv4" or "IPv6".
  std::string_view family() const noexcept { return endpoint_.address().is_v6() ? "IPv6" : "IPv4"; }
  int port() const noexcept { return endpoint_.port(); }
  /// The size of the datagram in bytes.
  std::size_t size() const noexcept { return size_; }
  /// Address and port as a value, for Socket::send().
  const Endpoint& endpoint() const noexcept { return endpoint_; }

 private:
  Endpoint endpoint_;
  std::size_t size_;
};

/// The events, for Socket::on(), once(), prepend(), off() and the like.
namespace event {

/// A datagram was received. It is valid during the call only; to keep it, copy its text, or call
/// Datagram::copy(). While there is no listener, datagrams are read, dropped and counted
/// (Stats::unheard_messages).
struct Message {
  using Emitter = node::Emitter<const Datagram&, const RemoteInfo&>;
};
/// The socket is bound and receives. Emitted once for each successful bind.
struct Listening {
  using Emitter = node::Emitter<>;
};
/// The socket is connected to a peer.
struct Connect {
  using Emitter = node::Emitter<>;
};
/// The socket is closed. This is its last event; afterwards all its listeners are removed.
struct Close {
  using Emitter = node::Emitter<>;
};
/// An operation without a callback of its own has failed. If there is no listener, the error is
/// thrown: out of `io_context::run()`, or out of the call in which it occurred.
struct Error {
  using Emitter = node::Emitter<const node::Error&>;
};
/// Emitted for each error, before `error`. A listener of this event does not count as a listener of
/// `error`.
struct ErrorMonitor {
  using Emitter = node::Emitter<const node::Error&>;
};

inline constexpr Message message;
inline constexpr Listening listening;
inline constexpr Connect connect;
inline constexpr Close close;
inline constexpr Error error;
inline constexpr ErrorMonitor error_monitor;

}  // namespace event
}  // namespace node
DGRAM_END_NAMESPACE
