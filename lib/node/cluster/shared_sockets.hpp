// The primary's table of sockets: who shares which.
#pragma once

#include <cstddef>
#include <dgram/descriptor.hpp>
#include <functional>
#include <map>
#include <memory>
#include <system_error>
#include <utility>
#include <vector>

#include "wanted.hpp"

DGRAM_BEGIN_NAMESPACE
namespace node::cluster::detail {

/// One socket of the kernel for all workers that want the same, and another one for what a worker
/// wants a second time.
/**
 * So the n-th bind to port 0 of each worker is the n-th port of all, and the second bind of one
 * worker to a fixed port is the system's to refuse. A socket is closed with the last worker that
 * holds it.
 */
class SharedSockets {
 public:
  using Open = std::function<Descriptor(const Wanted&, std::error_code&)>;
  using Pointer = std::shared_ptr<const Descriptor>;
  using WorkerId = int;

  /// @param open Makes a socket of the kernel.
  explicit SharedSockets(Open open) : open_(std::move(open)) {}

  /// The socket that `worker` holds as `ticket` from now on. A refusal is not kept: whoever asks
  /// next, tries anew.
  Pointer take(WorkerId worker, Ticket ticket, const Wanted& wanted, std::error_code& ec);

  /// How many the worker holds.
  std::size_t count_of(WorkerId worker) const;

  /// What the worker holds as `ticket`; nullptr: nothing.
  const Wanted* find(WorkerId worker, Ticket ticket) const;

  void release(WorkerId worker, Ticket ticket);
  void release_all(WorkerId worker);

  /// Sockets of the kernel.
  std::size_t size() const;

 private:
  struct Shared {
    Pointer socket;
    std::map<WorkerId, Ticket> holders;
  };
  using Holding = std::pair<WorkerId, Ticket>;

  void hold(Shared& one, WorkerId worker, Ticket ticket, const Wanted& wanted);
  void drop(const Holding& holding, const Wanted& wanted);

  Open open_;
  std::map<Wanted, std::vector<Shared>> shared_;
  std::map<Holding, Wanted> held_;
  std::map<WorkerId, std::size_t> counts_;
};

}  // namespace node::cluster::detail
DGRAM_END_NAMESPACE
