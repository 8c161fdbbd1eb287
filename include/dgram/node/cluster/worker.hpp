// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// The worker's side of a cluster.
#pragma once

#include <asio/io_context.hpp>
#include <dgram/descriptor.hpp>
#include <dgram/node/cluster/events.hpp>
#include <dgram/node/config.hpp>
#include <dgram/node/emitter.hpp>
#include <dgram/node/function.hpp>
#include <memory>
#include <string_view>

DGRAM_BEGIN_NAMESPACE
namespace node::cluster {

namespace detail {
class WorkerState;
}

/// True in a process that a Primary has started.
/**
 * The environment variable `DGRAM_CLUSTER_FD` says so. Call it, and make the Worker, before other
 * threads use the environment.
 */
DGRAM_API bool is_worker();

/// Makes the sockets of a context those of a worker: from now on their binds ask the primary.
/**
 * A cheap handle, as node::Socket is: copies are the same worker, which lives as long as the
 * context. A process has one, and it belongs to one context: that one's node::Socket::bind() shares
 * the port with the other workers, unless it is `exclusive`. Sockets of other contexts, and those
 * that were bound before, are the process's own.
 *
 * While it is connected it keeps `io_context::run()` from returning. When the primary ends, or
 * says so, its shared sockets are closed, those that are being bound as well, and then `disconnect`
 * is emitted; other sockets stay.
 *
 * Thread safety: on the thread that runs the context, or while nobody runs it.
 *
 * @code
 * if (cluster::is_worker()) {
 *   cluster::Worker worker(io);
 *   dgram::node::Socket socket = dgram::node::create_socket(io, "udp4", answer);
 *   socket.bind(41234);
 *   io.run();
 * }
 * @endcode
 *
 * Source: Node.js v22, Cluster.
 */
class DGRAM_API Worker {
 public:
  /// Connects to the primary that has started this process. The worker of the context, when it
  /// has one already.
  /**
   * Takes `DGRAM_CLUSTER_FD` and `DGRAM_CLUSTER_ID` out of the environment, so that what this
   * process starts is no worker. Throws node::Error `ERR_CLUSTER_NO_PRIMARY` when they are not
   * there, or name no link of a primary.
   */
  explicit Worker(asio::io_context& context);

  /// Connects by a link whose other end was given to Primary::adopt(). Throws node::Error as
  /// above, also when the context has a worker.
  /**
   * @param context Of its sockets.
   * @param link This end of DescriptorLink::pair().
   * @param id What id() says.
   */
  Worker(asio::io_context& context, Descriptor link, int id = 0);

  /// Calls `f`, a `void(std::string_view text)`, for each text that the primary sends.
  ListenerId on(event::Message, Function<std::string_view> f) const;
  /// Calls `f`, a `void()`, when the worker is connected no more. Once.
  ListenerId on(event::Disconnect, Function<> f) const;
  bool off(event::Message, ListenerId id) const;
  bool off(event::Disconnect, ListenerId id) const;

  /// The number that the primary knows it by: 1, 2, …
  int id() const noexcept;
  bool is_connected() const noexcept;
  /// True when the end was wanted: disconnect() was called, here or by the primary.
  bool exited_after_disconnect() const noexcept;

  /// Sends text to the primary, where it is a `message`. False, and not sent: not connected, or
  /// 1024 texts wait already.
  /**
   * @param text Up to 65,531 bytes; else throws node::Error `EMSGSIZE`.
   */
  bool send(std::string_view text) const;

  /// Closes the shared sockets, then leaves the primary. No effect when that has happened.
  void disconnect() const;

 private:
  std::shared_ptr<detail::WorkerState> state_;
};

}  // namespace node::cluster
DGRAM_END_NAMESPACE
