// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// The state behind a ShardGroup.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <dgram/scale/shard_group.hpp>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "platform.hpp"
#include "shard.hpp"

DGRAM_BEGIN_NAMESPACE
namespace detail {

/// One index of a group. A gap has no shard, but keeps its descriptor: closing it would change the
/// numbers of other sockets.
struct Slot {
  std::unique_ptr<RunningShard> shard;
  NativeHandle parked = invalid_handle;
  Stats past;  // of the former sockets of this index
  bool is_serving = false;
  std::uint64_t services_begun = 0;
};

}  // namespace detail

// Two mutexes. `control_` lets one call at a time change the group or ask a shard, and is held
// while that call waits. `state_` guards the slots for calls that do not wait, and for the threads
// of the shards. A change of the list of slots needs both.
class ShardGroup::State final : public detail::ShardHost {
 public:
  State(const Endpoint& local, ShardService service, const ShardGroupOptions& options);
  ~State();

  const Endpoint& local() const noexcept { return local_; }
  std::size_t size() const;
  bool has(std::size_t index) const;
  std::optional<std::size_t> shard_of(std::span<const std::byte> payload) const;
  void drain(duration limit);
  void stop() noexcept;
  void join();
  Stats stats(std::size_t index);
  Stats stats();
  std::size_t add();
  void remove(std::size_t index, duration limit);
  void restart(std::size_t index);

  const ShardService& service() const noexcept override { return service_; }
  void begun(detail::RunningShard& shard) override;
  bool begins_anew(detail::RunningShard& shard,
                   std::exception_ptr failure,
                   bool is_restarting) override;
  void handler_failed(std::exception_ptr failure) override;

 private:
  using Lock = std::unique_lock<std::mutex>;

  void check_outside(std::string_view operation) const;
  Lock take_control(std::string_view operation) const;
  detail::RunningShard& shard_at(std::size_t index, std::string_view operation);
  void check_running(std::string_view operation) const;
  bool is_anyone_serving() const;
  std::vector<std::size_t> gaps() const;
  std::unique_ptr<detail::RunningShard> make_shard(std::size_t index);
  void pin(detail::RunningShard& shard, std::size_t shards);
  void steer(Socket& socket, std::size_t shards, std::span<const std::size_t> skipped);
  void begin(std::size_t index);
  void fill_gap(std::size_t index);
  void append();
  NativeHandle retire(detail::Slot& slot);
  Stats stats_of(detail::Slot& slot);
  void fail(std::exception_ptr failure);
  void end_threads() noexcept;
  void end();

  const ShardService service_;
  ShardGroupOptions options_;
  Endpoint local_;
  const std::vector<std::size_t> cpus_ = detail::usable_cpus();

  mutable std::mutex control_;
  mutable std::mutex state_;
  std::condition_variable changed_;
  std::vector<detail::Slot> slots_;
  bool is_ending_ = false;
  std::exception_ptr failure_;
};

DGRAM_END_NAMESPACE
