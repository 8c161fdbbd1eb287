// A group of shards, somebody who sends to it, and the book on what came to which shard.
#pragma once

#include <array>
#include <asio/io_context.hpp>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <dgram/dgram.hpp>
#include <dgram/scale.hpp>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "spinner/world.hpp"

namespace spinner {

/// What a datagram to a shard asks of its service: to fail, and what is to come of that.
struct ShardFailure {
  dgram::AfterFailure what;
};

/// What was sent to one group. The shards' threads write to it.
class ShardBook {
 public:
  static constexpr std::size_t header_size = 24;
  /// Of what decides under Steering::by_key().
  static constexpr std::size_t key_offset = 16;

  /// Numbers and fills a datagram.
  /// @param failure What its service is to do; nullopt: to go on.
  void write(std::span<std::byte> bytes,
             std::uint32_t key,
             std::optional<dgram::AfterFailure> failure);
  /// Where the one that was written last belongs.
  void belongs_to(std::optional<std::size_t> shard);
  /// It was not sent.
  void refused();

  /// A shard has got one. Throws ShardFailure where that is asked for.
  void arrive(std::size_t shard, std::span<const std::byte> bytes);

  std::size_t sent();
  std::size_t arrived();

  /// Shards whose services have failed, and that nobody serves.
  std::array<std::atomic<bool>, 8> left{};
  /// A failure has stopped the group.
  std::atomic<bool> has_stopped = false;

 private:
  struct Record {
    std::size_t size = 0;
    std::optional<std::size_t> shard;
    bool sent = true, arrived = false;
  };
  std::mutex mutex_;
  std::vector<Record> records_;
  std::size_t sent_ = 0, arrived_ = 0;
};

class ScalePart : public Part {
 public:
  explicit ScalePart(World&) {}

  /// How a group is ended.
  enum class End : unsigned char { destroyed, stopped, drained };

  // Steps hold this while they are at work.
  std::mutex mutex;

  /// Ends the former group, and begins one.
  void begin(const dgram::ShardGroupOptions& options, End end_of_former);
  bool has_group() const noexcept { return group_ != nullptr; }
  dgram::ShardGroup& group() noexcept { return *group_; }
  void send(std::size_t size, std::uint32_t key, std::optional<dgram::AfterFailure> failure);
  /// Nothing of what follows is refused for another reason than this.
  void has_ended() noexcept { is_ended_ = true; }
  bool is_ended() const noexcept { return is_ended_; }
  void end(End how);

  void end_operations() override;

 private:
  void await_arrival();
  std::size_t counted();

  asio::io_context context_{1};
  std::unique_ptr<dgram::Socket> sender_;
  std::shared_ptr<ShardBook> book_;
  std::unique_ptr<dgram::ShardGroup> group_;
  bool is_ended_ = false;
};

}  // namespace spinner
