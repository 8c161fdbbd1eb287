// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0

#include "primary_state.hpp"

#include <algorithm>
#include <asio/error.hpp>
#include <cerrno>
#include <dgram/error.hpp>
#include <dgram/process/descriptor_link.hpp>
#include <utility>

#include "../../core/kernel/descriptor.hpp"
#include "../../process/child.hpp"
#include "../errors.hpp"
#include "../tick_queue.hpp"
#include "environment.hpp"
#include "open_shared.hpp"

DGRAM_BEGIN_NAMESPACE
namespace node::cluster::detail {

using node::detail::TickQueue;

PrimaryState::PrimaryState(asio::io_context& context, Settings settings)
    : context_(context),
      settings_(std::move(settings)),
      sockets_([&context](const Wanted& wanted, std::error_code& ec) {
        return open_shared(context, wanted, ec);
      }) {}

PrimaryState::~PrimaryState() {
  if (!is_shut_down_) TickQueue::of(context_).forget(this);
}

void PrimaryState::start() {
  TickQueue::of(context_).at_shutdown(this, [weak = weak_from_this()] {
    if (const std::shared_ptr<PrimaryState> state = weak.lock()) state->shut_down();
  });
}

// A listener that holds its own primary would keep it alive for ever, so all listeners are dropped.
void PrimaryState::shut_down() noexcept {
  is_shut_down_ = true;
  child_signals_.reset();
  for (const auto& [id, worker] : std::exchange(workers_, {})) {
    sockets_.release_all(id);
    worker->close();
  }
  online.end();
  listening.end();
  message.end();
  disconnected.end();
  exited.end();
  all_gone_.end();
}

void PrimaryState::require_context() const {
  if (is_shut_down_) throw node::detail::not_running();
}

// ---- workers

WorkerProcess PrimaryState::fork(const Environment& env) {
  require_context();
  const int id = last_id_ + 1;
  dgram::detail::Command command;
  command.program = settings_.exec.empty() ? "/proc/self/exe" : settings_.exec;
  command.arguments = settings_.args;
  command.environment = env;
  try {
    // Before the child can end.
    if (!child_signals_) child_signals_.emplace(context_, SIGCHLD);
    auto [link, other_end] = DescriptorLink::pair(context_.get_executor());
    const auto connected = std::make_shared<Link>(context_, std::move(link));
    command.inherited = other_end.get();
    command.environment.emplace_back(descriptor_variable, std::to_string(other_end.get()));
    command.environment.emplace_back(id_variable, std::to_string(id));
    std::error_code ec;
    const pid_t pid = dgram::detail::start_child(command, ec);
    if (ec) throw dgram::Error(ec, "fork");
    last_id_ = id;
    wait_for_children();
    return add(std::make_shared<WorkerProcessState>(shared_from_this(), connected, id, pid));
  } catch (const dgram::Error& error) {
    throw node::detail::system_error(error.code(), "spawn " + command.program);
  }
}

WorkerProcess PrimaryState::adopt(Descriptor link) {
  require_context();
  try {
    auto connected = std::make_shared<Link>(context_, std::move(link));
    return add(
        std::make_shared<WorkerProcessState>(shared_from_this(), connected, ++last_id_, pid_t{0}));
  } catch (const dgram::Error& error) {
    throw node::detail::system_error(error.code(), "open");
  }
}

WorkerProcess PrimaryState::add(Pointer worker) {
  workers_.emplace(worker->id(), worker);
  worker->start();
  return handle_of(std::move(worker));
}

// ---- what workers may have

void PrimaryState::offer(NativeHandle handle) {
  Family family = Family::unspecified;
  if (const std::error_code ec = dgram::detail::check_descriptor(handle, family))
    throw node::detail::system_error({errno_of(ec), asio::system_category()}, "open");
  dgram::detail::Offered offered({}, handle);
  withdraw(handle);
  offered_.push_back(std::move(offered));
}

void PrimaryState::withdraw(NativeHandle handle) noexcept {
  std::erase_if(offered_, [handle](const auto& each) { return each.handle == handle; });
}

// All descriptor numbers that were not offered get the same error, so that a worker does not learn
// which of them are in use here.
SharedSockets::Pointer PrimaryState::take(int worker,
                                          Ticket ticket,
                                          Wanted wanted,
                                          std::error_code& ec) {
  ec.clear();
  if (sockets_.count_of(worker) >= settings_.sockets_per_worker) {
    ec.assign(EDQUOT, asio::system_category());
  } else if (wanted.fd > 0) {
    const auto offered = std::find_if(offered_.begin(), offered_.end(), [&](const auto& each) {
      return each.handle == wanted.fd && each.is_still_open();
    });
    if (offered == offered_.end())
      ec = asio::error::access_denied;
    else
      wanted.inode = offered->inode;
  }
  return ec ? nullptr : sockets_.take(worker, ticket, wanted, ec);
}

std::vector<WorkerProcess> PrimaryState::workers() const {
  std::vector<WorkerProcess> result;
  for (const auto& [id, worker] : workers_) result.push_back(handle_of(worker));
  return result;
}

void PrimaryState::disconnect(Function<> callback) {
  require_context();
  if (callback) all_gone_.once(std::move(callback));
  for (const auto& [id, worker] : workers_) worker->disconnect();
  say_when_all_gone();
}

void PrimaryState::forget_if_over(const WorkerProcessState& worker) {
  if (!worker.is_over()) return;
  workers_.erase(worker.id());
  say_when_all_gone();
}

// Queued behind the events of the last worker. A listener of these may start another worker.
void PrimaryState::say_when_all_gone() {
  if (!workers_.empty()) return;
  TickQueue::of(context_).push([self = shared_from_this()] {
    if (self->workers_.empty()) self->all_gone_.emit();
  });
}

// ---- the processes of workers

bool PrimaryState::has_children() const {
  for (const auto& [id, worker] : workers_)
    if (worker->is_child()) return true;
  return false;
}

// Asio keeps a signal that comes while no wait is pending.
void PrimaryState::wait_for_children() {
  if (std::exchange(waits_for_children_, true)) return;
  child_signals_->async_wait([self = shared_from_this()](std::error_code ec, int) {
    self->waits_for_children_ = false;
    if (!ec) self->look_for_ended();
  });
}

// One signal may stand for several children that have ended.
void PrimaryState::look_for_ended() {
  TickQueue::of(context_).turn([this] {
    for (const auto& [id, worker] : std::map<int, Pointer>(workers_)) worker->look_whether_ended();
    if (has_children()) wait_for_children();
  });
}

}  // namespace node::cluster::detail
DGRAM_END_NAMESPACE
