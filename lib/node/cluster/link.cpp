// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0

#include "link.hpp"

#include <asio/co_spawn.hpp>
#include <asio/error.hpp>
#include <asio/post.hpp>
#include <exception>
#include <span>
#include <utility>

#include "../tick_queue.hpp"

DGRAM_BEGIN_NAMESPACE
namespace node::cluster::detail {

namespace {

std::error_code not_understood() {
  return std::make_error_code(std::errc::protocol_error);
}

/// True for a reply without an error. No other message brings a descriptor, and this one always
/// does.
bool brings_descriptor(const Message& message) {
  const Reply* const reply = std::get_if<Reply>(&message);
  return reply && reply->error == 0;
}

bool is_text(const Message& message) {
  return std::holds_alternative<Text>(message);
}

}  // namespace

Link::Link(asio::io_context& context, Descriptor connected)
    : Link(context, DescriptorLink(context.get_executor(), std::move(connected))) {}

Link::Link(asio::io_context& context, DescriptorLink link)
    : context_(context), link_(std::move(link)) {}

// Calls `call` in a turn. The caller may be a coroutine, which would swallow an exception, so the
// exception is thrown from run().
template <class Call>
void Link::in_turn(Call&& call) {
  try {
    node::detail::TickQueue::of(context_).turn(std::forward<Call>(call));
  } catch (...) {
    asio::post(context_, [failure = std::current_exception()] { std::rethrow_exception(failure); });
  }
}

void Link::start(std::shared_ptr<Owner> owner, WhenFull when_full) {
  owner_ = std::move(owner);
  when_full_ = when_full;
  start_reading();
}

// ---- receiving

void Link::start_reading() {
  spawn(read(shared_from_this()));
}

// Ends the link when the coroutine fails for lack of memory: otherwise the link would not be read
// or written any more.
template <class Coroutine>
void Link::spawn(Coroutine coroutine) {
  asio::co_spawn(
      context_, std::move(coroutine), [self = shared_from_this()](std::exception_ptr failure) {
        if (failure) self->end(asio::error::no_memory);
      });
}

asio::awaitable<void> Link::read(std::shared_ptr<Link> self) {
  while (self->owner_) {
    self->is_paused_ = self->when_full_ == WhenFull::pauses && self->is_full();
    if (self->is_paused_) co_return;
    std::error_code ec;
    Received received = co_await self->link_.receive(ec);
    self->take(ec, std::move(received));
  }
}

void Link::take(const std::error_code& ec, Received received) {
  if (!owner_) return;
  if (received)
    take(std::move(*received));
  else if (ec == asio::error::no_descriptors)
    in_turn([owner = owner_, &ec] { owner->on_descriptor_lost(ec); });
  else if (ec)
    end(not_understood());
  else
    end({});
}

void Link::take(DescriptorLink::Message received) {
  std::optional<Message> message = from_bytes(received.bytes);
  const std::size_t descriptors = message && brings_descriptor(*message) ? 1 : 0;
  if (!message || received.descriptors.size() != descriptors) return end(not_understood());
  Descriptor descriptor;
  if (descriptors == 1) descriptor = std::move(received.descriptors.front());
  in_turn([owner = owner_, &message, &descriptor] {
    owner->on_message(std::move(*message), std::move(descriptor));
  });
}

void Link::take_rest() {
  // Bounded, because a process that the dead one has started may hold its end and go on sending.
  constexpr int most = 4096;
  for (int i = 0; i < most && owner_; ++i) {
    std::error_code ec;
    DescriptorLink::Message received;
    const bool is_message = link_.try_receive(received, ec);
    if (ec == asio::error::would_block || ec == asio::error::eof) break;
    take(ec, is_message ? Received(std::move(received)) : std::nullopt);
  }
  if (owner_) end({});
}

// ---- sending

bool Link::send(Message message, SharedDescriptor descriptor) {
  if (!owner_ || is_ending_) return false;
  Outgoing outgoing{std::move(message), std::move(descriptor)};
  while (waiting_.empty()) {
    NativeHandle handle = outgoing.descriptor ? outgoing.descriptor->get() : invalid_handle;
    const std::span<const NativeHandle> handles(&handle, outgoing.descriptor ? 1 : 0);
    std::error_code ec;
    link_.try_send(to_bytes(outgoing.message), handles, ec);
    if (ec == asio::error::would_block) break;
    if (is_settled(outgoing, ec)) return true;
  }
  const bool is_counted = is_text(outgoing.message);
  waiting_.push_back(std::move(outgoing));
  try {
    start_writing();
  } catch (...) {
    waiting_.pop_back();
    throw;
  }
  if (is_counted) ++waiting_texts_;
  return true;
}

void Link::start_writing() {
  if (std::exchange(writes_, true)) return;
  try {
    spawn(write(shared_from_this()));
  } catch (...) {
    writes_ = false;
    throw;
  }
}

bool Link::send_text(std::string_view text) {
  return waiting_texts_ < max_waiting && send(Text{std::string(text)});
}

asio::awaitable<void> Link::write(std::shared_ptr<Link> self) {
  while (self->owner_ && !self->waiting_.empty()) {
    Outgoing& first = self->waiting_.front();
    const SharedDescriptor descriptor = first.descriptor;
    const NativeHandle handle = descriptor ? descriptor->get() : invalid_handle;
    const std::span<const NativeHandle> handles(&handle, descriptor ? 1 : 0);
    std::string bytes = to_bytes(first.message);
    std::error_code ec;
    co_await self->link_.send(std::move(bytes), handles, ec);
    if (self->waiting_.empty() || !self->is_settled(first, ec)) continue;
    if (is_text(first.message)) --self->waiting_texts_;
    self->waiting_.pop_front();
  }
  self->writes_ = false;
  if (self->is_ending_)
    self->end({});
  else if (self->owner_ && self->is_paused_)
    self->start_reading();
}

bool Link::is_settled(Outgoing& outgoing, const std::error_code& ec) {
  // broken_pipe: the other end has gone. The reader finds that out, after what the other end has
  // sent before.
  if (!ec || !owner_ || ec == asio::error::broken_pipe) return true;
  if (!outgoing.descriptor) {
    // There is no memory, or the message is larger than the socket's buffer. The other end would
    // wait for the message for ever.
    node::detail::TickQueue::of(context_).push([self = shared_from_this(), ec] { self->end(ec); });
    return true;
  }
  outgoing.message = owner_->instead_of(outgoing.message, ec);
  outgoing.descriptor = nullptr;
  return false;
}

// ---- the end

void Link::end_when_sent() {
  if (!owner_ || std::exchange(is_ending_, true) || !waiting_.empty()) return;
  node::detail::TickQueue::of(context_).push([self = shared_from_this()] { self->end({}); });
}

void Link::end(const std::error_code& ec) {
  if (!owner_) return;
  const std::shared_ptr<Owner> owner = owner_;
  close();
  in_turn([&] { owner->on_end(ec); });
}

void Link::refuse() {
  end(not_understood());
}

void Link::close() noexcept {
  owner_ = nullptr;
  waiting_.clear();
  link_.close();
}

}  // namespace node::cluster::detail
DGRAM_END_NAMESPACE
