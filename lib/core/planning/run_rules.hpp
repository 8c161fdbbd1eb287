// Which runs of datagrams may be made, and towards whom.
#pragma once

#include <asio/ip/address.hpp>
#include <atomic>
#include <dgram/endpoint.hpp>
#include <dgram/segmentation.hpp>
#include <map>

DGRAM_BEGIN_NAMESPACE
namespace detail {

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

}  // namespace detail
DGRAM_END_NAMESPACE
