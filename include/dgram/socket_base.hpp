// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// Everything of a socket that does not suspend: life, addresses, statistics; on top of its settings
// and memberships.
#pragma once

#include <dgram/batch.hpp>
#include <dgram/capability.hpp>
#include <dgram/channel.hpp>
#include <dgram/config.hpp>
#include <dgram/datagram.hpp>
#include <dgram/descriptor.hpp>
#include <dgram/endpoint.hpp>
#include <dgram/error.hpp>
#include <dgram/error_report.hpp>
#include <dgram/lookup.hpp>
#include <dgram/payload.hpp>
#include <dgram/socket_memberships.hpp>
#include <dgram/stats.hpp>
#include <optional>
#include <span>
#include <system_error>
#include <vector>

DGRAM_BEGIN_NAMESPACE

/// The part of BasicSocket that is no template. Not used by itself.
/**
 * Every call has a form that throws Error and one that sets an `error_code`. A failing call leaves
 * the socket as it was. A moved-from or closed socket answers `bad_descriptor`; a closed one stays
 * closed: assign a new one to it.
 *
 * Thread safety: distinct objects: safe. Shared objects: unsafe.
 */
class DGRAM_API SocketBase : public SocketMemberships {
 public:
  // ---- life

  /// Opens the socket without binding it, so that settings can be made before: bind_to_device(),
  /// set_option() …
  /**
   * The family is SocketOptions::family, else IPv4. bind, connect and send open it by themselves.
   * No effect on an open socket. Errors: `invalid_argument` (an option out of its range), the
   * system's refusal of an option; Error names it.
   */
  void open();
  void open(std::error_code& ec);

  /// Binds to any address and a port that the kernel chooses. The family is SocketOptions::family,
  /// else IPv4.
  void bind();

  /// Binds to an address and port of this host; port 0 lets the kernel choose. Opens the socket.
  /**
   * Errors: Errc::already_bound; `address_in_use`, `access_denied` (port below 1024),
   * `address_not_available` (not this host's); `address_family_not_supported` (another family than
   * SocketOptions::family); `invalid_argument` (an option out of its range). Source: bind(2),
   * ip(7).
   */
  void bind(const Endpoint& local);
  void bind(const Endpoint& local, std::error_code& ec);

  /// Fixes the peer: sends without a destination go to it, and the kernel delivers only its
  /// datagrams from now on.
  /**
   * Opens the socket when it is new. May be called again with another peer: a source address that
   * the kernel chose is chosen anew, the port stays, and what the former peer has refused fails
   * nothing any more. When that fails, the former peer stays. Datagrams of others that were queued
   * before this call are still delivered: look at Datagram::remote() where that matters.
   *
   * A socket of both families that was connected to an IPv4 peer may hear nothing of an IPv6 one
   * behind a real link, because Linux keeps the way that the IPv4 datagrams came in by: use a new
   * socket.
   *
   * Errors: Errc::bad_port (port 0), `network_unreachable`, `access_denied` (a broadcast address),
   * `address_in_use` (no port is free), `address_family_not_supported`. Source: connect(2), udp(7).
   */
  void connect(const Endpoint& remote);
  void connect(const Endpoint& remote, std::error_code& ec);

  /// Forgets the peer. Errors: `not_connected`.
  /**
   * Linux also forgets a local port that *it* chose, also for a bind() to port 0: until the next
   * send or connect, which brings a new one, nothing can be received. A port that was given to
   * bind() as a number is kept. Source: connect(2), AF_UNSPEC.
   *
   * An IPv6 socket goes on hearing only what comes from the *address* of its former peer, from any
   * port there, because Linux forgets the port and keeps the address (`sk_v6_daddr`); sends go
   * anywhere. To hear others, use a new socket.
   */
  void disconnect();
  void disconnect(std::error_code& ec);

  /// Closes the socket. Pending operations complete with `operation_aborted`; what was received but
  /// not asked for is dropped and counted (Stats::discarded_at_close). No effect on a closed one.
  void close();

  /// Ends every pending operation with `operation_aborted`. Nothing is lost: what they would have
  /// received stays.
  void cancel();

  /// True between the first successful open, bind, connect, send or adopt and close or release.
  bool is_open() const noexcept;

  /// Takes over a UDP socket of the operating system, bound or connected or neither.
  /**
   * Type and family are checked. The descriptor becomes non-blocking and belongs to this socket;
   * when the call fails it stays the caller's. Of SocketOptions those that concern receiving are
   * applied to it (buffer sizes, metadata, receive_errors, gro), and those that are this library's
   * own hold (batch, segmentation, pacing, the bounds of the queue); how it was bound stays as it
   * was.
   * Whoever has a duplicate of the descriptor shares what is applied. Errors: Errc::not_udp;
   * Errc::already_bound; `address_family_not_supported`; `bad_descriptor`. The text of an Error
   * says what the descriptor is: "adopt 3 (TCP socket over IPv4): Not a UDP socket over IPv4 or
   * IPv6".
   */
  void adopt(NativeHandle handle);
  void adopt(NativeHandle handle, std::error_code& ec);

  /// The same; the descriptor is closed when the call fails.
  void adopt(Descriptor descriptor);
  void adopt(Descriptor descriptor, std::error_code& ec);

  /// Gives the descriptor away, non-blocking, with everything that the kernel still queues for it.
  /// This socket is then closed.
  /**
   * Pending operations complete with `operation_aborted`. Errors: Errc::not_drained while received
   * datagrams are held here: call stop_receiving() and recv until it ends, then release().
   */
  NativeHandle release();
  NativeHandle release(std::error_code& ec);

  /// Makes no more receive calls to the kernel. recv serves what is held, then ends with
  /// `asio::error::eof`. Sending goes on.
  /**
   * For a descriptor that somebody else has as well, or is going to have: what the kernel queues is
   * theirs.
   */
  void stop_receiving();

  /// Ends receiving, and leaves nothing behind: recv serves what is held and what the kernel has,
  /// then ends with `asio::error::eof`. Sending goes on.
  /**
   * No operation is cancelled: a receive that waits ends with what is there, or with `eof`. As long
   * as more keeps coming, recv goes on; refuse_more() sees to that. No effect on a socket that is
   * not open.
   */
  void drain();

  /// The kernel drops what comes to the socket from now on, and counts it (Stats::kernel_drops);
  /// what it has can still be received.
  /**
   * With drain(), and before close(), all that was sent to the socket is received or counted, also
   * under a flood, until close() has read the counter. Only for a socket that nobody else has: it
   * holds for the descriptor, wherever that goes. Errors: `operation_not_supported` (any system but
   * Linux), `bad_descriptor`. Source: SO_ATTACH_FILTER, socket(7).
   */
  void refuse_more();
  void refuse_more(std::error_code& ec);

  /// The operating system's descriptor, -1 when there is none. It stays the socket's.
  NativeHandle native_handle() const noexcept;

  // ---- addresses

  /// Where the socket is bound. Asked of the kernel each time: connect and disconnect change it.
  Endpoint local_endpoint() const;
  Endpoint local_endpoint(std::error_code& ec) const;

  /// The peer of a connected socket. Errors: `not_connected`.
  Endpoint remote_endpoint() const;
  Endpoint remote_endpoint(std::error_code& ec) const;

  // ---- host names

  /// Uses a resolver of the caller's own for the host names of this socket; an empty function
  /// brings Asio's back.
  /**
   * Asio's looks one name up after another, on one thread of the context: one that takes long holds
   * up the names behind it, of all sockets, and the end of the context. Literal addresses and
   * "localhost" wait for nobody.
   */
  void set_lookup(Lookup lookup);

  // ---- without suspending

  /// Takes a datagram that is here now; never waits.
  /**
   * Errors: `would_block` when there is none, or when another receive waits already (first come,
   * first served); `eof` after stop_receiving() or drain(); `connection_refused` and other errors
   * of the socket, each reported once.
   */
  std::optional<Datagram> try_recv(std::error_code& ec);

  /// Takes an error report that is here now; never waits.
  /**
   * Errors: `would_block` when there is none, or when a recv_error() waits already;
   * Errc::errors_not_received.
   */
  std::optional<ErrorReport> try_recv_error(std::error_code& ec);

  /// Sends now or not at all; never waits. True when the kernel took it.
  /**
   * Errors: `would_block` when the kernel takes no more, or when other sends wait already; else
   * those of send().
   */
  bool try_send(const Payload& payload, const Endpoint& to, std::error_code& ec);
  bool try_send(const Payload& payload, std::error_code& ec);

  /// Sends what the kernel takes now, with few system calls; never waits. Returns how many it took.
  /**
   * Each datagram has its own Outgoing::result afterwards, as with send_many(); `would_block` for
   * those that the kernel has no room for now, or all of them when other sends wait already: their
   * order is kept, so they may be given to send_many(). Errors of the call as a whole:
   * `bad_descriptor`; `would_block` when that is the result of any.
   */
  std::size_t try_send_many(std::span<Outgoing> batch, std::error_code& ec);

  // ---- waiting

  /// With unref(), waiting for this socket's datagrams no longer keeps `io_context::run()` from
  /// returning; ref() brings that back. May be called at any time, and again.
  /**
   * Sends that wait, operations with a deadline, and coroutines that co_spawn() started keep it
   * from returning in any case. Works where the socket's executor is that of an `asio::io_context`,
   * for waits on this context, its strands among them; elsewhere it has no effect. Source: Node.js,
   * socket.unref().
   */
  void unref();
  void ref();

  // ---- statistics

  /// Bytes and operations that were started and that the kernel has not taken yet.
  std::size_t send_queue_size() const noexcept;
  std::size_t send_queue_count() const noexcept;

  /// What this socket has done so far. Asks the kernel for its drops: one system call. Also answers
  /// after close().
  Stats stats() const;

  /// What this socket was granted of what it asked for, and why not the rest. Asks the system for
  /// each; for start-up messages, not for loops. Empty when the socket is not open.
  std::vector<Capability> capabilities() const;

 protected:
  using SocketMemberships::SocketMemberships;
  SocketBase(SocketBase&& other) noexcept = default;
  SocketBase& operator=(SocketBase&& other) noexcept = default;
  ~SocketBase() = default;
};

DGRAM_END_NAMESPACE
