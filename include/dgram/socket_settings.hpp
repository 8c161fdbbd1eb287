// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// What can be set on a socket, and read back as the system granted it.
#pragma once

#include <asio/ip/udp.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <dgram/channel.hpp>
#include <dgram/config.hpp>
#include <dgram/detail/core.hpp>
#include <dgram/endpoint.hpp>
#include <dgram/error.hpp>
#include <dgram/interface.hpp>
#include <dgram/options.hpp>
#include <dgram/path_mtu.hpp>
#include <dgram/segmentation.hpp>
#include <dgram/setting.hpp>
#include <span>
#include <system_error>

DGRAM_BEGIN_NAMESPACE

/// The settings of a socket: a part of SocketBase, not used by itself.
/**
 * A setting takes an open socket (SocketBase::open(), or a first bind, connect or send), else it
 * fails with `bad_descriptor`. A value out of its range is `invalid_argument`, and nothing changes;
 * nothing is clamped. Where this system does not have a setting: `operation_not_supported`. Error
 * says which setting and which value: "set_ttl 300: Invalid argument".
 *
 * On an IPv6 socket a setting holds for its IPv4 peers ("::ffff:a.b.c.d") as well. What is read is
 * what the system has, not what was asked for.
 *
 * Thread safety: distinct objects: safe. Shared objects: unsafe.
 */
class DGRAM_API SocketSettings : public detail::SocketState {
 public:
  // ---- unicast and broadcast

  /// Allows sending to broadcast addresses, which else fails with `access_denied`. Off by default.
  /// Source: SO_BROADCAST, socket(7).
  void set_broadcast(bool allowed);
  void set_broadcast(bool allowed, std::error_code& ec);
  bool broadcast() const;
  bool broadcast(std::error_code& ec) const;

  /// Routers that a datagram may pass, and itself: 1 to 255; 64 by default. For unicast and
  /// broadcast.
  void set_ttl(int hops);
  void set_ttl(int hops, std::error_code& ec);
  int ttl() const;
  int ttl(std::error_code& ec) const;

  /// The differentiated services code point of what is sent: 0 to 63; 0 by default (RFC 2474).
  /// SendOptions::dscp sets it for one datagram.
  void set_dscp(int code_point);
  void set_dscp(int code_point, std::error_code& ec);
  int dscp() const;
  int dscp(std::error_code& ec) const;

  /// The congestion notification of what is sent (RFC 3168). SendOptions::ecn sets it for one
  /// datagram. Whoever sets it has to react to Ecn::ce.
  void set_ecn(Ecn ecn);
  void set_ecn(Ecn ecn, std::error_code& ec);
  Ecn ecn() const;
  Ecn ecn(std::error_code& ec) const;

  /// Sends and receives by one interface only, whatever the routes say; `{}` lifts it.
  /**
   * By index: when the interface vanishes and returns it is another one, sends fail with
   * `no_such_device`, and this has to be called again. Sockets of one port on distinct interfaces
   * do not collide when each is bound to its device *before* it binds: open(), bind_to_device(),
   * bind(). Errors: `no_such_device`; `operation_not_permitted` (changing it takes CAP_NET_RAW).
   * Source: SO_BINDTODEVICE, socket(7).
   */
  void bind_to_device(const Interface& interface);
  void bind_to_device(const Interface& interface, std::error_code& ec);

  /// The index of that interface; 0 when there is none.
  std::uint32_t bound_device() const;
  std::uint32_t bound_device(std::error_code& ec) const;

  // ---- multicast

  /// Routers that a datagram to a group may pass, and itself: 0 to 255; 1 by default: it stays on
  /// the link. With 0 it also stays on this host, on Linux only while a socket here is in the
  /// group.
  void set_multicast_ttl(int hops);
  void set_multicast_ttl(int hops, std::error_code& ec);
  int multicast_ttl() const;
  int multicast_ttl(std::error_code& ec) const;

  /// Whether sockets of this host get what this one sends to a group; on by default. It is the
  /// *sender's* setting on Linux.
  void set_multicast_loopback(bool enabled);
  void set_multicast_loopback(bool enabled, std::error_code& ec);
  bool multicast_loopback() const;
  bool multicast_loopback(std::error_code& ec) const;

  /// The interface by which datagrams to groups leave; `{}` leaves it to the routes again.
  /**
   * Given by an IPv4 address, datagrams to IPv4 groups also have that address as their source. On
   * an IPv6 socket it is set for IPv6 groups and for IPv4 groups. Errors: `no_such_device`;
   * `invalid_argument` for Interface::all(). Source: IP_MULTICAST_IF, ip(7).
   */
  void set_multicast_interface(const Interface& interface);
  void set_multicast_interface(const Interface& interface, std::error_code& ec);

  /// Its index; 0 when the routes decide.
  std::uint32_t multicast_interface() const;
  std::uint32_t multicast_interface(std::error_code& ec) const;

  /// Whether this socket also gets what is sent to groups that *other* sockets of this host have
  /// joined. dgram switches it off when it opens a socket; the system's default is on.
  /// Source: IP_MULTICAST_ALL, ip(7).
  void set_multicast_all(bool enabled);
  void set_multicast_all(bool enabled, std::error_code& ec);
  bool multicast_all() const;
  bool multicast_all(std::error_code& ec) const;

  // ---- buffers

  /// Bytes that the kernel may keep for this socket until they are received: 1 or more.
  /**
   * Linux grants at most net.core.rmem_max, or what is asked for when the process has
   * CAP_NET_ADMIN. Less is no error: the log handler is told (set_log_handler), and capabilities()
   * says "reduced". A very small value is raised to the system's minimum.
   */
  void set_recv_buffer_size(int bytes);
  void set_recv_buffer_size(int bytes, std::error_code& ec);

  /// As the system reports it: on Linux *twice* what was granted, since its own overhead is counted
  /// in.
  int recv_buffer_size() const;
  int recv_buffer_size(std::error_code& ec) const;

  /// Bytes on their way out of this host, 1 or more; the limit is net.core.wmem_max. Else as
  /// set_recv_buffer_size().
  void set_send_buffer_size(int bytes);
  void set_send_buffer_size(int bytes, std::error_code& ec);
  int send_buffer_size() const;
  int send_buffer_size(std::error_code& ec) const;

  // ---- pacing

  /// Spaces what is sent: it leaves at `bytes_per_second` at most, and no more than `burst` of them
  /// back to back.
  /**
   * A burst that is larger than the queue of a router or of a Wi-Fi link is lost there, and nobody
   * tells. Sends wait for their time as they wait for room: in their order, bounded by
   * SocketOptions::send_queue_bytes; try_send() says `would_block`. Runs are cut to fit a burst,
   * and a datagram that is larger than a burst leaves alone. The rate is that of the socket,
   * whatever peers it sends to. A change holds at once, also for sends that wait; what has left
   * before it still counts.
   *
   * The socket's own timer does it, which the loop has to run; a late loop makes up for it by no
   * more than one burst. The system is told the rate as well: where the interface has the queue
   * "fq", it spaces the datagrams within a burst.
   *
   * @param bytes_per_second 1 to 10^12; 0: as many as the system takes, which is the default. A
   *   datagram counts as what it is on Ethernet: 42 bytes more than its own over IPv4, 62 over
   * IPv6.
   * @param burst Bytes: 1 to 2^30; 0: what the rate carries in a millisecond, and 3,000 at least.
   *
   * Errors: `invalid_argument` for values outside these ranges, or a burst without a rate;
   * `no_memory`. Source: SO_MAX_PACING_RATE, tc-fq(8).
   */
  void set_pacing(std::uint64_t bytes_per_second, std::size_t burst = 0);
  void set_pacing(std::uint64_t bytes_per_second, std::size_t burst, std::error_code& ec);

  /// Bytes a second; 0: the socket is not paced.
  std::uint64_t pacing_rate() const;
  std::uint64_t pacing_rate(std::error_code& ec) const;

  /// Bytes, also where the socket chose them; 0: the socket is not paced.
  std::size_t pacing_burst() const;
  std::size_t pacing_burst(std::error_code& ec) const;

  // ---- latency on a network card (docs/guide.md: "Latency")

  /// How long a receive or a wait looks into the queue of the network card itself, instead of
  /// waiting for its interrupt: microseconds, 0 or more; 0, the default, is off.
  /**
   * It costs processor time, and wins where a datagram is expected soon. Waits in the loop (epoll)
   * do it only where net.core.busy_poll is set, too. The loopback interface has no such queue.
   * Errors: `operation_not_permitted` for more than net.core.busy_read without CAP_NET_ADMIN.
   * Source: SO_BUSY_POLL, socket(7).
   */
  void set_busy_poll(std::chrono::microseconds time);
  void set_busy_poll(std::chrono::microseconds time, std::error_code& ec);
  std::chrono::microseconds busy_poll() const;
  std::chrono::microseconds busy_poll(std::error_code& ec) const;

  /// Keeps the card's interrupts off while the socket is polled; off by default. Needs a card that
  /// is set up for it (napi_defer_hard_irqs, gro_flush_timeout).
  /**
   * Errors: `operation_not_permitted` (it takes CAP_NET_ADMIN). Source: Linux 5.11, commit 7fd3253.
   */
  void set_prefer_busy_poll(bool preferred);
  void set_prefer_busy_poll(bool preferred, std::error_code& ec);
  bool prefer_busy_poll() const;
  bool prefer_busy_poll(std::error_code& ec) const;

  /// The processor that this socket is meant for: 0 or more. Of sockets that share a port
  /// (SocketOptions::reuse_port), the one gets a datagram whose processor has handled it in the
  /// kernel.
  /**
   * What is read is what was set; on a connected socket, and where nothing was set, the processor
   * that has handled the last datagram; -1 before the first. Source: SO_INCOMING_CPU, socket(7).
   */
  void set_incoming_cpu(int processor);
  void set_incoming_cpu(int processor, std::error_code& ec);
  int incoming_cpu() const;
  int incoming_cpu(std::error_code& ec) const;

  // ---- path MTU

  /// What happens to datagrams that are larger than the path takes; PathMtuDiscovery::want by
  /// default.
  void set_path_mtu_discovery(PathMtuDiscovery mode);
  void set_path_mtu_discovery(PathMtuDiscovery mode, std::error_code& ec);
  PathMtuDiscovery path_mtu_discovery() const;
  PathMtuDiscovery path_mtu_discovery(std::error_code& ec) const;

  /// The largest IP packet that fits the path to `to`, as far as this host knows: the interface's
  /// MTU until an ICMP message has told less.
  /**
   * A payload has 28 bytes less over IPv4, 48 less over IPv6. The system forgets what it has
   * learned after ten minutes. Asks the kernel through a socket of its own, which sends nothing.
   * Errors: `network_unreachable`, `host_unreachable`; Errc::source_unavailable; those of the other
   * settings. Source: IP_MTU, ip(7).
   */
  int path_mtu(const Endpoint& to) const;
  int path_mtu(const Endpoint& to, std::error_code& ec) const;

  /// The same for the peer of a connected socket. Errors: `not_connected`.
  int path_mtu() const;
  int path_mtu(std::error_code& ec) const;

  // ---- runs of datagrams

  /// Whether datagrams to one peer leave in runs, from the next one on; SocketOptions::segmentation
  /// at first. `invalid_argument` for a value that is none of Segmentation's.
  void set_segmentation(Segmentation segmentation);
  void set_segmentation(Segmentation segmentation, std::error_code& ec);
  Segmentation segmentation() const;
  Segmentation segmentation(std::error_code& ec) const;

  /// The same for what goes to one address, also as the connected peer: goes before what the socket
  /// has.
  /**
   * `automatic` leaves it to the socket again, and frees the memory. An IPv6 socket takes
   * "::ffff:a.b.c.d" and a.b.c.d for the same; the zone of an address makes no difference. Errors:
   * `address_family_not_supported` (an address that this socket cannot send to); `no_memory`.
   */
  void set_segmentation(const asio::ip::address& destination, Segmentation segmentation);
  void set_segmentation(const asio::ip::address& destination,
                        Segmentation segmentation,
                        std::error_code& ec);
  Segmentation segmentation(const asio::ip::address& destination) const;
  Segmentation segmentation(const asio::ip::address& destination, std::error_code& ec) const;

  // ---- several sockets of one port

  /// What SocketOptions::reuse_port is, for a socket that is bound already.
  /**
   * Who binds without it has the port alone, else `address_in_use`; with this, others of the same
   * user may join from then on. Source: SO_REUSEPORT, socket(7).
   */
  void set_reuse_port(bool shared);
  void set_reuse_port(bool shared, std::error_code& ec);

  // ---- given when the socket was opened

  bool reuse_address() const;
  bool reuse_address(std::error_code& ec) const;
  bool reuse_port() const;
  bool reuse_port(std::error_code& ec) const;

  /// Errors: `operation_not_supported` on an IPv4 socket.
  bool ipv6_only() const;
  bool ipv6_only(std::error_code& ec) const;

  // ---- everything else

  /// Sets an option of Asio's, or any type with Asio's interface of one:
  /// `asio::socket_base::linger`, `asio::detail::socket_option::integer<SOL_SOCKET, SO_PRIORITY>` …
  template <class SettableOption>
  void set_option(const SettableOption& option, std::error_code& ec) {
    const Protocol protocol = this->protocol();
    ec = set_raw(option.level(protocol),
                 option.name(protocol),
                 option.data(protocol),
                 option.size(protocol));
  }
  template <class SettableOption>
  void set_option(const SettableOption& option) {
    std::error_code ec;
    set_option(option, ec);
    const Protocol protocol = this->protocol();
    if (ec)
      throw_raw(ec,
                "set_option",
                option.level(protocol),
                option.name(protocol),
                option.data(protocol),
                option.size(protocol));
  }

  /// Reads an option of Asio's, as the system reports it.
  template <class GettableOption>
  void get_option(GettableOption& option, std::error_code& ec) const {
    const Protocol protocol = this->protocol();
    std::size_t size = option.size(protocol);
    ec = get_raw(option.level(protocol), option.name(protocol), option.data(protocol), size);
    if (!ec) option.resize(protocol, size);
  }
  template <class GettableOption>
  void get_option(GettableOption& option) const {
    std::error_code ec;
    get_option(option, ec);
    const Protocol protocol = this->protocol();
    if (ec) throw_raw(ec, "get_option", option.level(protocol), option.name(protocol), nullptr, 0);
  }

 protected:
  using detail::SocketState::SocketState;
  SocketSettings(SocketSettings&& other) noexcept = default;
  SocketSettings& operator=(SocketSettings&& other) noexcept = default;
  ~SocketSettings() = default;

 private:
  using Protocol = asio::ip::udp;
  Protocol protocol() const noexcept;
  std::error_code set_raw(int level, int name, const void* value, std::size_t size);
  std::error_code get_raw(int level, int name, void* value, std::size_t& size) const;
  [[noreturn]] static void throw_raw(const std::error_code& ec,
                                     std::string_view operation,
                                     int level,
                                     int name,
                                     const void* value,
                                     std::size_t size);
  std::error_code set_number(Setting setting, int value);
  int get_number(Setting setting, std::error_code& ec) const;
  int get_number(Setting setting) const;
};

DGRAM_END_NAMESPACE
