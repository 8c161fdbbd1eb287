// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// The life of a group: start, statistics, the end.
#include "shard_group_state.hpp"

#include <algorithm>
#include <asio/error.hpp>
#include <dgram/detail/core.hpp>
#include <string>
#include <thread>
#include <utility>

#include "../core/kernel/descriptor.hpp"
#include "../core/socket/context.hpp"

DGRAM_BEGIN_NAMESPACE

using detail::RunningShard;
using detail::Slot;

namespace {

std::size_t wanted_shards(const ShardGroupOptions& options) {
  if (options.shards != 0) return options.shards;
  std::size_t cpus = detail::usable_cpus().size();
  if (cpus == 0) cpus = std::max(1u, std::thread::hardware_concurrency());
  return std::min(cpus, max_steered_sockets);
}

}  // namespace

// ---- start

ShardGroup::State::State(const Endpoint& local,
                         ShardService service,
                         const ShardGroupOptions& options)
    : service_(std::move(service)), options_(options), local_(local) {
  const std::size_t shards = wanted_shards(options);
  if (!service_) throw Error(asio::error::invalid_argument, "ShardGroup", "an empty service");
  // With reuse_address, another process that sets it too could bind to the port, and would get all
  // datagrams.
  if (options.socket.reuse_address)
    throw Error(asio::error::invalid_argument, "ShardGroup", "reuse_address true");
  // The kernel joins datagrams into trains before it chooses a socket, by the key of the first one.
  if (options.socket.gro && options.steering.kind() == Steering::Kind::key)
    throw Error(asio::error::invalid_argument, "ShardGroup", "gro true, by key");
  if (shards > max_steered_sockets)
    throw Error(asio::error::invalid_argument, "ShardGroup", std::to_string(shards) + " shards");
  if (const std::error_code ec = options.steering.check())
    throw Error(ec, "ShardGroup", "a key out of its range");
  for (std::size_t i = 0; i < shards; ++i) {
    // The first socket has the port alone, or the group does not start.
    if (i == 1) slots_.front().shard->socket().set_reuse_port(true);
    Slot& slot = slots_.emplace_back();
    slot.shard = make_shard(i);
    slot.shard->socket().bind(local_);
    if (i == 0) local_ = slot.shard->socket().local_endpoint();
    if (i == 1) steer(slot.shard->socket(), shards, {});
  }
  try {
    for (Slot& slot : slots_) slot.shard->start_thread();
    for (std::size_t i = 0; i < shards; ++i) begin(i);
  } catch (...) {
    end_threads();
    throw;
  }
}

ShardGroup::State::~State() {
  end_threads();
}

// Ends the threads before anything that they use is destroyed. They have ended already, unless
// there was no memory for that.
void ShardGroup::State::end_threads() noexcept {
  for (Slot& slot : slots_)
    if (slot.shard) slot.shard->post_stop();
  for (Slot& slot : slots_)
    if (slot.shard) slot.shard->end_thread();
}

std::unique_ptr<RunningShard> ShardGroup::State::make_shard(std::size_t index) {
  ShardGroupOptions options = options_;
  options.socket.reuse_port = index != 0;
  return std::make_unique<RunningShard>(index, options, *this);
}

void ShardGroup::State::steer(Socket& socket,
                              std::size_t shards,
                              std::span<const std::size_t> skipped) {
  set_steering(socket, options_.steering, shards, skipped);
}

void ShardGroup::State::begin(std::size_t index) {
  const std::lock_guard lock(state_);
  RunningShard& shard = *slots_[index].shard;
  const std::size_t shards = slots_.size();
  asio::post(shard.context(), [this, &shard, shards] {
    pin(shard, shards);
    shard.begin();
  });
  slots_[index].is_serving = true;  // set last, because the post may have failed
}

// With by_cpu(), the thread of a shard has to run on the CPUs on which the kernel handles its
// datagrams.
void ShardGroup::State::pin(RunningShard& shard, std::size_t shards) {
  if (options_.steering.kind() != Steering::Kind::cpu) return;
  std::vector<std::size_t> cpus;
  for (const std::size_t cpu : cpus_)
    if (cpu % shards == shard.index()) cpus.push_back(cpu);
  const std::error_code ec =
      detail::pin_this_thread(cpus.empty() ? std::span(cpus_) : std::span(cpus));
  if (!ec && !cpus.empty()) return;
  detail::log(shard.get_executor(), LogLevel::info, detail::LogTopic::pinning, [&] {
    return "shard " + std::to_string(shard.index()) + " runs on any CPU: " +
           (ec ? ec.message() : "this process may use none of those that it gets datagrams of");
  });
}

// ---- statistics

// Throws on the thread of a shard, which would wait for shards, and perhaps for itself.
void ShardGroup::State::check_outside(std::string_view operation) const {
  const std::lock_guard lock(state_);
  const bool is_inside = std::ranges::any_of(
      slots_, [](const Slot& slot) { return slot.shard && slot.shard->is_thread(); });
  if (is_inside)
    throw Error(std::make_error_code(std::errc::resource_deadlock_would_occur), operation);
}

ShardGroup::State::Lock ShardGroup::State::take_control(std::string_view operation) const {
  check_outside(operation);
  return Lock(control_);
}

std::size_t ShardGroup::State::size() const {
  const std::lock_guard lock(state_);
  return slots_.size();
}

bool ShardGroup::State::has(std::size_t index) const {
  const std::lock_guard lock(state_);
  return index < slots_.size() && slots_[index].shard;
}

std::vector<std::size_t> ShardGroup::State::gaps() const {
  std::vector<std::size_t> result;
  for (std::size_t i = 0; i < slots_.size(); ++i)
    if (!slots_[i].shard) result.push_back(i);
  return result;
}

std::optional<std::size_t> ShardGroup::State::shard_of(std::span<const std::byte> payload) const {
  const std::lock_guard lock(state_);
  const std::vector<std::size_t> skipped = gaps();
  if (skipped.size() == slots_.size()) return std::nullopt;  // the group has ended
  return options_.steering.socket_of(payload, slots_.size(), skipped);
}

RunningShard& ShardGroup::State::shard_at(std::size_t index, std::string_view operation) {
  if (index < slots_.size() && slots_[index].shard) return *slots_[index].shard;
  throw Error(asio::error::invalid_argument, operation, "shard " + std::to_string(index));
}

void ShardGroup::State::check_running(std::string_view operation) const {
  const std::lock_guard lock(state_);
  if (is_ending_) throw Error(asio::error::bad_descriptor, operation);
}

Stats ShardGroup::State::stats_of(Slot& slot) {
  Stats sum = slot.past;
  if (slot.shard) {
    const RunningShard& shard = *slot.shard;
    sum += slot.shard->ask([&shard] { return shard.stats(); });
  }
  return sum;
}

Stats ShardGroup::State::stats(std::size_t index) {
  const Lock control = take_control("stats");
  if (index < slots_.size()) return stats_of(slots_[index]);
  throw Error(asio::error::invalid_argument, "stats", "shard " + std::to_string(index));
}

Stats ShardGroup::State::stats() {
  const Lock control = take_control("stats");
  Stats sum;
  for (Slot& slot : slots_) sum += stats_of(slot);
  return sum;
}

// ---- what shards report

void ShardGroup::State::begun(RunningShard& shard) {
  const std::lock_guard lock(state_);
  Slot& slot = slots_[shard.index()];
  slot.is_serving = true;
  ++slot.services_begun;
  changed_.notify_all();
}

bool ShardGroup::State::begins_anew(RunningShard& shard,
                                    std::exception_ptr failure,
                                    bool is_restarting) {
  AfterFailure what = AfterFailure::leave_shard;
  if (failure) {
    what = AfterFailure::stop_group;
    try {
      if (options_.on_failure && !shard.is_stopping())
        what = options_.on_failure(shard.index(), failure);
    } catch (...) {
      failure = std::current_exception();
    }
  }
  if (what == AfterFailure::stop_group)
    fail(std::move(failure));
  else if (is_restarting || (what == AfterFailure::restart_shard && !shard.is_stopping()))
    return true;
  const std::lock_guard lock(state_);
  slots_[shard.index()].is_serving = false;
  changed_.notify_all();
  return false;
}

void ShardGroup::State::handler_failed(std::exception_ptr failure) {
  fail(std::move(failure));
}

void ShardGroup::State::fail(std::exception_ptr failure) {
  {
    const std::lock_guard lock(state_);
    if (!failure_) failure_ = std::move(failure);
  }
  stop();
}

// ---- the end

void ShardGroup::State::drain(duration limit) {
  const auto latest = detail::deadline_after(detail::RunningShard::Clock::now(), limit);
  const std::lock_guard lock(state_);
  is_ending_ = true;
  changed_.notify_all();
  for (const Slot& slot : slots_)
    if (slot.shard)
      asio::post(slot.shard->context(), [&shard = *slot.shard, latest] { shard.drain(1, latest); });
}

void ShardGroup::State::stop() noexcept {
  const std::lock_guard lock(state_);
  is_ending_ = true;
  changed_.notify_all();
  for (const Slot& slot : slots_)
    if (slot.shard) slot.shard->post_stop();
}

bool ShardGroup::State::is_anyone_serving() const {
  return std::ranges::any_of(slots_, [](const Slot& slot) { return slot.is_serving; });
}

/// Ends the thread of a shard whose service has ended. Returns its descriptor, from which all
/// waiting datagrams were dropped.
NativeHandle ShardGroup::State::retire(Slot& slot) {
  slot.shard->end_thread();
  const NativeHandle handle = slot.shard->release();
  slot.past += slot.shard->stats();
  slot.past.pinned_bytes = slot.past.pooled_bytes = 0;
  if (handle != invalid_handle) slot.past.discarded_at_close += detail::drop_queued(handle);
  return handle;
}

void ShardGroup::State::join() {
  for (;;) {
    check_outside("join");
    {
      Lock lock(state_);
      changed_.wait(lock, [this] { return !is_anyone_serving(); });
    }
    const Lock control(control_);
    {
      const std::lock_guard lock(state_);
      if (is_anyone_serving()) continue;  // a shard was restarted meanwhile
      is_ending_ = true;
    }
    end();
    const std::lock_guard lock(state_);
    if (failure_) std::rethrow_exception(failure_);
    return;
  }
}

void ShardGroup::State::end() {
  // All descriptors are closed at the end, because closing one changes the numbers of those that
  // are still open.
  std::vector<NativeHandle> handles;
  for (Slot& slot : slots_) {
    if (slot.parked != invalid_handle) {
      handles.push_back(std::exchange(slot.parked, invalid_handle));
      slot.past.discarded_at_close += detail::drop_queued(handles.back());
    }
    if (!slot.shard) continue;
    handles.push_back(retire(slot));
    std::unique_ptr<RunningShard> ended;
    const std::lock_guard lock(state_);
    ended = std::move(slot.shard);
  }
  for (const NativeHandle handle : handles)
    if (handle != invalid_handle) detail::close_descriptor(handle);
}

// ---- the public interface

ShardGroup::ShardGroup(const Endpoint& local,
                       ShardService service,
                       const ShardGroupOptions& options)
    : state_(std::make_unique<State>(local, std::move(service), options)) {}

ShardGroup::~ShardGroup() {
  state_->stop();
  try {
    state_->join();
  } catch (...) {
    // The failure is dropped. As the header says, a user who wants it calls join().
  }
}

Endpoint ShardGroup::local_endpoint() const noexcept {
  return state_->local();
}
std::size_t ShardGroup::size() const {
  return state_->size();
}
bool ShardGroup::has(std::size_t index) const {
  return state_->has(index);
}
std::optional<std::size_t> ShardGroup::shard_of(std::span<const std::byte> payload) const {
  return state_->shard_of(payload);
}
void ShardGroup::drain(duration limit) {
  state_->drain(limit);
}
void ShardGroup::stop() {
  state_->stop();
}
void ShardGroup::join() {
  state_->join();
}
Stats ShardGroup::stats(std::size_t index) const {
  return state_->stats(index);
}
Stats ShardGroup::stats() const {
  return state_->stats();
}
std::size_t ShardGroup::add() {
  return state_->add();
}
void ShardGroup::remove(std::size_t index, duration limit) {
  state_->remove(index, limit);
}
void ShardGroup::restart(std::size_t index) {
  state_->restart(index);
}

DGRAM_END_NAMESPACE
