// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// The connection between a worker and its primary: messages in order, in both directions.
#pragma once

#include <asio/awaitable.hpp>
#include <asio/io_context.hpp>
#include <cstddef>
#include <deque>
#include <dgram/process/descriptor_link.hpp>
#include <memory>
#include <optional>
#include <string_view>
#include <system_error>

#include "message.hpp"

DGRAM_BEGIN_NAMESPACE
namespace node::cluster::detail {

/// Reads messages for its owner, and queues those that wait to be sent.
class Link : public std::enable_shared_from_this<Link> {
 public:
  /// How many messages may wait to be sent.
  static constexpr std::size_t max_waiting = 1024;

  /// All of these are called in a turn of the context. Their exceptions leave run().
  class Owner {
   public:
    virtual void on_message(Message message, Descriptor descriptor) = 0;
    /// A message with a descriptor has come, and this process has no room for the descriptor.
    virtual void on_descriptor_lost(const std::error_code& ec) = 0;
    /// The message that is sent instead of one with a descriptor that the system does not take.
    virtual Message instead_of(const Message& message, const std::error_code& ec) = 0;
    /// The last call. `ec` is empty when one of the two sides has ended the link, or has died.
    virtual void on_end(const std::error_code& ec) = 0;

   protected:
    ~Owner() = default;
  };
  using SharedDescriptor = std::shared_ptr<const Descriptor>;

  /// Throws dgram::Error for a descriptor that is no link.
  Link(asio::io_context& context, Descriptor connected);
  Link(asio::io_context& context, DescriptorLink link);

  /// What the link does while max_waiting messages wait.
  enum class WhenFull : unsigned char {
    reads,
    /// Stops reading: a side that does not take its answers can ask nothing more. For one of the
    /// two sides only: if both paused, each could wait for the other.
    pauses
  };

  /// Keeps the owner alive until on_end() has returned.
  void start(std::shared_ptr<Owner> owner, WhenFull when_full);

  /// False: the link has ended.
  bool send(Message message, SharedDescriptor descriptor = {});
  /// Sends a text of the user. False: the link has ended, or max_waiting texts wait already: texts
  /// must not fill the memory.
  bool send_text(std::string_view text);

  /// Takes what the other end has sent before it died; then the link ends.
  void take_rest();
  /// Ends the link when everything has been sent. on_end() comes in a later turn.
  void end_when_sent();
  /// Ends the link, because the other end has sent an invalid message.
  void refuse();
  /// Ends the link without a call of the owner.
  void close() noexcept;

 private:
  struct Outgoing {
    Message message;
    SharedDescriptor descriptor;
  };
  using Received = std::optional<DescriptorLink::Message>;

  static asio::awaitable<void> read(std::shared_ptr<Link> self);
  bool is_full() const noexcept { return waiting_.size() >= max_waiting; }
  static asio::awaitable<void> write(std::shared_ptr<Link> self);
  void start_reading();
  void start_writing();
  template <class Coroutine>
  void spawn(Coroutine coroutine);
  void take(const std::error_code& ec, Received received);
  void take(DescriptorLink::Message received);
  void end(const std::error_code& ec);
  template <class Call>
  void in_turn(Call&& call);
  /// True when the message is done with. False: it has to be sent again, as it is now.
  bool is_settled(Outgoing& outgoing, const std::error_code& ec);

  asio::io_context& context_;
  DescriptorLink link_;
  std::shared_ptr<Owner> owner_;
  std::deque<Outgoing> waiting_;
  std::size_t waiting_texts_ = 0;
  bool writes_ = false;
  WhenFull when_full_ = WhenFull::reads;
  bool is_paused_ = false;
  bool is_ending_ = false;
};

}  // namespace node::cluster::detail
DGRAM_END_NAMESPACE
