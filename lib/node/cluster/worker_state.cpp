// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0

#include "worker_state.hpp"

#include <asio/error.hpp>
#include <dgram/error.hpp>
#include <new>
#include <utility>

#include "../../core/kernel/descriptor.hpp"
#include "../errors.hpp"
#include "../tick_queue.hpp"

DGRAM_BEGIN_NAMESPACE
namespace node::cluster::detail {

using node::detail::TickQueue;

std::shared_ptr<WorkerState> WorkerState::of(asio::io_context& context) {
  // No other code sets a Sharing.
  return std::static_pointer_cast<WorkerState>(SharingService::of(context));
}

std::shared_ptr<WorkerState> WorkerState::join(asio::io_context& context, Descriptor link, int id) {
  std::shared_ptr<Link> connected;
  try {
    connected = std::make_shared<Link>(context, std::move(link));
  } catch (const dgram::Error& error) {
    throw node::detail::no_primary(error.what());
  }
  auto state = std::make_shared<WorkerState>(context, connected, id);
  SharingService::set(context, state);
  connected->start(state, Link::WhenFull::reads);
  connected->send(Online{});
  return state;
}

bool WorkerState::send(std::string_view text) {
  say_what_was_given_back();
  return link_ && link_->send_text(text);
}

void WorkerState::say(Message message) {
  say_what_was_given_back();
  if (link_) link_->send(std::move(message));
}

void WorkerState::say_what_was_given_back() {
  while (!given_back_.empty()) {
    if (link_) link_->send(Close{given_back_.begin()->first});
    given_back_.erase(given_back_.begin());
  }
}

// ---- for the sockets

Ticket WorkerState::ask(const Wanted& wanted, Answer answer, std::function<void()> close) {
  say_what_was_given_back();
  const Ticket ticket = ++last_ticket_;
  asking_.emplace(ticket, Asking{std::move(answer), std::move(close)});
  if (link_ && !has_left_ && link_->send(Query{ticket, wanted}))
    unanswered_.push_back(ticket);
  else
    TickQueue::of(context_).push([self = shared_from_this(), ticket] {
      self->answer(ticket, asio::error::broken_pipe, {});
    });
  return ticket;
}

void WorkerState::say_listening(Ticket ticket, int port) {
  say(Listening{ticket, port});
}

void WorkerState::give_back(Ticket ticket) noexcept {
  auto given_back = asking_.extract(ticket);
  if (given_back.empty()) return;
  given_back.mapped() = {};
  given_back_.insert(std::move(given_back));
  try {
    say_what_was_given_back();
  } catch (const std::bad_alloc&) {
    // They are sent before the next message.
  }
}

// A ticket that was given back is not found, and a descriptor that came for it is closed. A ticket
// that was refused need not be given back.
void WorkerState::answer(Ticket ticket, const std::error_code& ec, Descriptor descriptor) {
  const auto found = asking_.find(ticket);
  if (found == asking_.end()) return;
  const Answer answer = std::exchange(found->second.answer, nullptr);
  if (ec) asking_.erase(found);
  answer(ec, std::move(descriptor));
}

// ---- calls of the link

void WorkerState::on_message(Message message, Descriptor descriptor) {
  if (const auto* const reply = std::get_if<Reply>(&message))
    hear_reply(*reply, std::move(descriptor));
  else if (const auto* const text = std::get_if<Text>(&message))
    texts.emit(text->text);
  else if (std::get_if<Disconnect>(&message))
    leave();
  else
    link_->refuse();
}

void WorkerState::hear_reply(const Reply& reply, Descriptor descriptor) {
  if (unanswered_.empty() || unanswered_.front() != reply.ticket) return link_->refuse();
  unanswered_.pop_front();
  const std::error_code ec(reply.error, asio::system_category());
  answer(reply.ticket, dgram::detail::comparable(ec), std::move(descriptor));
}

void WorkerState::on_descriptor_lost(const std::error_code& ec) {
  if (unanswered_.empty()) return;
  const Ticket ticket = unanswered_.front();
  unanswered_.pop_front();
  say(Close{ticket});
  answer(ticket, ec, {});
}

Message WorkerState::instead_of(const Message& message, const std::error_code&) {
  return message;  // a worker sends no descriptors
}

void WorkerState::on_end(const std::error_code&) {
  link_ = nullptr;
  unanswered_.clear();
  close_all();
  // Queued behind the ticks that close the sockets, and those that these push: `close` comes first.
  TickQueue::of(context_).push([self = shared_from_this()] {
    TickQueue::of(self->context_).push([self] {
      self->texts.end();
      self->disconnected.emit();
      self->disconnected.end();
    });
  });
}

// ---- the end

void WorkerState::leave() {
  if (!link_ || std::exchange(has_left_, true)) return;
  close_all();
  TickQueue::of(context_).push([self = shared_from_this()] {
    self->say(Leaving{});
    if (self->link_) self->link_->end_when_sent();
  });
}

void WorkerState::close_all() {
  for (const auto& [ticket, asking] : asking_)
    TickQueue::of(context_).push([close = asking.close] { close(); });
}

void WorkerState::shut_down() noexcept {
  if (const std::shared_ptr<Link> link = std::move(link_)) link->close();
  std::exchange(asking_, {}).clear();  // may destroy a socket, which then gives back its ticket
  texts.end();
  disconnected.end();
}

}  // namespace node::cluster::detail
DGRAM_END_NAMESPACE
