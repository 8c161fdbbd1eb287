// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// send(): from the call to the callback.
#include <asio/bind_cancellation_slot.hpp>
#include <asio/error.hpp>
#include <dgram/error.hpp>
#include <new>
#include <utility>

#include "arguments.hpp"
#include "errors.hpp"
#include "state.hpp"

DGRAM_BEGIN_NAMESPACE
namespace node::detail {

namespace {

/// Copies a payload, without an allocation if `bytes` has room for it.
void assign(std::string& bytes, const Payload& payload) {
  bytes.clear();
  bytes.reserve(payload.size());
  for (const asio::const_buffer& piece : payload.buffers())
    bytes.append(static_cast<const char*>(piece.data()), piece.size());
}

// How much memory a send keeps for the next one: a datagram of a 1500-byte path fits.
constexpr std::size_t kept_bytes = 2048;

/// Node's list of buffers may be empty, or longer than the system allows.
bool must_be_joined(const Payload& payload) {
  const std::size_t pieces = payload.buffers().size();
  return pieces == 0 || pieces > max_pieces;
}

}  // namespace

// ---- to the connected peer: at once

void State::send_to_peer(Payload payload, SendCallback callback) {
  if (!life_.is_connected()) throw bad_destination_port(std::nullopt);
  life_.require_open();
  std::string bytes;
  if (must_be_joined(payload)) {
    assign(bytes, payload);
    payload = Payload(bytes);
  }
  std::error_code ec;
  const bool sent = socket_->try_send(payload, ec);
  if (sent && !callback) return;
  const bool waits = !sent && ec == asio::error::would_block;
  const SendingPointer sending = make_sending(std::move(callback));
  if (waits) {
    assign(sending->bytes, payload);
    return wait_and_send(sending);
  }
  if (!sending->callback) return;
  if (ec) return tick([this, sending, ec] { call_back(*sending, ec); });
  tick([sending, size = payload.size()] {  // its captures fit into a Tick
    const SendCallback called = std::exchange(sending->callback, nullptr);
    called(nullptr, size);
  });
}

// ---- to an address

void State::send(Payload payload, int port, std::string_view address, SendCallback callback) {
  check_send(port);
  const SendingPointer sending = make_sending(std::move(callback));
  assign(sending->bytes, payload);
  sending->address = remote_address_or_loopback(address, is_v6());
  sending->port = port;
  submit(sending);
}

void State::send(Payload payload, const Endpoint& to, SendCallback callback) {
  check_send(to.port());
  const SendingPointer sending = make_sending(std::move(callback));
  assign(sending->bytes, payload);
  sending->port = to.port();
  sending->to = to;
  submit(sending);
}

void State::check_send(int port) const {
  if (life_.is_connected()) throw already_connected();
  check_destination_port(port);
  life_.require_open();
}

State::SendingPointer State::make_sending(SendCallback callback) {
  SendingPointer sending = sendings_.get();
  sending->bytes.clear();
  sending->address.clear();
  sending->port = 0;
  sending->callback = std::move(callback);
  sending->answered = sending->waits = false;
  return sending;
}

void State::submit(const SendingPointer& sending) {
  const std::shared_ptr<State> self = shared_from_this();  // a callback may drop the handle
  if (life_.is_unbound()) bind_to_any();
  if (life_.is_bound()) return start_send(sending);
  if (life_.is_unbound()) return refuse_send(sending, asio::error::operation_aborted);
  sending->place = waiting_.take(sending->bytes.size());
  if (!sending->place) return refuse_send(sending, Errc::queue_full);
  defer(
      [this, sending] {
        life_.require_open();  // an earlier call may have closed it
        start_send(sending);
      },
      [this, sending] {
        ++stats_.unsent;
        call_back(*sending, asio::error::operation_aborted);
      });
}

void State::start_send(const SendingPointer& sending) {
  const std::optional<Endpoint> literal = destination_of(*sending);
  if (literal) {
    sending->to = *literal;
    // The sends that only wait for a tick are those of one callback, so they need no limit.
    sending->place.reset();
    return tick([this, sending] { send_now(sending, {}); }, this);
  }
  if (!sending->place) sending->place = waiting_.take(sending->bytes.size());
  if (!sending->place) return refuse_send(sending, Errc::queue_full);
  try {
    look_up(sending->address,
            [self = shared_from_this(), sending](const Error* failure, std::string_view resolved) {
              if (std::exchange(sending->answered, true)) return;
              sending->place.reset();
              if (failure) return self->fail_lookup(sending, *failure);
              std::error_code ec;
              sending->to = read_address(resolved, sending->port, ec);
              self->send_now(sending, ec);
              self->leave();  // in Node it has left by now
            });
  } catch (...) {
    sending->answered = true;  // a send whose lookup has thrown is not made later
    sending->place.reset();
    throw;
  }
}

/// @param ec Set when the lookup brought no address.
void State::send_now(const SendingPointer& sending, std::error_code ec) {
  const Endpoint& to = sending->to;
  if (!life_.is_open()) return refuse_send(sending, asio::error::operation_aborted);
  if (!ec && is_blocked(to.address())) {
    ++stats_.unsent;
    if (!sending->callback) return;
    return tick([sending, blocked = ip_blocked(to.address().to_string())] {
      std::exchange(sending->callback, nullptr)(&blocked, 0);
    });
  }
  if (ec || to.address().is_v6() != is_v6())
    ec = asio::error::invalid_argument;  // as in libuv
  else if (life_.is_connected())
    ec = asio::error::already_connected;  // connected meanwhile: the kernel would send, libuv not
  if (ec) return refuse_send(sending, ec);
  batch_.push_back(sending);
  tick([this, sending] {
    leave();  // needed if an exception has ended the drain before
    if (!sending->waits) call_back(*sending, sending->result);
  });
}

void State::fail_lookup(const SendingPointer& sending, const Error& failure) {
  ++stats_.unsent;
  tick([this, sending, failure] {
    if (sending->callback)
      std::exchange(sending->callback, nullptr)(&failure, 0);
    else if (life_.is_open())  // a closed socket has no listeners any more
      emit_error(failure);
  });
}

/// Refuses a send without asking the system.
void State::refuse_send(const SendingPointer& sending, const std::error_code& ec) {
  ++stats_.unsent;
  tick([this, sending, ec] { call_back(*sending, ec); });
}

/// The destination of a send that needs no lookup; else nullopt.
std::optional<Endpoint> State::destination_of(const Sending& sending) const {
  if (sending.address.empty()) return sending.to;
  if (options_.lookup) return std::nullopt;
  return literal_endpoint(sending.address, sending.port);
}

// Sends the batch. Node makes a system call per tick; this makes one for all sends whose ticks
// follow one another.
void State::leave() {
  if (batch_.empty()) return;
  outgoing_.clear();
  for (const SendingPointer& each : batch_)
    outgoing_.emplace_back(asio::buffer(each->bytes), each->to);
  std::error_code ignored;  // each datagram has its own
  socket_->try_send_many(outgoing_, ignored);
  for (std::size_t i = 0; i < batch_.size(); ++i) {
    batch_[i]->result = outgoing_[i].result;
    if (outgoing_[i].result != asio::error::would_block) continue;
    try {
      wait_and_send(batch_[i]);
    } catch (const std::bad_alloc&) {
      batch_[i]->waits = false;
      batch_[i]->result = asio::error::no_memory;
    }
  }
  batch_.clear();
}

// Waits in the send queue of the dgram::Socket, where Node has a queue of its own.
void State::wait_and_send(const SendingPointer& sending) {
  sending->waits = true;
  const auto done = [self = shared_from_this(), sending](std::error_code ec, std::size_t) {
    self->waiting_for_peer_.erase(sending);
    if (ec == asio::error::operation_aborted || ec == Errc::queue_full) ++self->stats_.unsent;
    self->ticks_->turn([&] { self->call_back(*sending, ec); });
  };
  const Payload payload(sending->bytes);
  if (sending->port != 0) return socket_->async_send(payload, sending->to, done);
  waiting_for_peer_.insert(sending);
  socket_->async_send(payload, asio::bind_cancellation_slot(sending->cancel.slot(), done));
}

void State::cancel_sends_to_peer() {
  for (const SendingPointer& sending : std::exchange(waiting_for_peer_, {}))
    sending->cancel.emit(asio::cancellation_type::terminal);
}

void State::call_back(Sending& sending, const std::error_code& ec) {
  const SendCallback callback = std::exchange(sending.callback, nullptr);
  const std::size_t size = sending.bytes.size();
  if (size > kept_bytes) std::string().swap(sending.bytes);
  if (!callback) return;
  if (!ec) return callback(nullptr, size);
  if (sending.port == 0) {
    const Error failure = system_error(ec, "send");
    return callback(&failure, 0);
  }
  const std::string address =
      sending.address.empty() ? sending.to.address().to_string() : sending.address;
  const Error failure = address_error(ec, "send", address, sending.port);
  callback(&failure, 0);
}

}  // namespace node::detail
DGRAM_END_NAMESPACE
