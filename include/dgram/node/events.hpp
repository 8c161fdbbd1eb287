// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// The events of a socket, and what their listeners get.
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

/// Node's `rinfo`: the other end of a received datagram, and its size. May be kept.
class RemoteInfo {
 public:
  explicit RemoteInfo(const Datagram& datagram) noexcept
      : endpoint_(datagram.remote()), size_(datagram.size()) {}

  /// "127.0.0.1", "::1", "::ffff:10.0.0.1", "fe80::1%eth0". Formatted by each call.
  std::string address() const { return endpoint_.address().to_string(); }
  /// "IPv4" or "IPv6".
  std::string_view family() const noexcept { return endpoint_.address().is_v6() ? "IPv6" : "IPv4"; }
  int port() const noexcept { return endpoint_.port(); }
  /// Bytes of the datagram.
  std::size_t size() const noexcept { return size_; }
  /// Address and port without the text, for Socket::send().
  const Endpoint& endpoint() const noexcept { return endpoint_; }

 private:
  Endpoint endpoint_;
  std::size_t size_;
};

/// The events, as Socket::on() and its like take them.
namespace event {

/// A datagram has come. It is there for the call; keep its text, or Datagram::copy(). Without any
/// listener datagrams are read, lost, and counted (Stats::unheard_messages).
struct Message {
  using Emitter = node::Emitter<const Datagram&, const RemoteInfo&>;
};
/// The socket is bound and receives. Once, for each successful bind.
struct Listening {
  using Emitter = node::Emitter<>;
};
/// The socket has a peer.
struct Connect {
  using Emitter = node::Emitter<>;
};
/// The socket is closed; the last event. Its listeners are forgotten behind it.
struct Close {
  using Emitter = node::Emitter<>;
};
/// Something failed that has no callback of its own. Without any listener the error leaves
/// `io_context::run()` as an exception, or the call that it happened in.
struct Error {
  using Emitter = node::Emitter<const node::Error&>;
};
/// Sees each error before the listeners of `error` do, and does not count as one of them.
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
