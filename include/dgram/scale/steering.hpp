// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// Which socket of a group gets a datagram.
#pragma once

#include <cstddef>
#include <cstdint>
#include <dgram/scale/config.hpp>
#include <dgram/socket_base.hpp>
#include <optional>
#include <span>
#include <system_error>
#include <type_traits>

DGRAM_BEGIN_NAMESPACE

/// The most sockets that Steering chooses from.
inline constexpr std::size_t max_steered_sockets = 256;

/// Some bits of a payload: what Steering::by_key() goes by.
/**
 * The bytes are read as one number, most significant byte first; of that `mask` takes bits, which
 * are shifted down until the lowest one of them is bit 0.
 */
struct PayloadKey {
  std::size_t offset = 0;  ///< Of the first byte, from the beginning of the payload: 0 to 65,526.
  int width = 4;           ///< Bytes: 1, 2 or 4.
  std::uint32_t mask = 0xffffffff;  ///< At least one bit within the width; others select nothing.
};
static_assert(std::is_trivially_destructible_v<PayloadKey>);

/// How the kernel shares datagrams out to the sockets of one port (SocketOptions::reuse_port).
/**
 * Sockets are counted from 0 in the order in which they were bound. It is about unicast: multicast
 * and broadcast go to every socket, and what comes from the peer of a connected socket goes to that
 * one, whatever the steering says.
 *
 * Example: a service whose packets have a session number in their bytes 4 to 7.
 * @code
 * dgram::PayloadKey session;
 * session.offset = 4;
 * const dgram::Steering steering = dgram::Steering::by_key(session);
 * @endcode
 *
 * Source: socket(7), SO_REUSEPORT and SO_ATTACH_REUSEPORT_CBPF.
 */
class DGRAM_API Steering {
 public:
  enum class Kind : unsigned char { hash, cpu, key };

  /// by_hash().
  Steering() noexcept = default;

  /// By a hash of addresses and ports, both ends': a peer stays with its socket. The kernel's own
  /// way, without a program.
  static Steering by_hash() noexcept { return Steering(); }

  /// By the CPU on which the kernel handles the datagram: socket number `cpu modulo sockets`.
  /**
   * Which CPU that is, the network card's queues decide, or the sender's thread on the same host.
   * Packets of one peer may come by several.
   */
  static Steering by_cpu() noexcept { return Steering(Kind::cpu, PayloadKey()); }

  /// By a number in the payload: socket number `key modulo sockets`.
  /**
   * A payload that ends before the key ends has the key 0. A run that this host sends to itself
   * (UDP_SEGMENT, as send_many() and send_segments() make them) goes where its *first* datagram
   * belongs. So does a train, where a socket of the port has SocketOptions::gro: leave that off.
   */
  static Steering by_key(const PayloadKey& key) noexcept { return Steering(Kind::key, key); }

  Kind kind() const noexcept { return kind_; }

  /// Of by_key().
  const PayloadKey& key() const noexcept { return key_; }

  /// `invalid_argument` when the key is out of its ranges.
  std::error_code check() const noexcept;

  /// The number of the socket that a payload goes to, as the kernel finds it; nullopt where it is
  /// not the payload that decides.
  /**
   * For who sends to a group and wants to know, or hands over what came to the wrong one.
   *
   * @param payload A datagram, whole.
   * @param sockets 1 to 256.
   * @param skipped See set_steering().
   */
  std::optional<std::size_t> socket_of(std::span<const std::byte> payload,
                                       std::size_t sockets,
                                       std::span<const std::size_t> skipped = {}) const;

 private:
  Steering(Kind kind, const PayloadKey& key) noexcept : kind_(kind), key_(key) {}

  Kind kind_ = Kind::hash;
  PayloadKey key_;
};

/// How all sockets that have the address and the port of this one share datagrams out, from now on.
/**
 * Given to one of them, when there are two or more. Datagrams that wait in a socket stay there.
 * While there are fewer than `sockets`, those of the missing ones are shared out by the kernel's
 * hash. When a socket of the group closes, the one that was bound last takes its number. When this
 * returns, nothing is on its way to where it went before.
 *
 * @param socket Open, with SocketOptions::reuse_port.
 * @param steering Which of them gets what.
 * @param sockets 1 to 256.
 * @param skipped Numbers of sockets that are to get nothing: ascending, each below `sockets`, not
 * all. What would be theirs is shared out to the others, and nothing else moves. Under by_hash()
 * every peer may move, since the kernel cannot skip: addresses and ports of peers then go through
 * a hash of our own.
 *
 * Errors: `invalid_argument` (a parameter out of its range; fewer than two sockets share the port);
 * `bad_descriptor` (not open); Errc::no_balancing (not on this system, or not in the world of this
 * socket's channel: Feature::balancing). Source: SO_ATTACH_REUSEPORT_CBPF, socket(7).
 */
DGRAM_API void set_steering(SocketBase& socket,
                            const Steering& steering,
                            std::size_t sockets,
                            std::span<const std::size_t> skipped = {});
DGRAM_API void set_steering(SocketBase& socket,
                            const Steering& steering,
                            std::size_t sockets,
                            std::span<const std::size_t> skipped,
                            std::error_code& ec);

DGRAM_END_NAMESPACE
