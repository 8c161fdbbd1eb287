// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// How a bind gets a shared socket from the primary: all that node::Socket knows of a cluster.
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

/// The way from a bind to the primary.
class Sharing {
 public:
  /// Called once, in a turn of the context, unless the ticket is given back before.
  using Answer = std::function<void(const std::error_code& ec, Descriptor socket)>;

  /// @param close Closes the socket when the worker leaves.
  virtual Ticket ask(const Wanted& wanted, Answer answer, std::function<void()> close) = 0;
  virtual void say_listening(Ticket ticket, int port) = 0;
  /// The socket of the ticket is closed, or not wanted any more.
  virtual void give_back(Ticket ticket) noexcept = 0;
  /// Called when the context shuts down.
  virtual void shut_down() noexcept = 0;

 protected:
  ~Sharing() = default;
};

/// Holds the Sharing of a context that belongs to a worker.
class SharingService final : public asio::execution_context::service {
 public:
  using key_type = SharingService;
  static asio::execution_context::id id;

  /// nullptr when the context belongs to no worker.
  static std::shared_ptr<Sharing> of(asio::io_context& context);
  static void set(asio::io_context& context, std::shared_ptr<Sharing> sharing);

  explicit SharingService(asio::execution_context& context) : service(context) {}
  void shutdown() override;

 private:
  std::shared_ptr<Sharing> sharing_;
};

/// The share of one socket in a socket of the primary, from the moment that it asks.
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
