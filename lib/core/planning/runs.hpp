// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// Runs of datagrams in one call: which ones may be sent, where they are refused, and what an
// operator has switched off.
#pragma once

#include <array>
#include <asio/error.hpp>
#include <asio/ip/address.hpp>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <dgram/channel.hpp>
#include <dgram/config.hpp>
#include <dgram/endpoint.hpp>
#include <dgram/segmentation.hpp>
#include <map>
#include <string>
#include <system_error>

#include "send_rules.hpp"

DGRAM_BEGIN_NAMESPACE
namespace detail {

// ---- what an operator has switched off for this process: DGRAM_DISABLE=gso,gro,mmsg

struct Disabled {
  bool gso = false;     ///< No run of datagrams in one call.
  bool gro = false;     ///< No train of datagrams in one slot.
  bool mmsg = false;    ///< No recvmmsg, no sendmmsg.
  std::string unknown;  ///< Words without a meaning, separated by commas.
};

/// @param words The value of the variable: words separated by commas; nullptr for none.
Disabled parse_disabled(const char* words);

/// Reads the environment on the first call.
const Disabled& disabled();

// ---- which runs of datagrams may be sent, and to which destinations

/// The runs that may be sent to one destination.
enum class Runs : unsigned char {
  none,
  uneven,  ///< Only those whose last datagram is shorter than the others.
  any
};

/// The values that the user has set for single destinations.
class DestinationSegmentation {
 public:
  Segmentation of(const asio::ip::address& to) const noexcept;
  /// @param to nullptr: the connected peer.
  Segmentation of(const Endpoint* to) const noexcept { return of(to ? to->address() : peer_); }
  /// Throws std::bad_alloc; nothing is changed then.
  void set(const asio::ip::address& to, Segmentation segmentation);
  void set_peer(const asio::ip::address& peer) noexcept { peer_ = peer; }

 private:
  std::map<asio::ip::address, Segmentation> chosen_;  // set by the user, never automatic
  asio::ip::address peer_;
};

/// The most bytes of a run: those of the largest IPv4 datagram, which are possible over IPv6 as
/// well.
inline constexpr std::size_t max_run_bytes = max_payload_ipv4;

/// The runs that a socket may send at the moment. Trivial to copy, since each batch asks for it.
struct RunRules {
  Runs of_socket = Runs::none;
  /// The values of single destinations, which override `of_socket`; nullptr: there are none.
  const DestinationSegmentation* destinations = nullptr;
  /// What may leave back to back (Pacer); 0: no bound.
  std::size_t burst = 0;

  /// @param to nullptr: the connected peer.
  Runs towards(const Endpoint* to) const noexcept {
    return destinations ? by_destination(to) : of_socket;
  }
  /// The most bytes of a run.
  std::size_t most_bytes(std::size_t segment_size) const noexcept {
    return burst == 0 ? max_run_bytes : within_burst(segment_size);
  }

 private:
  Runs by_destination(const Endpoint* to) const noexcept;
  std::size_t within_burst(std::size_t segment_size) const noexcept;
};

/// The value that set_process_segmentation() has set.
extern std::atomic<Segmentation> process_segmentation_now;

/// @param possible The channel can send runs.
/// @param equal_runs_arrive The channel is not known to send runs of equally long datagrams
/// wrongly.
RunRules run_rules(Segmentation socket,
                   Segmentation process,
                   bool possible,
                   bool equal_runs_arrive,
                   const DestinationSegmentation* destinations) noexcept;

bool is_segmentation(Segmentation value) noexcept;

// ---- errors that an ICMP message about an earlier datagram may have left on a socket

/// True when the value is an errno.
inline bool is_system_error(const std::error_code& ec) noexcept {
  return ec.category() == asio::system_category() || ec.category() == std::system_category() ||
         ec.category() == std::generic_category();
}

/// True for the errors that the kernel makes of ICMP messages (icmp_err_convert in net/ipv4/icmp.c,
/// tab_unreach in net/ipv6/icmp.c). A call that returns such an error has done nothing, and may be
/// repeated.
inline bool is_peer_error(const std::error_code& ec) noexcept {
  if (!is_system_error(ec)) return false;
  switch (ec.value()) {
    case ECONNREFUSED:
    case EHOSTUNREACH:
    case EHOSTDOWN:
    case ENETUNREACH:
    case EMSGSIZE:
    case EACCES:
    case ENOPROTOOPT:
    case EOPNOTSUPP:
    case EPROTO:
#if defined(ENONET)
    case ENONET:
#endif
      return true;
    default:
      return false;
  }
}

// ---- the destinations to which runs are refused at the moment

/// True for the errors with which the kernel may refuse a run although it would accept each of its
/// datagrams: EMSGSIZE, and nearly all errors that are not from a peer.
/**
 * EIO: the device computes no checksums. EMSGSIZE: a datagram is larger than the path takes
 * unfragmented; alone it would be fragmented. EINVAL: the same on Linux before 6.14, or a device
 * without IPv6 runs, or a limit on the number of datagrams; EINVAL also has causes that have
 * nothing to do with runs. ENOBUFS: a queue of this host has no room for so much at once. EPERM: a
 * filter that checks the length.
 */
bool may_refuse_runs(const std::error_code& ec) noexcept;

/// True when a run refused with `ec` means that the next runs will be refused as well. False when
/// memory or room was short at that moment (ENOMEM, ENOBUFS).
bool refuses_all_runs(const std::error_code& ec) noexcept;

/// A run was refused, and its datagrams were then accepted one by one.
struct RunRefusal {
  const Endpoint* to;  ///< nullptr: the connected peer.
  std::size_t segment_size;
  std::error_code why;
};

/// The destinations that refused runs. A refusal is valid for one address, because destinations and
/// devices differ, and for a limited time, because routes change. Knows no clock.
class OffloadRefusals {
 public:
  /// @param to nullptr: the connected peer.
  bool allow(const Endpoint* to, std::size_t segment_size, TimePoint now) const noexcept;

  void add(const RunRefusal& refusal, TimePoint now) noexcept;

  // When all entries are in use, the oldest one is forgotten, which costs one more refusal.
  static constexpr std::size_t capacity = 16;
  static constexpr TimePoint::duration first_period = std::chrono::minutes(1);
  static constexpr TimePoint::duration last_period = std::chrono::minutes(16);

 private:
  struct Entry {
    asio::ip::address address;
    std::size_t smallest;  // the smallest segment size that is refused
    TimePoint until;
    TimePoint::duration period;
  };
  std::array<Entry, capacity> entries_;
  std::size_t count_ = 0;  // entries in use, the oldest first
};

// ---- whether another process may have a descriptor of a socket of this process, and set options
// on the socket

inline std::atomic<bool> descriptors_shared_so_far = false;

/// Options belong to the kernel's socket, which all duplicates of a descriptor share. So a process
/// that takes a socket over may switch UDP_GRO on while this process still receives. A receive that
/// does not expect trains would then take a train for one datagram.
inline bool are_descriptors_shared() noexcept {
  return descriptors_shared_so_far.load(std::memory_order_relaxed);
}

/// Called when another process may get a descriptor. Permanent, because nothing tells when that
/// process has closed it.
inline void note_shared_descriptors() noexcept {
  descriptors_shared_so_far.store(true, std::memory_order_relaxed);
}

}  // namespace detail
DGRAM_END_NAMESPACE
