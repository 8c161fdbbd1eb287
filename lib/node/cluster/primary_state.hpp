// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// The state that the handles of a Primary share: its workers, and the sockets that these share.
#pragma once

#include <asio/io_context.hpp>
#include <asio/signal_set.hpp>
#include <dgram/node/cluster/primary.hpp>
#include <map>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "../../process/offered.hpp"
#include "shared_sockets.hpp"
#include "worker_process_state.hpp"

DGRAM_BEGIN_NAMESPACE
namespace node::cluster::detail {

/// Lives while a handle, a worker or the wait for a child holds it.
class PrimaryState : public std::enable_shared_from_this<PrimaryState> {
 public:
  PrimaryState(asio::io_context& context, Settings settings);
  ~PrimaryState();
  /// The part of the construction that needs a shared_ptr to this object.
  void start();

  Emitter<const WorkerProcess&> online;
  Emitter<const WorkerProcess&, const ListeningInfo&> listening;
  Emitter<const WorkerProcess&, std::string_view> message;
  Emitter<const WorkerProcess&, const Error*> disconnected;
  Emitter<const WorkerProcess&, const ExitStatus&> exited;

  WorkerProcess fork(const Environment& env);
  WorkerProcess adopt(Descriptor link);
  void offer(NativeHandle handle);
  void withdraw(NativeHandle handle) noexcept;
  std::vector<WorkerProcess> workers() const;
  void disconnect(Function<> callback);

  // ---- for the workers
  asio::io_context& context() noexcept { return context_; }
  SharedSockets& sockets() noexcept { return sockets_; }
  /// The socket for what a worker wants; nullptr, with the reason in `ec`, if it gets none.
  SharedSockets::Pointer take(int worker, Ticket ticket, Wanted wanted, std::error_code& ec);
  static WorkerProcess handle_of(std::shared_ptr<WorkerProcessState> worker) {
    return WorkerProcess(std::move(worker));
  }
  void forget_if_over(const WorkerProcessState& worker);

 private:
  using Pointer = std::shared_ptr<WorkerProcessState>;

  WorkerProcess add(Pointer worker);
  void say_when_all_gone();
  void wait_for_children();
  void look_for_ended();
  bool has_children() const;
  void require_context() const;
  void shut_down() noexcept;

  asio::io_context& context_;
  Settings settings_;
  SharedSockets sockets_;
  std::vector<dgram::detail::Offered> offered_;
  std::map<int, Pointer> workers_;
  int last_id_ = 0;
  /// Made by the first fork.
  std::optional<asio::signal_set> child_signals_;
  bool waits_for_children_ = false;
  bool is_shut_down_ = false;
  Emitter<> all_gone_;
};

}  // namespace node::cluster::detail
DGRAM_END_NAMESPACE
