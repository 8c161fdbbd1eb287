// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0

#include <cstdlib>
#include <dgram/node/cluster/worker.hpp>
#include <optional>
#include <string>
#include <utility>

#include "../errors.hpp"
#include "environment.hpp"
#include "worker_state.hpp"

DGRAM_BEGIN_NAMESPACE
namespace node::cluster {

bool is_worker() {
  // Asked once, because the Worker removes the variable from the environment.
  static const bool result = std::getenv(detail::descriptor_variable) != nullptr;
  return result;
}

Worker::Worker(asio::io_context& context) : state_(detail::WorkerState::of(context)) {
  if (state_) return;
  if (!is_worker()) throw node::detail::no_primary("no Primary has started this process");
  detail::Inherited inherited = detail::take_inherited();
  state_ = detail::WorkerState::join(context, std::move(inherited.link), inherited.id);
}

Worker::Worker(asio::io_context& context, Descriptor link, int id) {
  if (detail::WorkerState::of(context))
    throw node::detail::no_primary("the context has a Worker already");
  state_ = detail::WorkerState::join(context, std::move(link), id);
}

ListenerId Worker::on(event::Message, Function<std::string_view> f) const {
  return state_->texts.on(std::move(f));
}
ListenerId Worker::on(event::Disconnect, Function<> f) const {
  return state_->disconnected.on(std::move(f));
}
bool Worker::off(event::Message, ListenerId id) const {
  return state_->texts.off(id);
}
bool Worker::off(event::Disconnect, ListenerId id) const {
  return state_->disconnected.off(id);
}

int Worker::id() const noexcept {
  return state_->id();
}
bool Worker::is_connected() const noexcept {
  return state_->is_connected();
}
bool Worker::exited_after_disconnect() const noexcept {
  return state_->has_left();
}
bool Worker::send(std::string_view text) const {
  detail::check_text(text);
  return state_->send(text);
}
void Worker::disconnect() const {
  state_->leave();
}

}  // namespace node::cluster
DGRAM_END_NAMESPACE
