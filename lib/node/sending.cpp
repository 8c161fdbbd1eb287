// send: from the call to the callback.
#include <asio/error.hpp>
#include <dgram/endpoint.hpp>
#include <utility>

#include "errors.hpp"
#include "state.hpp"

DGRAM_BEGIN_NAMESPACE
namespace node::detail {

namespace {

std::string bytes_of(const Payload& payload) {
  std::string bytes;
  bytes.reserve(payload.size());
  for (const asio::const_buffer& piece : payload.buffers())
    bytes.append(static_cast<const char*>(piece.data()), piece.size());
  return bytes;
}

}  // namespace

void State::send_to_peer(Payload payload, SendCallback callback) {
  if (!is_connected()) throw bad_port("undefined");
  if (!socket_) throw not_running();
  auto sending = std::make_shared<Sending>();
  sending->callback = std::move(callback);
  std::error_code ec;
  const std::size_t size = payload.size();
  const std::size_t pieces = payload.buffers().size();
  // Node's list may be empty, and longer than the system's.
  if (pieces == 0 || pieces > max_pieces) {
    sending->bytes = bytes_of(payload);
    payload = Payload(sending->bytes);
  }
  if (!socket_->try_send(payload, ec) && ec == asio::error::would_block) {
    sending->bytes = bytes_of(payload);
    return wait_and_send(sending);
  }
  if (!sending->callback) return;
  tick([sending, ec, size] {
    if (!ec) return sending->callback(nullptr, size);
    const Error failure = system_error(ec, "send");
    sending->callback(&failure, 0);
  });
}

void State::send(Payload payload, int port, std::string_view address, SendCallback callback) {
  if (is_connected()) throw already_connected();
  if (port < 1 || port > 65535) throw bad_port("type number (" + std::to_string(port) + ')');
  if (!socket_) throw not_running();
  auto sending = std::make_shared<Sending>();
  sending->bytes = bytes_of(payload);
  sending->address = address.empty() ? (is_v6() ? "::1" : "127.0.0.1") : address;
  sending->port = port;
  sending->callback = std::move(callback);
  if (bind_state_ == BindState::unbound) bind(0, {}, {});
  if (bind_state_ == BindState::bound) return start_send(sending);
  if (bind_state_ == BindState::unbound)  // it has failed inside the call
    return tick([self = shared_from_this(), sending] { self->finish_send(sending); });
  enqueue(
      [this, sending] {
        if (!socket_) throw not_running();
        start_send(sending);
      },
      [this, sending] { finish_send(sending); });
}

void State::start_send(const std::shared_ptr<Sending>& sending) {
  look_up(sending->address,
          [self = shared_from_this(), sending](const Error* failure, std::string_view resolved) {
            if (failure) {
              self->tick([self, sending, failure = *failure] {
                if (sending->callback)
                  sending->callback(&failure, 0);
                else if (self->socket_)  // closed, it has no listeners any more
                  self->emit_error(failure);
              });
              return;
            }
            std::error_code ec;
            const Endpoint to = make_endpoint(resolved, sending->port, ec);
            sending->outgoing = Outgoing(asio::buffer(sending->bytes), to);
            if (ec || to.address().is_v6() != self->is_v6())
              sending->outgoing.result = asio::error::invalid_argument;
            else if (self->is_connected())  // meanwhile; libuv refuses what the kernel would not
              sending->outgoing.result = asio::error::already_connected;
            else if (self->socket_)
              self->batch_.push_back(sending);
            self->tick([self, sending] {
              self->flush_batch();
              self->finish_send(sending);
            });
            // An answer that came inside the call: Node has sent it by now.
            if (self->options_.lookup) self->flush_batch();
          });
}

// The sends of one drain leave together: the first callback that is due sends them all.
void State::flush_batch() {
  if (batch_.empty()) return;
  const std::vector<std::shared_ptr<Sending>> batch = std::exchange(batch_, {});
  if (!socket_) return;
  std::vector<Outgoing> outgoing;
  for (const std::shared_ptr<Sending>& each : batch) outgoing.push_back(each->outgoing);
  std::error_code ignored;  // each has its own
  socket_->try_send_many(outgoing, ignored);
  for (std::size_t i = 0; i < batch.size(); ++i) batch[i]->outgoing.result = outgoing[i].result;
}

void State::finish_send(const std::shared_ptr<Sending>& sending) {
  const std::error_code ec = sending->outgoing.result;
  if (ec == asio::error::would_block && socket_) return wait_and_send(sending);
  if (!sending->callback) return;
  if (!ec) return sending->callback(nullptr, sending->bytes.size());
  // Never attempted because the socket was closed before: Node does not call back at all.
  const Error failure = address_error(ec, "send", sending->address, sending->port);
  sending->callback(&failure, 0);
}

void State::wait_and_send(const std::shared_ptr<Sending>& sending) {
  const auto done = [self = shared_from_this(), sending](std::error_code ec, std::size_t) {
    self->ticks_.turn([&] {
      if (!sending->callback) return;
      if (!ec) return sending->callback(nullptr, sending->bytes.size());
      const Error failure = sending->port == 0
                                ? system_error(ec, "send")
                                : address_error(ec, "send", sending->address, sending->port);
      sending->callback(&failure, 0);
    });
  };
  if (sending->port == 0)
    socket_->async_send(Payload(sending->bytes), done);
  else
    socket_->async_send(Payload(sending->bytes), sending->outgoing.to, done);
}

}  // namespace node::detail
DGRAM_END_NAMESPACE
