// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// The primary's table of shared sockets, and which workers hold them.
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

/// One socket of the kernel is shared by all workers that want the same. A worker that wants the
/// same a second time gets another socket.
/**
 * So the n-th bind to port 0 gets the same port in each worker, and the system refuses the second
 * bind of one worker to a fixed port. A socket is closed with the last worker that holds it.
 */
class SharedSockets {
 public:
  using Open = std::function<Descriptor(const Wanted&, std::error_code&)>;
  using Pointer = std::shared_ptr<const Descriptor>;
  using WorkerId = int;

  /// @param open Makes a socket of the kernel.
  explicit SharedSockets(Open open) : open_(std::move(open)) {}

  /// Returns the socket that `worker` holds as `ticket` from now on. A refusal is not remembered:
  /// the next request tries again.
  Pointer take(WorkerId worker, Ticket ticket, const Wanted& wanted, std::error_code& ec);

  /// How many sockets the worker holds.
  std::size_t count_of(WorkerId worker) const;

  /// What the worker holds as `ticket`; nullptr if it holds nothing.
  const Wanted* find(WorkerId worker, Ticket ticket) const;

  void release(WorkerId worker, Ticket ticket);
  void release_all(WorkerId worker);

  /// The number of sockets of the kernel.
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
