// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0

#include "worker_process_state.hpp"

#include <optional>

#include "../../process/child.hpp"
#include "../errors.hpp"
#include "../tick_queue.hpp"
#include "open_shared.hpp"
#include "primary_state.hpp"

DGRAM_BEGIN_NAMESPACE
namespace node::cluster::detail {

WorkerProcess WorkerProcessState::handle() {
  return PrimaryState::handle_of(shared_from_this());
}

bool WorkerProcessState::send(std::string_view text) {
  return link_ && link_->send_text(text);
}

void WorkerProcessState::disconnect() {
  if (!link_ || std::exchange(has_left_, true)) return;
  link_->send(Disconnect{});
  primary_->sockets().release_all(id_);
}

bool WorkerProcessState::kill(int signal) {
  return is_child() && !dgram::detail::signal_child(pid_, signal);
}

void WorkerProcessState::close() noexcept {
  if (const std::shared_ptr<Link> link = std::move(link_)) link->close();
  primary_ = nullptr;
}

void WorkerProcessState::look_whether_ended() {
  if (!is_child()) return;
  const std::optional<dgram::detail::ChildEnd> end = dgram::detail::child_end(pid_);
  if (!end) return;
  is_dead_ = true;
  const std::shared_ptr<PrimaryState> primary = primary_;
  if (link_) link_->take_rest();
  const ExitStatus status{end->code, end->signal};
  node::detail::TickQueue::of(primary->context()).push([primary, worker = handle(), status] {
    primary->exited.emit(worker, status);
  });
  says_exit_ = true;
  primary->forget_if_over(*this);
}

// ---- messages of the worker

void WorkerProcessState::on_message(Message message, Descriptor) {
  if (!hear(message)) link_->refuse();
}

bool WorkerProcessState::hear(const Message& message) {
  if (const auto* const online = std::get_if<Online>(&message)) return hear_online(*online);
  if (!is_online_) return false;
  if (const auto* const query = std::get_if<Query>(&message)) return hear_query(*query);
  if (const auto* const listening = std::get_if<Listening>(&message))
    hear_listening(*listening);
  else if (const auto* const close = std::get_if<Close>(&message))
    primary_->sockets().release(id_, close->ticket);
  else if (std::get_if<Leaving>(&message))
    has_left_ = true;
  else if (const auto* const text = std::get_if<Text>(&message))
    primary_->message.emit(handle(), text->text);
  else
    return false;
  return true;
}

bool WorkerProcessState::hear_online(const Online& online) {
  if (online.version != protocol_version || std::exchange(is_online_, true)) return false;
  primary_->online.emit(handle());
  return true;
}

bool WorkerProcessState::hear_query(const Query& query) {
  if (query.ticket <= last_ticket_) return false;
  last_ticket_ = query.ticket;
  if (has_left_) return true;  // a worker that leaves has closed the socket that asks
  std::error_code ec;
  const SharedSockets::Pointer socket = primary_->take(id_, query.ticket, query.wanted, ec);
  link_->send(Reply{query.ticket, errno_of(ec)}, socket);
  return true;
}

// A socket that is not held was taken from a worker that is about to leave.
void WorkerProcessState::hear_listening(const Listening& listening) {
  const Wanted* const wanted = primary_->sockets().find(id_, listening.ticket);
  if (!wanted) return;
  ListeningInfo info;
  info.address_type = wanted->v6 ? "udp6" : "udp4";
  info.port = listening.port;
  if (wanted->fd > 0)
    info.fd = wanted->fd;
  else
    info.address = wanted->local.address().to_string();
  primary_->listening.emit(handle(), info);
}

// ---- calls of the link

// Workers send no descriptors, so a message with one is refused.
void WorkerProcessState::on_descriptor_lost(const std::error_code&) {
  link_->refuse();
}

Message WorkerProcessState::instead_of(const Message& message, const std::error_code& ec) {
  const Ticket ticket = std::get<Reply>(message).ticket;
  primary_->sockets().release(id_, ticket);
  return Reply{ticket, errno_of(ec)};
}

void WorkerProcessState::on_end(const std::error_code& ec) {
  link_ = nullptr;
  const std::shared_ptr<PrimaryState> primary = primary_;
  primary->sockets().release_all(id_);
  primary->forget_if_over(*this);
  const Error reason = node::detail::system_error(ec, "read");
  primary->disconnected.emit(handle(), ec ? &reason : nullptr);
}

}  // namespace node::cluster::detail
DGRAM_END_NAMESPACE
