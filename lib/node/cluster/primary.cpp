// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0

#include <dgram/node/cluster/primary.hpp>
#include <utility>

#include "primary_state.hpp"

DGRAM_BEGIN_NAMESPACE
namespace node::cluster {

// ---- a worker

int WorkerProcess::id() const noexcept {
  return state_->id();
}
int WorkerProcess::pid() const noexcept {
  return state_->pid();
}
bool WorkerProcess::is_connected() const noexcept {
  return state_->is_connected();
}
bool WorkerProcess::is_dead() const noexcept {
  return state_->is_dead();
}
bool WorkerProcess::exited_after_disconnect() const noexcept {
  return state_->has_left();
}
bool WorkerProcess::send(std::string_view text) const {
  detail::check_text(text);
  return state_->send(text);
}
void WorkerProcess::disconnect() const {
  state_->disconnect();
}
bool WorkerProcess::kill(int signal) const {
  return state_->kill(signal);
}

// ---- the primary

Primary::Primary(asio::io_context& context, Settings settings)
    : state_(std::make_shared<detail::PrimaryState>(context, std::move(settings))) {
  state_->start();
}

WorkerProcess Primary::fork(const Environment& env) const {
  return state_->fork(env);
}
WorkerProcess Primary::adopt(Descriptor link) const {
  return state_->adopt(std::move(link));
}

void Primary::offer(NativeHandle handle) const {
  state_->offer(handle);
}
void Primary::withdraw(NativeHandle handle) const {
  state_->withdraw(handle);
}

ListenerId Primary::on(event::Online, Function<const WorkerProcess&> f) const {
  return state_->online.on(std::move(f));
}
ListenerId Primary::on(event::Listening,
                       Function<const WorkerProcess&, const ListeningInfo&> f) const {
  return state_->listening.on(std::move(f));
}
ListenerId Primary::on(event::Message, Function<const WorkerProcess&, std::string_view> f) const {
  return state_->message.on(std::move(f));
}
ListenerId Primary::on(event::Disconnect, Function<const WorkerProcess&, const Error*> f) const {
  return state_->disconnected.on(std::move(f));
}
ListenerId Primary::on(event::Exit, Function<const WorkerProcess&, const ExitStatus&> f) const {
  return state_->exited.on(std::move(f));
}
bool Primary::off(event::Online, ListenerId id) const {
  return state_->online.off(id);
}
bool Primary::off(event::Listening, ListenerId id) const {
  return state_->listening.off(id);
}
bool Primary::off(event::Message, ListenerId id) const {
  return state_->message.off(id);
}
bool Primary::off(event::Disconnect, ListenerId id) const {
  return state_->disconnected.off(id);
}
bool Primary::off(event::Exit, ListenerId id) const {
  return state_->exited.off(id);
}

std::vector<WorkerProcess> Primary::workers() const {
  return state_->workers();
}
void Primary::disconnect(Function<> callback) const {
  state_->disconnect(std::move(callback));
}

}  // namespace node::cluster
DGRAM_END_NAMESPACE
