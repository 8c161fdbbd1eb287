// Runs of datagrams in one call: which may be made, where they are refused, and what an operator
// has switched off.
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
  std::string unknown;  ///< Words that mean nothing here, with commas between them.
};

/// @param words As in the variable: words with commas between them; nullptr for none.
Disabled parse_disabled(const char* words);

/// Read from the environment when it is asked for first.
const Disabled& disabled();

// ---- which runs of datagrams may be made, and towards whom

/// The runs that may be made towards one receiver.
enum class Runs : unsigned char {
  none,
  uneven,  ///< Only those whose last datagram is shorter.
  any
};

/// What is set for single destinations.
class DestinationSegmentation {
 public:
  Segmentation of(const asio::ip::address& to) const noexcept;
  /// @param to nullptr: the connected peer.
  Segmentation of(const Endpoint* to) const noexcept { return of(to ? to->address() : peer_); }
  /// Throws std::bad_alloc, and then has changed nothing.
  void set(const asio::ip::address& to, Segmentation segmentation);
  void set_peer(const asio::ip::address& peer) noexcept { peer_ = peer; }

 private:
  std::map<asio::ip::address, Segmentation> chosen_;  // by a user; never automatic
  asio::ip::address peer_;
};

/// What a socket may do at the moment. Trivial to copy, since each batch asks for one.
struct RunRules {
  Runs of_socket = Runs::none;
  /// What goes before that; nullptr: nothing does.
  const DestinationSegmentation* destinations = nullptr;

  /// @param to nullptr: the connected peer.
  Runs towards(const Endpoint* to) const noexcept {
    return destinations ? by_destination(to) : of_socket;
  }

 private:
  Runs by_destination(const Endpoint* to) const noexcept;
};

/// What set_process_segmentation() has set.
extern std::atomic<Segmentation> process_segmentation_now;

/// @param possible The channel takes runs at all.
/// @param equal_runs_arrive The channel is not known to send runs of one length wrongly.
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

/// True for what the kernel makes of ICMP messages (icmp_err_convert in net/ipv4/icmp.c,
/// tab_unreach in net/ipv6/icmp.c). The call that gets it has done nothing, and may be made again.
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

// ---- where runs of datagrams are refused at the moment

/// True for the errors with which a run may be refused of which each datagram is all right:
/// whatever is not the word of a peer.
/**
 * EIO: the device computes no checksums. EMSGSIZE: a datagram is larger than the path takes whole,
 * though alone it would be fragmented. EINVAL: that, on Linux before 6.14, or a device without IPv6
 * runs, or a limit on their number; and things that have nothing to do with runs. ENOBUFS: a queue
 * of this host has no room for so much at once. EPERM: a filter that looks at the length.
 */
bool may_refuse_runs(const std::error_code& ec) noexcept;

/// True when a run that was refused with `ec` says something of the next ones: not when it was
/// memory or room that lacked at that moment.
bool refuses_all_runs(const std::error_code& ec) noexcept;

/// The most bytes of a run: those of the largest datagram over IPv4; over IPv6 they fit as well.
inline constexpr std::size_t max_run_bytes = max_payload_ipv4;

/// A run was refused whose datagrams were then accepted one by one.
struct RunRefusal {
  const Endpoint* to;  ///< nullptr: the connected peer.
  std::size_t segment_size;
  std::error_code why;
};

/// Pure: knows no clock. Destinations and devices differ, and routes change, so a refusal holds for
/// one address and for a while.
class OffloadRefusals {
 public:
  /// @param to nullptr: the connected peer.
  bool allow(const Endpoint* to, std::size_t segment_size, TimePoint now) const noexcept;

  void add(const RunRefusal& refusal, TimePoint now) noexcept;

  // What is beyond is forgotten, oldest first, and costs one more refusal.
  static constexpr std::size_t capacity = 16;
  static constexpr TimePoint::duration first_period = std::chrono::minutes(1);
  static constexpr TimePoint::duration last_period = std::chrono::minutes(16);

 private:
  struct Entry {
    asio::ip::address address;
    std::size_t smallest;  // segment size that is refused
    TimePoint until;
    TimePoint::duration period;
  };
  std::array<Entry, capacity> entries_;
  std::size_t count_ = 0;  // oldest first
};

// ---- whether somebody else may have a descriptor of this process's sockets, and set options on them

inline std::atomic<bool> descriptors_shared_so_far = false;

/// Options belong to the kernel's socket, which a duplicate has as well. So who takes a socket over
/// may switch UDP_GRO on under the one who still receives, and then a train looks like one datagram
/// to whoever does not expect any.
inline bool are_descriptors_shared() noexcept {
  return descriptors_shared_so_far.load(std::memory_order_relaxed);
}

/// From now on, for good: nobody tells when the other one has closed it.
inline void note_shared_descriptors() noexcept {
  descriptors_shared_so_far.store(true, std::memory_order_relaxed);
}

}  // namespace detail
DGRAM_END_NAMESPACE
