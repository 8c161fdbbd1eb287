// The events of a bound socket: messages, and errors of receiving.
#include <asio/error.hpp>

#include "errors.hpp"
#include "state.hpp"

DGRAM_BEGIN_NAMESPACE
namespace node::detail {

namespace {

/// As libuv: so many, then other sockets and timers have their turn.
constexpr int messages_per_turn = 32;

}  // namespace

void State::arm_receive() {
  socket_->async_wait_readable([self = shared_from_this()](std::error_code ec) {
    if (ec || !self->life_.is_open()) return;  // closed
    // An exception of a listener leaves run(); what is behind it is read when that is called again.
    struct Rearm {
      State& state;
      ~Rearm() {
        if (state.life_.is_open()) state.arm_receive();
      }
    } const rearm{*self};
    self->ticks_.turn([&] { self->receive_batch(); });
  });
}

void State::receive_batch() {
  for (int i = 0; i < messages_per_turn && life_.is_open(); ++i) {
    std::error_code ec;
    const std::optional<Datagram> datagram = socket_->try_recv(ec);
    if (datagram)
      deliver(*datagram);
    else if (ec == asio::error::would_block)
      return;
    else
      emit_error(system_error(ec, "recvmsg"));
    ticks_.drain();
  }
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
