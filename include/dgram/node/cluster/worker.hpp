// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// A worker process of a cluster.
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

/// True in a process that was started by a Primary.
/**
 * It looks for the environment variable `DGRAM_CLUSTER_FD`. Call this, and construct the Worker,
 * before other threads use the environment.
 */
DGRAM_API bool is_worker();

/// Makes this process a worker for the sockets of one context: from now on node::Socket::bind() of
/// that context asks the primary for the socket.
/**
 * A handle, as node::Socket is: copies are the same worker. It lives as long as the context. A
 * process has one worker, which belongs to one context. A bind in this context shares its port with
 * the other workers, unless it is `exclusive`. Sockets of other contexts, and sockets that were
 * bound before, are not shared.
 *
 * While the worker is connected, it keeps `io_context::run()` from returning. When the primary ends
 * or disconnects the worker, all shared sockets are closed, also those whose bind is pending; then
 * `disconnect` is emitted. Other sockets stay open.
 *
 * Thread safety: use it only on the thread that runs the context, or while no thread runs it.
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
  /// Connects to the primary that has started this process. When the context has a worker already,
  /// the result is a handle to that one.
  /**
   * Removes `DGRAM_CLUSTER_FD` and `DGRAM_CLUSTER_ID` from the environment, so that the children of
   * this process are no workers. Throws node::Error `ERR_CLUSTER_NO_PRIMARY` when the variables are
   * missing, or do not name a link to a primary.
   */
  explicit Worker(asio::io_context& context);

  /// Connects through a link whose other end was given to Primary::adopt(). Throws node::Error as
  /// above, also when the context has a worker already.
  /**
   * @param context The context of the sockets that are shared.
   * @param link This end of DescriptorLink::pair().
   * @param id The number that id() returns.
   */
  Worker(asio::io_context& context, Descriptor link, int id = 0);

  /// Registers a listener for the texts that the primary sends; `f` gets the text.
  ListenerId on(event::Message, Function<std::string_view> f) const;
  /// Registers a listener that is called once, when the worker is not connected any more.
  ListenerId on(event::Disconnect, Function<> f) const;
  bool off(event::Message, ListenerId id) const;
  bool off(event::Disconnect, ListenerId id) const;

  /// The number of this worker in the primary (WorkerProcess::id()): 1, 2, …
  int id() const noexcept;
  bool is_connected() const noexcept;
  /// True when the end was intended: disconnect() was called, here or by the primary.
  bool exited_after_disconnect() const noexcept;

  /// Sends text to the primary, which emits it as `message`. False when the text was not sent,
  /// because the worker is not connected, or because 1024 texts are waiting already.
  /**
   * @param text Up to 65,531 bytes. A longer text throws node::Error `EMSGSIZE`.
   */
  bool send(std::string_view text) const;

  /// Closes the shared sockets, then disconnects from the primary. No effect when it is not
  /// connected.
  void disconnect() const;

 private:
  std::shared_ptr<detail::WorkerState> state_;
};

}  // namespace node::cluster
DGRAM_END_NAMESPACE
