// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// Node's datagram socket: its calls, events and errors, in Node's order.
#pragma once

#include <asio/awaitable.hpp>
#include <asio/io_context.hpp>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <dgram/channel.hpp>
#include <dgram/datagram.hpp>
#include <dgram/endpoint.hpp>
#include <dgram/node/config.hpp>
#include <dgram/node/emitter.hpp>
#include <dgram/node/error.hpp>
#include <dgram/node/events.hpp>
#include <dgram/node/function.hpp>
#include <dgram/node/options.hpp>
#include <dgram/node/stats.hpp>
#include <dgram/payload.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

DGRAM_BEGIN_NAMESPACE
namespace node {

namespace detail {
class State;
}

/// Integer types that are no bool: for numbers of bytes, and ports.
template <class T>
concept Whole = std::integral<T> && !std::same_as<T, bool>;

/// An address and a port, as address() and remote_address() return them.
struct AddressInfo {
  std::string address;
  std::string family;  ///< "IPv4" or "IPv6".
  int port = 0;
};

/// A listener of `message`: gets the datagram and its sender.
using MessageListener = event::Message::Emitter::Function;
/// A callback without arguments.
using Callback = Function<>;
/// The callback of a connect. Its argument is nullptr when the connect has succeeded.
using ConnectCallback = Function<const Error*>;
/// The callback of a send. The error is nullptr when the system has accepted the datagram, and the
/// number is the size of the datagram then. Beside an error it is 0.
using SendCallback = Function<const Error*, std::size_t>;

/// A handle to a datagram socket. It is cheap to copy, and copies are the same socket, as with
/// variables of JavaScript.
/**
 * The socket lives as long as it is open, even when no handle is left; after `close` it has no
 * listeners any more. A handle may outlive the context, whose destructor closes its sockets.
 *
 * No call waits. What a call throws is a node::Error, and the socket is then as it was before. On a
 * closed socket each call throws `ERR_SOCKET_DGRAM_NOT_RUNNING`, unless its comment says otherwise.
 *
 * Callbacks and listeners are called inside `io_context::run()`. They are called inside another
 * call of the socket only where the comment of that call says so, or when a Lookup of your own
 * answers before it returns. A callback may take all arguments, the first one, or none. What it
 * throws leaves `run()`; when `run()` is called again, everything goes on.
 *
 * Each callback of a connect or a send is called exactly once, when the operation has ended. If the
 * socket was closed before, the error is `ECANCELED`. The callback of a bind is called when the
 * bind has succeeded; a bind that fails emits `error` instead.
 *
 * Thread safety: use it only on the thread that runs the context, or while no thread runs it.
 *
 * @code
 * dgram::node::Socket server = dgram::node::create_socket(io, "udp4");
 * server.on(dgram::node::event::message, [server](const auto& message, const auto& rinfo) {
 *   server.send(message, rinfo.port(), rinfo.address());
 * });
 * server.bind(41234);
 * io.run();
 * @endcode
 *
 * Source: Node.js v22, UDP/datagram sockets; docs/node.md has it call by call.
 */
class DGRAM_API Socket {
 public:
  // ---- events

  /// Registers a listener: `f` is called for each such event, after the listeners that were
  /// registered before it. May be called on a closed socket as well, without effect.
  /**
   * @param event event::message, event::listening, event::connect, event::close, event::error or
   * event::error_monitor.
   * @param f Its arguments are in the comment of the event.
   * @returns The id of this listener, for off(). Throws `ERR_INVALID_ARG_TYPE` when `f` is empty.
   */
  template <class Event>
  ListenerId on(Event event, typename Event::Emitter::Function f) const {
    return emitter(event).on(std::move(f));
  }

  /// The same, for the next event only.
  template <class Event>
  ListenerId once(Event event, typename Event::Emitter::Function f) const {
    return emitter(event).once(std::move(f));
  }

  /// As on(), but `f` is called before the listeners that are registered already.
  template <class Event>
  ListenerId prepend(Event event, typename Event::Emitter::Function f) const {
    return emitter(event).prepend(std::move(f));
  }

  /// As prepend(), for the next event only.
  template <class Event>
  ListenerId prepend_once(Event event, typename Event::Emitter::Function f) const {
    return emitter(event).prepend_once(std::move(f));
  }

  /// Removes a listener. An event that is being emitted still reaches it.
  /**
   * @returns False when it was not registered (any more).
   */
  template <class Event>
  bool off(Event event, ListenerId id) const {
    return emitter(event).off(id);
  }

  /// Removes the listeners of one event, or of all events. An event that is being emitted still
  /// reaches them. The callbacks of bind, connect and close are no listeners, and stay.
  template <class Event>
  Socket remove_all_listeners(Event event) const {
    emitter(event).clear();
    return *this;
  }
  Socket remove_all_listeners() const;

  /// How many listeners an event has.
  template <class Event>
  std::size_t listener_count(Event event) const {
    return emitter(event).count();
  }

  // ---- life

  /// Binds to a port of this host, begins to receive, and then emits `listening`.
  /**
   * With a literal address `listening` is emitted when the ticks run next (next_tick()); with a
   * host name, after its lookup; in a worker of a cluster (cluster::Worker), after the answer of
   * the primary. A bind that fails emits `error` with the code of the lookup or of the system
   * (`EADDRINUSE`, `EADDRNOTAVAIL`, `EACCES`, `EINVAL`, `ENOTFOUND` …). It may be tried again.
   *
   * @param port 0 to 65535; 0 lets the system choose one, which address() then returns.
   * @param address A host name or literal address; empty: all addresses of this host.
   * @param callback Called once, as a listener, when *this* bind emits `listening`.
   * Throws `ERR_SOCKET_ALREADY_BOUND`, also while another bind is pending; `ERR_SOCKET_BAD_PORT`.
   */
  Socket bind(int port = 0, std::string_view address = {}, Callback callback = {}) const;
  Socket bind(Callback callback) const;
  Socket bind(int port, Callback callback) const;

  /// The same with options. With `options.fd` it takes over a bound descriptor instead.
  /**
   * A descriptor is taken over inside the call, which emits `listening` before it returns. The
   * descriptor then belongs to the socket. If it is no UDP socket, the call throws
   * `ERR_INVALID_FD_TYPE`, or an error of "open" with the system's code, and the descriptor stays
   * the caller's. In a worker of a cluster, unless `options.exclusive` is set, the number is that
   * of a descriptor of the primary: the worker asks the primary for it, and a failure is emitted as
   * `error`, with "open" as its syscall.
   */
  Socket bind(const BindOptions& options, Callback callback = {}) const;

  /// Binds inside the call; `listening` is emitted when the ticks run next (next_tick()).
  /**
   * @returns What address() says.
   * Throws `ERR_SOCKET_ALREADY_BOUND`, `ERR_SOCKET_BAD_PORT`, `ERR_INVALID_ARG_VALUE` when the
   * address is no literal address, and the errors that bind() emits. Source: Node.js v24.19.
   */
  AddressInfo bind_sync(const BindSyncOptions& options = {}) const;

  /// Connects the socket to a peer: from then on it sends to this peer and receives from it only.
  /// An unbound socket is first bound to a port that the system chooses.
  /**
   * Emits `connect` when it has succeeded. When it fails, `callback` gets the error; without a
   * callback it is emitted as `error`. A connect to a port that no socket has does not fail, but
   * later sends and receives may fail with `ECONNREFUSED`.
   *
   * @param port 1 to 65535.
   * @param address A host name or literal address; empty: this host.
   * @param callback Called once when the connect has succeeded or failed.
   * Throws `ERR_SOCKET_BAD_PORT`; `ERR_SOCKET_DGRAM_IS_CONNECTED`, also while another connect is
   * pending.
   */
  void connect(int port, std::string_view address = {}, ConnectCallback callback = {}) const;
  void connect(int port, ConnectCallback callback) const;

  /// Connects inside the call; `connect` is emitted when the ticks run next (next_tick()).
  /**
   * Throws the errors that connect() throws, and those that its callback gets;
   * `ERR_INVALID_ARG_VALUE` when the address is no literal address; `ERR_SOCKET_ALREADY_BOUND`
   * while a bind is pending. A socket that was bound for it stays bound then. Source: Node.js
   * v24.19.
   */
  void connect_sync(int port, std::string_view address = {}) const;

  /// Disconnects the socket from its peer. Linux then also releases the local port, if the system
  /// chose it (connect(2), AF_UNSPEC).
  /**
   * Throws `ERR_SOCKET_DGRAM_NOT_CONNECTED`, also on a closed socket that was not connected.
   */
  void disconnect() const;

  /// Closes the descriptor, and emits `close` when the ticks run next (next_tick()). No other event
  /// follows.
  /**
   * If sends or a connect wait for a bind, the close waits as well, after them. If that bind fails,
   * the socket stays open.
   * @param callback A listener of `close`. It is registered also when the call throws.
   */
  Socket close(Callback callback = {}) const;

  /// Node's `await socket[Symbol.asyncDispose]()`: closes the socket, and completes when `close`
  /// was emitted; at once when the socket is closed already.
  /**
   * If it waits for a bind, the socket is closed even when the bind fails. Cancellation (any type)
   * ends the wait with `operation_aborted`; the socket is closed all the same. Await it on the
   * thread that runs the context.
   */
  asio::awaitable<void> async_dispose() const;

  // ---- send

  /// Sends to the peer of a connected socket: inside the call if the system accepts it at once.
  /**
   * @param message Text, bytes, or a list of buffers that are sent as one datagram. It need not
   * live longer than the call: what is sent later is copied.
   * @param callback Called when the system has accepted the datagram, at the earliest when the
   * ticks run next, or when the send has failed. It gets the error (`EMSGSIZE`, `ECONNREFUSED` …),
   * which is then not emitted. Without a callback an error of the system is only counted
   * (stats()), and an error of a lookup is emitted as `error`.
   * Throws `ERR_SOCKET_BAD_PORT` when the socket has no peer.
   */
  void send(Payload message, SendCallback callback = {}) const;

  /// Sends to a port of this host. An unbound socket is first bound to a port that the system
  /// chooses.
  /**
   * The datagram is sent in a tick (next_tick()), or after the lookup of its host name. So it is
   * sent before the effects of later ticks and of later calls of this kind on any socket of the
   * context, but after those sends of connected sockets that are called before the tick runs.
   * Consecutive sends of one socket are passed to the system in one call. Up to 65,536 sends or
   * 16 MiB may wait for a bind or a lookup, and as many until the system accepts more; beyond that
   * a send fails with `ENOBUFS`.
   *
   * @param message As above.
   * @param port 1 to 65535.
   * @param callback As above.
   * Throws `ERR_SOCKET_BAD_PORT`, `ERR_SOCKET_DGRAM_IS_CONNECTED`.
   */
  void send(Payload message, int port, SendCallback callback = {}) const;
  /// The same, to a host name or literal address; empty: this host.
  void send(Payload message, int port, std::string_view address, SendCallback callback = {}) const;

  /// Sends `length` bytes of a message, from `offset` on, to the peer or to an address. The message
  /// must be a single buffer.
  /**
   * Throws the errors of the other forms, and `ERR_BUFFER_OUT_OF_BOUNDS`.
   */
  template <Whole Offset, Whole Length>
  void send(Payload message, Offset offset, Length length, SendCallback callback = {}) const {
    send_part(message, part(offset), part(length), std::move(callback));
  }
  template <Whole Offset, Whole Length, Whole Port>
  void send(
      Payload message, Offset offset, Length length, Port port, SendCallback callback = {}) const {
    send_part(message, part(offset), part(length), whole(port), {}, std::move(callback));
  }
  template <Whole Offset, Whole Length, Whole Port>
  void send(Payload message,
            Offset offset,
            Length length,
            Port port,
            std::string_view address,
            SendCallback callback = {}) const {
    send_part(message, part(offset), part(length), whole(port), address, std::move(callback));
  }

  /// Sends to an endpoint, for instance to RemoteInfo::endpoint(). Node has no such form. It needs
  /// no address as text, and does not call SocketOptions::lookup. The datagram is sent in a tick,
  /// as with a literal address.
  void send(Payload message, const Endpoint& to, SendCallback callback = {}) const;

  // ---- addresses

  /// "udp4" or "udp6". Works on a closed socket as well.
  const std::string& type() const noexcept;
  /// The local address. Each call asks the system. Throws "getsockname EBADF" before a bind.
  AddressInfo address() const;
  /// The address of the peer. Throws `ERR_SOCKET_DGRAM_NOT_CONNECTED`.
  AddressInfo remote_address() const;

  // ---- settings: before a bind each of them throws `EBADF`

  /// SO_BROADCAST: allows sends to broadcast addresses. Off in a new socket.
  void set_broadcast(bool flag) const;
  /// IP_TTL, for unicast and broadcast: 1 to 255, else throws "setTTL EINVAL". Returns `ttl`.
  int set_ttl(int ttl) const;
  /// IP_MULTICAST_TTL: 0 to 255, else throws "setMulticastTTL EINVAL"; 1 in a new socket. Returns
  /// `ttl`.
  int set_multicast_ttl(int ttl) const;
  /// IP_MULTICAST_LOOP: whether members of a group on this host receive what this socket sends to
  /// the group. On in a new socket. Returns `flag`.
  bool set_multicast_loopback(bool flag) const;
  /// IP_MULTICAST_IF: the interface through which multicast is sent.
  /**
   * @param interface_address "udp4": an address of the interface, or "0.0.0.0" to let the system
   * choose. "udp6": any address with the name of the interface as its zone, "::%eth0"; without a
   * zone, or if no interface has that name, the system chooses.
   * Throws `EINVAL` when it is no address, `EADDRNOTAVAIL` when no interface has the address.
   */
  void set_multicast_interface(std::string_view interface_address) const;

  /// Joins a multicast group. An unbound socket is bound to a port that the system chooses.
  /**
   * @param group A multicast address.
   * @param interface_address As for set_multicast_interface(); empty: the system chooses.
   * Throws `ERR_MISSING_ARGS` when `group` is empty, `EINVAL` when it is no multicast address,
   * `ENOPROTOOPT` for an IPv6 group with "udp4", `ENODEV` for an unknown interface or when there is
   * no route, `EADDRINUSE` when the socket is a member already.
   */
  void add_membership(std::string_view group, std::string_view interface_address = {}) const;
  /// Leaves a multicast group. Throws `EADDRNOTAVAIL` when the socket is no member, or when no
  /// interface has the address. Closing the socket leaves all groups.
  void drop_membership(std::string_view group, std::string_view interface_address = {}) const;
  /// Joins a group for one source (source-specific multicast). Errors as for add_membership(), but
  /// `EINVAL` for an empty group, and for a source that is empty, unspecified or a group;
  /// `EADDRNOTAVAIL` when it is joined already.
  void add_source_specific_membership(std::string_view source,
                                      std::string_view group,
                                      std::string_view interface_address = {}) const;
  void drop_source_specific_membership(std::string_view source,
                                       std::string_view group,
                                       std::string_view interface_address = {}) const;

  /// The size of the kernel's buffer in bytes; Linux returns twice the size that was set. Throws
  /// `ERR_SOCKET_BUFFER_SIZE` before a bind.
  int get_recv_buffer_size() const;
  int get_send_buffer_size() const;
  /// @param size 0 changes nothing. Throws `ERR_SOCKET_BAD_BUFFER_SIZE` below 0 and from 2^32 on,
  /// `ERR_SOCKET_BUFFER_SIZE` from 2^31 on and before a bind.
  void set_recv_buffer_size(std::int64_t size) const;
  void set_send_buffer_size(std::int64_t size) const;

  /// The bytes, and the datagrams, that wait until the system accepts more. Sends that wait for a
  /// bind or a lookup do not count.
  std::size_t get_send_queue_size() const;
  std::size_t get_send_queue_count() const;

  // ---- run()

  /// ref() and unref(): whether this socket, while it is bound and open, keeps `io_context::run()`
  /// from returning. A new socket does.
  /**
   * Both may be called at any time and any number of times, and have no effect on a closed socket.
   * In all other respects a socket works the same after unref().
   */
  Socket ref() const;
  Socket unref() const;

  // ---- what Node does not have

  /// True until close(), or until SocketOptions::signal has closed it.
  bool is_open() const;
  /// True from a successful bind until the socket is closed.
  bool is_bound() const;
  /// True while the socket is connected to a peer.
  bool is_connected() const;

  /// The system's descriptor; -1 before a bind, and when the socket is closed. It stays the
  /// socket's: use it for getsockopt() and the like, or to wait for it in another event loop.
  NativeHandle native_handle() const;

  /// The counters. Works on a closed socket as well.
  Stats stats() const;

  /// True when both handles are the same socket.
  friend bool operator==(const Socket&, const Socket&) noexcept = default;

 private:
  /// @cond
  friend DGRAM_API Socket create_socket(asio::io_context&, SocketOptions, MessageListener);
  /// @endcond
  explicit Socket(std::shared_ptr<detail::State> state) noexcept : state_(std::move(state)) {}

  /// The state, for a call; stop requests that must come before that call are carried out.
  detail::State& state() const;

  event::Message::Emitter& emitter(event::Message) const;
  event::Listening::Emitter& emitter(event::Listening) const;
  event::Connect::Emitter& emitter(event::Connect) const;
  event::Close::Emitter& emitter(event::Close) const;
  event::Error::Emitter& emitter(event::Error) const;
  event::ErrorMonitor::Emitter& emitter(event::ErrorMonitor) const;

  /// The port; -1, which is refused, for a number that is no int.
  template <std::integral Number>
  static int whole(Number number) noexcept {
    return std::in_range<int>(number) ? static_cast<int>(number) : -1;
  }
  /// A negative number becomes a large one, which is outside of any buffer.
  template <std::integral Number>
  static std::size_t part(Number number) noexcept {
    return static_cast<std::size_t>(number);
  }
  void send_part(Payload message,
                 std::size_t offset,
                 std::size_t length,
                 SendCallback callback) const;
  void send_part(Payload message,
                 std::size_t offset,
                 std::size_t length,
                 int port,
                 std::string_view address,
                 SendCallback callback) const;

  std::shared_ptr<detail::State> state_;
};

/// Makes a socket. It has no descriptor until it is bound.
/**
 * @param context Runs the callbacks and listeners of the socket.
 * @param options The options; `type` is required.
 * @param listener The first listener of `message`.
 * Throws `ERR_SOCKET_BAD_TYPE`. When a stop of `options.signal` was requested already, the socket
 * is closed, and emits `close` when the ticks run next.
 */
DGRAM_API Socket create_socket(asio::io_context& context,
                               SocketOptions options,
                               MessageListener listener = {});
DGRAM_API Socket create_socket(asio::io_context& context,
                               std::string_view type,
                               MessageListener listener = {});

}  // namespace node
DGRAM_END_NAMESPACE
