// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// The state that the handles of a Worker share: the binds that asked the primary, and what it
// granted.
#pragma once

#include <asio/io_context.hpp>
#include <deque>
#include <dgram/node/emitter.hpp>
#include <functional>
#include <map>
#include <memory>
#include <string_view>

#include "link.hpp"
#include "sharing.hpp"

DGRAM_BEGIN_NAMESPACE
namespace node::cluster::detail {

class WorkerState final : public Link::Owner,
                          public Sharing,
                          public std::enable_shared_from_this<WorkerState> {
 public:
  /// The WorkerState of the context; nullptr when there is none.
  static std::shared_ptr<WorkerState> of(asio::io_context& context);
  /// Makes the WorkerState of the context. Throws node::Error for a descriptor that is no link.
  static std::shared_ptr<WorkerState> join(asio::io_context& context, Descriptor link, int id);

  WorkerState(asio::io_context& context, std::shared_ptr<Link> link, int id)
      : context_(context), link_(std::move(link)), id_(id) {}

  Emitter<std::string_view> texts;
  Emitter<> disconnected;

  int id() const noexcept { return id_; }
  bool is_connected() const noexcept { return link_ != nullptr; }
  bool has_left() const noexcept { return has_left_; }
  bool send(std::string_view text);
  void leave();

  // ---- for the sockets
  Ticket ask(const Wanted& wanted, Answer answer, std::function<void()> close) override;
  void say_listening(Ticket ticket, int port) override;
  void give_back(Ticket ticket) noexcept override;
  void shut_down() noexcept override;

  // ---- calls of the link
  void on_message(Message message, Descriptor descriptor) override;
  void on_descriptor_lost(const std::error_code& ec) override;
  Message instead_of(const Message& message, const std::error_code& ec) override;
  void on_end(const std::error_code& ec) override;

 private:
  /// A socket that has asked the primary.
  struct Asking {
    Answer answer;  ///< Empty when the answer has come.
    std::function<void()> close;
  };

  void hear_reply(const Reply& reply, Descriptor descriptor);
  void answer(Ticket ticket, const std::error_code& ec, Descriptor descriptor);
  void close_all();
  void say(Message message);
  void say_what_was_given_back();

  asio::io_context& context_;
  /// nullptr: the link has ended.
  std::shared_ptr<Link> link_;
  int id_;
  bool has_left_ = false;
  Ticket last_ticket_ = 0;
  std::map<Ticket, Asking> asking_;
  /// Tickets that were given back, but the primary does not know yet: there was no memory for the
  /// message.
  std::map<Ticket, Asking> given_back_;
  /// Queries that the primary has not answered yet. It answers them in this order.
  std::deque<Ticket> unanswered_;
};

}  // namespace node::cluster::detail
DGRAM_END_NAMESPACE
