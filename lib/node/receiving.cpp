// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// The events of a bound socket: messages, and errors of receiving.
#include <asio/error.hpp>
#include <new>
#include <optional>
#include <system_error>

#include "../core/socket/core.hpp"
#include "../core/socket/guard.hpp"
#include "errors.hpp"
#include "state.hpp"

DGRAM_BEGIN_NAMESPACE
namespace node::detail {

namespace {

/// As in libuv: after so many messages, other sockets and timers have their turn.
constexpr unsigned messages_per_turn = 32;

/// A datagram that is here, or that the kernel is likely to have: after one that came alone, it is
/// not asked for another one. Whatever is there ends the wait that comes next.
std::optional<Datagram> next_of(const dgram::Socket& socket, std::error_code& ec) {
  dgram::detail::Core& core = *core_of(socket);
  const dgram::detail::Guard guard(core);
  if (!core.have_datagram(ec)) ec = asio::error::would_block;
  if (ec) return std::nullopt;
  return core.pop();
}

}  // namespace

void State::arm_receive() {
  socket_->async_wait_readable([self = shared_from_this()](std::error_code ec) {
    if (!self->life_.is_open()) return;
    if (ec == asio::error::no_memory) return self->receive_later();
    if (!ec) self->receive_turn();
  });
}

void State::receive_later() noexcept {
  dgram::detail::post_in(receive_memory_, context_, [self = shared_from_this()] {
    if (self->life_.is_open()) self->receive_turn();
  });
}

void State::receive_turn() {
  // An exception of a listener leaves run(). The messages behind it are read when run() is called
  // again.
  struct GoOn {
    State& state;
    bool more = true;
    ~GoOn() {
      if (!state.life_.is_open()) return;
      // Waiting for what is there already would cost two system calls. But a posted turn keeps
      // run() from returning, which an unref'ed socket must not do.
      try {
        if (more && state.referenced_)
          state.receive_later();
        else
          state.arm_receive();
      } catch (const std::bad_alloc&) {
        state.receive_later();
      }
    }
  } go_on{*this};
  ticks_->turn([&] { go_on.more = receive_batch(); });
}

/// True when there may be more messages.
bool State::receive_batch() {
  std::uint64_t left = messages_per_turn;
  while (left-- != 0) {
    if (!life_.is_open()) return false;
    std::error_code ec;
    const std::optional<Datagram> datagram = next_of(*socket_, ec);
    if (datagram)
      deliver(*datagram);
    else if (ec == asio::error::would_block)
      return false;
    else
      emit_error(system_error(ec, "recvmsg"));
    ticks_->drain();
    // Datagrams that have left the kernel would end the next wait at once, and so keep run() from
    // returning.
    if (left == 0 && !referenced_ && life_.is_open()) left = socket_->stats().held;
  }
  return true;
}

void State::deliver(const Datagram& datagram) {
  if (options_.receive_block_list &&
      options_.receive_block_list->check(datagram.remote().address()))
    ++stats_.blocked_messages;
  else if (!message.emit(datagram, RemoteInfo(datagram)))
    ++stats_.unheard_messages;
}

}  // namespace node::detail
DGRAM_END_NAMESPACE
