// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// Node's datagram socket: its calls, its events, their order and their errors.
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

/// A number of bytes, or a port.
template <class T>
concept Whole = std::integral<T> && !std::same_as<T, bool>;

/// One end of a socket, as address() and remote_address() tell it.
struct AddressInfo {
  std::string address;
  std::string family;  ///< "IPv4" or "IPv6".
  int port = 0;
};

/// Gets a datagram and who it is from.
using MessageListener = event::Message::Emitter::Function;
/// Gets nothing.
using Callback = Function<>;
/// `error` is nullptr when all went well.
using ConnectCallback = Function<const Error*>;
/// `error` is nullptr when the system has the datagram; `bytes` is its size then, else 0.
using SendCallback = Function<const Error*, std::size_t>;

/// A cheap handle, like a variable of JavaScript: copies are the same socket.
/**
 * The socket lives while it is open, also when no handle is left; after `close` it holds no
 * listener. A handle may outlive the context, which closes what is open. All calls return at once.
 * What they throw is a node::Error and leaves the socket as it was; each of them throws
 * `ERR_SOCKET_DGRAM_NOT_RUNNING` when the socket is closed, unless it says otherwise.
 *
 * Callbacks and listeners run inside `io_context::run()`; inside a call only where its lookup
 * answers there, or where it says so. A callback may take all arguments, the first, or none. What
 * it throws leaves `run()`; when that is called again, everything goes on. Each callback of bind,
 * connect and send is called once when that has ended: with `ECANCELED` when the socket was closed
 * before. That of a bind is called when it has succeeded; else there is `error`.
 *
 * Thread safety: on the thread that runs the context, or while nobody runs it.
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

  /// Calls `f` for each such event, behind those that were registered before. Works on a closed
  /// socket, too, where nothing happens any more.
  /**
   * @param event event::message, event::listening, event::connect, event::close, event::error or
   * event::error_monitor.
   * @param f Gets what is emitted; see the event.
   * @returns What off() takes. Throws `ERR_INVALID_ARG_TYPE` when `f` is empty.
   */
  template <class Event>
  ListenerId on(Event event, typename Event::Emitter::Function f) const {
    return emitter(event).on(std::move(f));
  }

  /// The same for the next event alone.
  template <class Event>
  ListenerId once(Event event, typename Event::Emitter::Function f) const {
    return emitter(event).once(std::move(f));
  }

  /// As on(), but before those that were registered before.
  template <class Event>
  ListenerId prepend(Event event, typename Event::Emitter::Function f) const {
    return emitter(event).prepend(std::move(f));
  }

  /// Both of them: for the next event alone, and before those that were registered before.
  template <class Event>
  ListenerId prepend_once(Event event, typename Event::Emitter::Function f) const {
    return emitter(event).prepend_once(std::move(f));
  }

  /// Forgets a listener. Called while its event is emitted, that goes on as it has begun.
  /**
   * @returns False when it was not there any more.
   */
  template <class Event>
  bool off(Event event, ListenerId id) const {
    return emitter(event).off(id);
  }

  /// Forgets the listeners of an event, or of all. What is emitted goes on as it has begun, and the
  /// callbacks of bind, connect and close stay: they are not listeners here.
  template <class Event>
  Socket remove_all_listeners(Event event) const {
    emitter(event).clear();
    return *this;
  }
  Socket remove_all_listeners() const;

  template <class Event>
  std::size_t listener_count(Event event) const {
    return emitter(event).count();
  }

  // ---- life

  /// Binds to a port of this host, begins to receive, and then emits `listening`.
  /**
   * For literal addresses `listening` comes in the next drain of the ticks (next_tick()), else
   * when the name has an address; in a worker of a cluster (cluster::Worker) when the primary has
   * answered. A bind that fails emits `error` with the code of the lookup or of
   * the system (`EADDRINUSE`, `EADDRNOTAVAIL`, `EACCES`, `EINVAL`, `ENOTFOUND` …) and may be tried
   * again.
   *
   * @param port 0 to 65535; 0 lets the system choose, see address().
   * @param address A host name or literal address; empty: all addresses of this host.
   * @param callback Called once when *this* bind emits `listening`, among the listeners.
   * Throws `ERR_SOCKET_ALREADY_BOUND`, also while a bind goes on; `ERR_SOCKET_BAD_PORT`.
   */
  Socket bind(int port = 0, std::string_view address = {}, Callback callback = {}) const;
  Socket bind(Callback callback) const;
  Socket bind(int port, Callback callback) const;

  /// The same, or with `options.fd` takes over a bound descriptor.
  /**
   * A descriptor is taken over inside the call, which emits `listening` before it returns; it
   * belongs to the socket then. (A worker of a cluster asks its primary instead, and gets an
   * `error` of "open", unless `options.exclusive` is set.) What is no UDP socket is left alone:
   * throws `ERR_INVALID_FD_TYPE`, or "open" with the system's code.
   */
  Socket bind(const BindOptions& options, Callback callback = {}) const;

  /// Binds inside the call; `listening` comes in the next drain of the ticks.
  /**
   * @returns What address() says.
   * Throws `ERR_SOCKET_ALREADY_BOUND`, `ERR_SOCKET_BAD_PORT`, `ERR_INVALID_ARG_VALUE` for what is
   * no literal address, and what bind() emits. Source: Node.js v24.19.
   */
  AddressInfo bind_sync(const BindSyncOptions& options = {}) const;

  /// Gives the socket a peer, the only one that it sends to and receives from then. An unbound
  /// socket is bound to any port first.
  /**
   * Emits `connect` when it is done. When it fails, `callback` gets the error; without one `error`
   * is emitted. A connect to a port that nobody has does not fail, but later sends and receives may
   * with `ECONNREFUSED`.
   *
   * @param port 1 to 65535.
   * @param address A host name or literal address; empty: this host.
   * @param callback Called once when the connect is done or has failed.
   * Throws `ERR_SOCKET_BAD_PORT`, `ERR_SOCKET_DGRAM_IS_CONNECTED`, also while a connect goes on.
   */
  void connect(int port, std::string_view address = {}, ConnectCallback callback = {}) const;
  void connect(int port, ConnectCallback callback) const;

  /// Connects inside the call; `connect` comes in the next drain of the ticks.
  /**
   * Throws what connect() does, what it would have told its callback, `ERR_INVALID_ARG_VALUE` for
   * what is no literal address, and `ERR_SOCKET_ALREADY_BOUND` while a bind goes on. Source:
   * Node.js v24.19.
   */
  void connect_sync(int port, std::string_view address = {}) const;

  /// Takes the peer away. On Linux a port that the system chose goes with it (connect(2),
  /// AF_UNSPEC).
  /**
   * Throws `ERR_SOCKET_DGRAM_NOT_CONNECTED`, also on a closed socket that was not connected.
   */
  void disconnect() const;

  /// Closes the descriptor, then emits `close` in the next drain of the ticks. No other event
  /// comes after that.
  /**
   * While sends or a connect wait for a bind it waits behind them. When that bind fails, the socket
   * stays open.
   * @param callback A listener of `close`. It is registered also when the call throws.
   */
  Socket close(Callback callback = {}) const;

  /// Node's `await socket[Symbol.asyncDispose]()`: closes, and returns when `close` was emitted; at
  /// once when the socket is closed.
  /**
   * It closes also when a bind fails that it waited for. Cancellation (any type) ends the wait with
   * `operation_aborted`; the socket closes all the same. Must be awaited on the context's thread.
   */
  asio::awaitable<void> async_dispose() const;

  // ---- send

  /// Sends to the peer of a connected socket, inside the call where the system takes it at once.
  /**
   * @param message Text, bytes, or a list of buffers that are sent as one datagram. May go when the
   * call returns: what could not be sent is copied.
   * @param callback Called in the next drain of the ticks, or when the system has taken it. Gets
   * the error, which is not emitted then: `EMSGSIZE`, `ECONNREFUSED` … Without one an error of the
   * system is counted (stats()), that of a lookup is emitted as `error`.
   * Throws `ERR_SOCKET_BAD_PORT` when the socket has no peer.
   */
  void send(Payload message, SendCallback callback = {}) const;

  /// Sends to a port of this host. An unbound socket is bound to any port first, and sends then.
  /**
   * It leaves in a tick of its own, or when the name has an address: what else a tick or a later
   * call does, on any socket of the context, comes behind it, and what a connected socket sends
   * meanwhile goes before it. Sends of one socket that follow one another leave in one system call.
   * Up to 65,536 sends or 16 MiB wait for a bind or for lookups, as many for a system that takes no
   * more; beyond that a send fails with `ENOBUFS`.
   *
   * @param message As above.
   * @param port 1 to 65535.
   * @param callback As above.
   * Throws `ERR_SOCKET_BAD_PORT`, `ERR_SOCKET_DGRAM_IS_CONNECTED`.
   */
  void send(Payload message, int port, SendCallback callback = {}) const;
  /// The same, to a host name or literal address; empty: this host.
  void send(Payload message, int port, std::string_view address, SendCallback callback = {}) const;

  /// Sends `length` bytes of a message of one buffer, from `offset` on: to the peer, or to an
  /// address.
  /**
   * Throws what the others do, and `ERR_BUFFER_OUT_OF_BOUNDS`.
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

  /// Sends to the end that a message came from, or to any other, without text: what Node does not
  /// have. The lookup of the options is not asked. It leaves in a tick, as to a literal address.
  void send(Payload message, const Endpoint& to, SendCallback callback = {}) const;

  // ---- addresses

  /// "udp4" or "udp6"; also when closed.
  const std::string& type() const noexcept;
  /// The socket's own end, asked anew each time. Throws "getsockname EBADF" before a bind.
  AddressInfo address() const;
  /// The peer. Throws `ERR_SOCKET_DGRAM_NOT_CONNECTED`.
  AddressInfo remote_address() const;

  // ---- settings: before a bind each throws its name with `EBADF`

  /// SO_BROADCAST: lets it send to broadcast addresses. Off in a new socket.
  void set_broadcast(bool flag) const;
  /// IP_TTL, of what is not sent to groups: 1 to 255, else "setTTL EINVAL". Returns `ttl`.
  int set_ttl(int ttl) const;
  /// IP_MULTICAST_TTL: 0 to 255, else "setMulticastTTL EINVAL"; 1 in a new socket. Returns `ttl`.
  int set_multicast_ttl(int ttl) const;
  /// IP_MULTICAST_LOOP: whether groups that this host has joined get what it sends to them. On in a
  /// new socket. Returns `flag`.
  bool set_multicast_loopback(bool flag) const;
  /// IP_MULTICAST_IF: where what is sent to groups leaves.
  /**
   * @param interface_address "udp4": an address of the interface, "0.0.0.0" for the system's
   * choice. "udp6": any address with the interface's name as its zone, "::%eth0"; without one, or
   * with one that no interface has, the system's choice.
   * Throws `EINVAL` for what is no address, `EADDRNOTAVAIL` for one that no interface has.
   */
  void set_multicast_interface(std::string_view interface_address) const;

  /// Joins a group. An unbound socket is bound to any port.
  /**
   * @param group A multicast address.
   * @param interface_address As for set_multicast_interface(); empty: the system's choice.
   * Throws `ERR_MISSING_ARGS` for an empty group, `EINVAL` for what is none, `ENOPROTOOPT` for an
   * IPv6 one of "udp4", `ENODEV` for an unknown interface or where there is no route, `EADDRINUSE`
   * when it is a member already.
   */
  void add_membership(std::string_view group, std::string_view interface_address = {}) const;
  /// Leaves a group; `EADDRNOTAVAIL` when it is no member, or no interface has the address. Closing
  /// leaves all of them.
  void drop_membership(std::string_view group, std::string_view interface_address = {}) const;
  /// Joins what one source sends to a group. Errors as for add_membership(), but `EINVAL` for an
  /// empty group, and for a source that is empty or can send nothing; `EADDRNOTAVAIL` when it is
  /// joined already.
  void add_source_specific_membership(std::string_view source,
                                      std::string_view group,
                                      std::string_view interface_address = {}) const;
  void drop_source_specific_membership(std::string_view source,
                                       std::string_view group,
                                       std::string_view interface_address = {}) const;

  /// Bytes that the kernel keeps for the socket; Linux says twice what was set. Throws
  /// `ERR_SOCKET_BUFFER_SIZE` before a bind.
  int get_recv_buffer_size() const;
  int get_send_buffer_size() const;
  /// @param size 0 changes nothing. Throws `ERR_SOCKET_BAD_BUFFER_SIZE` below 0 and from 2^32 on,
  /// `ERR_SOCKET_BUFFER_SIZE` from 2^31 on and before a bind.
  void set_recv_buffer_size(std::int64_t size) const;
  void set_send_buffer_size(std::int64_t size) const;

  /// Bytes, and datagrams, that wait because the system takes no more. Those that wait for a bind
  /// or a lookup are not among them.
  std::size_t get_send_queue_size() const;
  std::size_t get_send_queue_count() const;

  // ---- run()

  /// `io_context::run()` does not return while a bound socket is open, unless it is unref'ed.
  /**
   * Both may be called at any time, any number of times, and do nothing on a closed socket. An
   * unref'ed socket works as any other does.
   */
  Socket ref() const;
  Socket unref() const;

  // ---- what Node does not have

  /// True until close(), or until the signal has stopped it.
  bool is_open() const;
  /// True from a bind that has succeeded until the end, and while it has a peer.
  bool is_bound() const;
  bool is_connected() const;

  /// The system's descriptor, -1 where there is none: before a bind, and when closed. It stays the
  /// socket's: to look at, or to wait for in another loop than the context's own.
  NativeHandle native_handle() const;

  /// Also of a closed socket.
  Stats stats() const;

  /// Whether both are the same socket.
  friend bool operator==(const Socket&, const Socket&) noexcept = default;

 private:
  /// @cond
  friend DGRAM_API Socket create_socket(asio::io_context&, SocketOptions, MessageListener);
  /// @endcond
  explicit Socket(std::shared_ptr<detail::State> state) noexcept : state_(std::move(state)) {}

  /// For a call: what was to be done before it is done.
  detail::State& state() const;

  event::Message::Emitter& emitter(event::Message) const;
  event::Listening::Emitter& emitter(event::Listening) const;
  event::Connect::Emitter& emitter(event::Connect) const;
  event::Close::Emitter& emitter(event::Close) const;
  event::Error::Emitter& emitter(event::Error) const;
  event::ErrorMonitor::Emitter& emitter(event::ErrorMonitor) const;

  /// What is no int is no port either.
  template <std::integral Number>
  static int whole(Number number) noexcept {
    return std::in_range<int>(number) ? static_cast<int>(number) : -1;
  }
  /// What is negative is outside of any buffer.
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

/// A new socket. It has no descriptor before it is bound.
/**
 * @param context Runs its callbacks and listeners.
 * @param options At least its type.
 * @param listener Registered for `message`, before all others.
 * Throws `ERR_SOCKET_BAD_TYPE`. With a signal that has stopped already the socket is closed, and
 * emits `close` in the next drain of the ticks.
 */
DGRAM_API Socket create_socket(asio::io_context& context,
                               SocketOptions options,
                               MessageListener listener = {});
DGRAM_API Socket create_socket(asio::io_context& context,
                               std::string_view type,
                               MessageListener listener = {});

}  // namespace node
DGRAM_END_NAMESPACE
