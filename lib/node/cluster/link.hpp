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

/// Reads messages for its owner, and keeps those that wait to be sent.
class Link : public std::enable_shared_from_this<Link> {
 public:
  /// How many messages may wait.
  static constexpr std::size_t max_waiting = 1024;

  /// All of them are called in a turn of the context; what they throw leaves run().
  class Owner {
   public:
    virtual void on_message(Message message, Descriptor descriptor) = 0;
    /// A message with a descriptor has come, and this process has no room for that.
    virtual void on_descriptor_lost(const std::error_code& ec) = 0;
    /// What is sent instead of a message with a descriptor that the system does not take.
    virtual Message instead_of(const Message& message, const std::error_code& ec) = 0;
    /// The last call. `ec` is empty when one of the two sides has wanted it, or has died.
    virtual void on_end(const std::error_code& ec) = 0;

   protected:
    ~Owner() = default;
  };
  using SharedDescriptor = std::shared_ptr<const Descriptor>;

  /// Throws dgram::Error for what is no link.
  Link(asio::io_context& context, Descriptor connected);
  Link(asio::io_context& context, DescriptorLink link);

  /// What is done while max_waiting messages wait.
  enum class WhenFull : unsigned char {
    reads,
    /// Who does not take its answers gets to ask nothing. For one of the two sides: if both did so,
    /// each could wait for the other.
    pauses
  };

  /// The owner lives until on_end() has returned.
  void start(std::shared_ptr<Owner> owner, WhenFull when_full);

  /// False: it has ended.
  bool send(Message message, SharedDescriptor descriptor = {});
  /// The user's, which must not fill the memory. False: it has ended, or max_waiting of them wait.
  bool send_text(std::string_view text);

  /// Takes what the other end has sent before it died; then it ends.
  void take_rest();
  /// Ends when everything has been sent. on_end() comes in a later turn.
  void end_when_sent();
  /// Ends because the other end makes no sense.
  void refuse();
  /// Ends without a call of the owner.
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
  /// True when that is done with; else it is to be sent as it is now.
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
