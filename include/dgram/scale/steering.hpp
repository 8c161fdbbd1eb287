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

/// The largest number of sockets that Steering chooses from.
inline constexpr std::size_t max_steered_sockets = 256;

/// A key in the payload, for Steering::by_key(): some bits of it, read as a number.
/**
 * The bytes are read as one number, most significant byte first. `mask` selects bits of that
 * number, and the result is shifted right until the lowest bit of `mask` is bit 0.
 */
struct PayloadKey {
  std::size_t offset = 0;           ///< Position of the first byte in the payload: 0 to 65,526.
  int width = 4;                    ///< Number of bytes: 1, 2 or 4.
  std::uint32_t mask = 0xffffffff;  ///< At least one bit within the width; bits beyond are ignored.
};
static_assert(std::is_trivially_destructible_v<PayloadKey>);

/// How the kernel distributes datagrams over the sockets of one port (SocketOptions::reuse_port).
/**
 * Sockets are numbered from 0 in the order in which they were bound. Steering applies to unicast
 * only. Multicast and broadcast go to every socket. Datagrams from the peer of a connected socket
 * go to that socket.
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

  /// The same as by_hash().
  Steering() noexcept = default;

  /// By a hash of the addresses and ports of both ends, so each peer keeps its socket. This is what
  /// the kernel does by default, without a BPF program.
  static Steering by_hash() noexcept { return Steering(); }

  /// By the CPU on which the kernel handles the datagram: socket number `cpu modulo sockets`.
  /**
   * The queues of the network card determine that CPU; for datagrams of the same host it is the CPU
   * of the sending thread. Datagrams of one peer may be handled on several CPUs.
   */
  static Steering by_cpu() noexcept { return Steering(Kind::cpu, PayloadKey()); }

  /// By a number in the payload: socket number `key modulo sockets`.
  /**
   * A payload that is too short for the key has the key 0. A run that this host sends to itself
   * (UDP_SEGMENT, as send_many() and send_segments() make them) goes as a whole to the socket of
   * its *first* datagram. So does a train (GRO), if a socket of the port has SocketOptions::gro:
   * leave that off.
   */
  static Steering by_key(const PayloadKey& key) noexcept { return Steering(Kind::key, key); }

  Kind kind() const noexcept { return kind_; }

  /// The key of by_key().
  const PayloadKey& key() const noexcept { return key_; }

  /// Returns `invalid_argument` when the key is out of range.
  std::error_code check() const noexcept;

  /// The number of the socket that the kernel chooses for a payload; nullopt unless the payload
  /// decides (by_key()).
  /**
   * Use it to tell which socket will get a datagram, or to pass on a datagram that came to another
   * socket.
   *
   * @param payload The whole payload of the datagram.
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

/// Sets how datagrams are distributed from now on over all sockets that have the same address and
/// port as this one.
/**
 * Call it with one of these sockets, when there are two or more. Datagrams that are queued in a
 * socket stay there. As long as there are fewer than `sockets` sockets, the datagrams of those that
 * are missing are distributed by the kernel's hash. When one of the sockets closes, the socket that
 * was bound last takes its number. When the call returns, every datagram that was
 * directed by the former steering is in its socket.
 *
 * @param socket Open, with SocketOptions::reuse_port.
 * @param steering Which socket gets what.
 * @param sockets The number of sockets: 1 to 256.
 * @param skipped Numbers of sockets that get nothing: in ascending order, each below `sockets`, and
 * not all of them. Their datagrams are distributed over the others, and nothing else moves. With
 * by_hash(), however, every peer may move: the kernel's hash cannot skip a socket, so dgram
 * attaches a program with a hash of its own over the address and port of the peer.
 *
 * Errors: `invalid_argument` (a parameter out of range; fewer than two sockets share the port);
 * `bad_descriptor` (not open); Errc::no_balancing (this system, or the channel of this socket, does
 * not support it: Feature::balancing). Source: SO_ATTACH_REUSEPORT_CBPF, socket(7).
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
