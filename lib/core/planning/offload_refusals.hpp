// Where runs of datagrams are refused at the moment.
#pragma once

#include <array>
#include <asio/ip/address.hpp>
#include <chrono>
#include <cstddef>
#include <dgram/channel.hpp>
#include <dgram/config.hpp>
#include <system_error>

#include "send_rules.hpp"

DGRAM_BEGIN_NAMESPACE
namespace detail {

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

}  // namespace detail
DGRAM_END_NAMESPACE
