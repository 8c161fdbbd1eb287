// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// Adding, removing and restarting shards while their group runs.
#include <algorithm>
#include <asio/error.hpp>
#include <dgram/detail/core.hpp>
#include <string>
#include <utility>

#include "shard_group_state.hpp"

DGRAM_BEGIN_NAMESPACE

using detail::RunningShard;
using detail::Slot;

std::size_t ShardGroup::State::add() {
  const Lock control = take_control("add");
  check_running("add");
  const std::vector<std::size_t> free = gaps();
  if (free.empty()) {
    append();
    return slots_.size() - 1;
  }
  fill_gap(free.front());
  return free.front();
}

void ShardGroup::State::append() {
  const std::size_t index = slots_.size();
  if (index == max_steered_sockets)
    throw Error(
        asio::error::invalid_argument, "add", std::to_string(max_steered_sockets + 1) + " shards");
  if (index == 1) {
    Socket& first = slots_.front().shard->socket();
    const std::error_code ec = slots_.front().shard->ask([&first] {
      std::error_code refused;
      first.set_reuse_port(true, refused);
      return refused;
    });
    if (ec) throw Error(ec, "add", "shard 1");
  }
  std::unique_ptr<RunningShard> shard = make_shard(index);
  shard->start_thread();
  // If steering fails, this socket is closed. It is the last one, so no number changes.
  shard->socket().bind(local_);
  steer(shard->socket(), index + 1, {});
  {
    const std::lock_guard lock(state_);
    slots_.emplace_back().shard = std::move(shard);
  }
  for (std::size_t i = 0; i < index; ++i) {
    RunningShard& other = *slots_[i].shard;
    other.ask([this, &other, index] { pin(other, index + 1); });
  }
  begin(index);
}

void ShardGroup::State::fill_gap(std::size_t index) {
  Slot& slot = slots_[index];
  // Steering has sent nothing here. The socket has only datagrams that went to every socket:
  // multicast and broadcast.
  slot.past.discarded_at_close += detail::drop_queued(slot.parked);
  std::unique_ptr<RunningShard> shard = make_shard(index);
  shard->start_thread();
  shard->socket().adopt(slot.parked);
  std::vector<std::size_t> skipped = gaps();
  std::erase(skipped, index);
  try {
    steer(shard->socket(), slots_.size(), skipped);
  } catch (...) {
    std::error_code ec;
    shard->socket().release(ec);
    throw;
  }
  {
    const std::lock_guard lock(state_);
    slot.shard = std::move(shard);
    slot.parked = invalid_handle;
    slot.past.kernel_drops = 0;  // the kernel's counter stays with the descriptor
  }
  begin(index);
}

void ShardGroup::State::remove(std::size_t index, duration limit) {
  const Lock control = take_control("remove");
  check_running("remove");
  RunningShard& shard = shard_at(index, "remove");
  Slot& slot = slots_[index];
  std::vector<std::size_t> skipped = gaps();
  skipped.insert(std::ranges::upper_bound(skipped, index), index);
  if (skipped.size() == slots_.size())
    throw Error(asio::error::invalid_argument, "remove", "the last shard");
  const std::error_code ec = shard.ask([&] {
    std::error_code refused;
    set_steering(shard.socket(), options_.steering, slots_.size(), skipped, refused);
    return refused;
  });
  if (ec) throw Error(ec, "remove", "shard " + std::to_string(index));
  // Datagrams that were on their way to this shard have arrived, or arrive within this time.
  constexpr int quiet = 10;
  shard.ask([&shard, latest = detail::deadline_after(detail::RunningShard::Clock::now(), limit)] {
    shard.drain(quiet, latest);
  });
  {
    Lock lock(state_);
    changed_.wait(lock, [&slot] { return !slot.is_serving; });
  }
  const NativeHandle handle = retire(slot);
  std::unique_ptr<RunningShard> removed;
  const std::lock_guard lock(state_);
  removed = std::move(slot.shard);
  slot.parked = handle;
}

void ShardGroup::State::restart(std::size_t index) {
  const Lock control = take_control("restart");
  check_running("restart");
  RunningShard& shard = shard_at(index, "restart");
  const Slot& slot = slots_[index];
  std::uint64_t begun = 0;
  {
    const std::lock_guard lock(state_);
    begun = slot.services_begun;
  }
  const bool has_socket = shard.ask([&shard] {
    const bool is_open = shard.socket().is_open();
    if (is_open) shard.restart();
    return is_open;
  });
  if (!has_socket) throw Error(asio::error::bad_descriptor, "restart");
  Lock lock(state_);
  changed_.wait(lock, [&] { return slot.services_begun != begun || is_ending_; });
}

DGRAM_END_NAMESPACE
