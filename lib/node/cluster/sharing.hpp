// Whom the binds of a context ask for a shared socket: all that node::Socket knows of a cluster.
#pragma once

#include <asio/io_context.hpp>
#include <dgram/descriptor.hpp>
#include <functional>
#include <memory>
#include <system_error>
#include <utility>

#include "wanted.hpp"

DGRAM_BEGIN_NAMESPACE
namespace node::cluster::detail {

/// The way to the primary.
class Sharing {
 public:
  /// Called once, in a turn of the context, unless the ticket is given back before.
  using Answer = std::function<void(const std::error_code& ec, Descriptor socket)>;

  /// @param close Closes the socket: the worker leaves.
  virtual Ticket ask(const Wanted& wanted, Answer answer, std::function<void()> close) = 0;
  virtual void say_listening(Ticket ticket, int port) = 0;
  /// What is behind the ticket is not wanted any more, or is closed.
  virtual void give_back(Ticket ticket) noexcept = 0;
  /// The context goes away.
  virtual void shut_down() noexcept = 0;

 protected:
  ~Sharing() = default;
};

/// The Sharing of a context that is a worker's.
class SharingService final : public asio::execution_context::service {
 public:
  using key_type = SharingService;
  static asio::execution_context::id id;

  /// nullptr where a context is none.
  static std::shared_ptr<Sharing> of(asio::io_context& context);
  static void set(asio::io_context& context, std::shared_ptr<Sharing> sharing);

  explicit SharingService(asio::execution_context& context) : service(context) {}
  void shutdown() override;

 private:
  std::shared_ptr<Sharing> sharing_;
};

/// What one socket has of the primary, from the moment that it asks.
class Share {
 public:
  Share(std::shared_ptr<Sharing> sharing,
        const Wanted& wanted,
        Sharing::Answer answer,
        std::function<void()> close)
      : sharing_(std::move(sharing)),
        ticket_(sharing_->ask(wanted, std::move(answer), std::move(close))) {}
  Share(const Share&) = delete;
  ~Share() { sharing_->give_back(ticket_); }

  void say_listening(int port) { sharing_->say_listening(ticket_, port); }

 private:
  std::shared_ptr<Sharing> sharing_;
  Ticket ticket_;
};

}  // namespace node::cluster::detail
DGRAM_END_NAMESPACE
