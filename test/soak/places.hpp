// The parts of dgram that have their turns, each with its own sockets, threads or processes.
#pragma once

#include <asio/io_context.hpp>
#include <cstdint>
#include <dgram/socket.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "turn.hpp"

namespace soak {

class Place {
 public:
  virtual ~Place() = default;
  virtual std::string_view name() const = 0;
  /// Sends until the turn is over, then waits until each datagram is in an account, and leaves
  /// nothing open that was not there before the first turn.
  virtual void take(Turn& turn) = 0;

  /// Receive memory that the context keeps for reuse.
  std::uint64_t pooled_bytes() { return dgram::Socket(io_).stats().pooled_bytes; }

 protected:
  /// As old as the soak, so that what is kept until the end of a context is seen to grow.
  asio::io_context io_{1};
};

/// Sockets on one thread, with each kind of receive and send.
std::unique_ptr<Place> core_place();
/// A ShardGroup whose shards come and go.
std::unique_ptr<Place> shards_place();
/// Node's sockets: queues, and sockets that are closed and made anew.
std::unique_ptr<Place> node_place();
/// A cluster whose workers die and are replaced. `command`: what a worker is started with.
std::unique_ptr<Place> cluster_place(const std::vector<std::string>& command);
/// A process that is restarted again and again, on the same socket.
std::unique_ptr<Place> handover_place();

// What the processes run that these two start.
int run_worker(const std::string& tally);
int run_service(const std::string& tally, const std::string& path);
int run_hanging_successor(const std::string& path);

}  // namespace soak
