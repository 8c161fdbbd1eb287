// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0

#include "handover_talk.hpp"

#include <algorithm>
#include <array>
#include <asio/error.hpp>
#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>
#include <dgram/detail/core.hpp>
#include <dgram/error.hpp>
#include <optional>
#include <span>
#include <utility>

#include "../core/kernel/descriptor.hpp"
#include "handover_path.hpp"
#include "handover_words.hpp"
#include "receive_deadline.hpp"
#include "text.hpp"

DGRAM_BEGIN_NAMESPACE
namespace detail {

asio::awaitable<std::error_code> pause(TimePoint until) {
  constexpr std::chrono::milliseconds moment(20);
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  asio::steady_timer timer(executor, std::min(TimePoint::clock::now() + moment, until));
  std::error_code ec;
  auto token = asio::redirect_error(asio::use_awaitable, ec);
  co_await timer.async_wait(token);
  co_return ec;
}

// Not in an anonymous namespace: the class is in the frame of a coroutine, and g++ warns about that
// where all of dgram is one translation unit.

/// Tells a successor, however the coroutine ends, that the sockets do not become its own, unless it
/// was told that they do.
class Withdrawal {
 public:
  explicit Withdrawal(DescriptorLink& link) noexcept : link_(link) {}
  Withdrawal(const Withdrawal&) = delete;
  ~Withdrawal() {
    std::error_code ignored;
    if (!settled_) link_.try_send(withdrawn_word, {}, ignored);
  }
  void settle() noexcept { settled_ = true; }

 private:
  DescriptorLink& link_;
  bool settled_ = false;
};

namespace {

// The time in which a caller has to say what it wants. Other callers wait behind it.
constexpr std::chrono::seconds hello_patience{5};

/// Receives the next message, if it comes in time.
asio::awaitable<DescriptorLink::Message> hear(DescriptorLink& link,
                                              TimePoint until,
                                              std::error_code& ec) {
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  ReceiveDeadline deadline(executor, link, until);
  DescriptorLink::Message message;
  std::optional<DescriptorLink::Message> heard = co_await link.receive(ec);
  if (ec == asio::error::operation_aborted && link.is_open()) {
    // Cancelled, not closed. A message that was sent before counts; a later one fails for its
    // sender.
    deadline.expire();
    std::error_code none;
    if (link.try_receive(message, none)) ec.clear();
  } else if (heard) {
    message = std::move(*heard);
  } else if (!ec) {
    ec = deadline.expired() ? asio::error::timed_out : asio::error::broken_pipe;
  }
  co_return message;
}

/// Sends to a process that may have stopped reading.
asio::awaitable<void> tell(DescriptorLink& link,
                           std::string words,
                           std::vector<NativeHandle> descriptors,
                           TimePoint until,
                           std::error_code& ec) {
  while (!link.try_send(words, descriptors, ec)) {
    if (ec != asio::error::would_block) break;
    ec = asio::error::timed_out;
    if (std::chrono::steady_clock::now() >= until) break;
    ec = co_await pause(until);
    if (ec) break;
  }
}

asio::awaitable<NamedDescriptors> collect(DescriptorLink& link,
                                          std::size_t count,
                                          TimePoint until,
                                          std::error_code& ec) {
  NamedDescriptors collected;
  while (collected.size() < count) {
    DescriptorLink::Message message = co_await hear(link, until, ec);
    if (ec) break;
    const std::vector<std::string> names = split(message.bytes, '\n');
    if (message.bytes == withdrawn_word && message.descriptors.empty())
      ec = HandoverErrc::withdrawn;
    else if (names.size() != message.descriptors.size())
      ec = std::make_error_code(std::errc::protocol_error);
    if (ec) break;
    for (std::size_t i = 0; i < names.size(); ++i)
      collected.add(names[i], std::move(message.descriptors[i]));
  }
  co_return collected;
}

asio::awaitable<void> send_sockets(DescriptorLink& caller,
                                   NativeHandle listener,
                                   const std::vector<Offered>& offers,
                                   TimePoint until,
                                   std::error_code& ec) {
  const std::vector<NativeHandle> first(1, listener);
  co_await tell(caller, offer_words(offers.size()), first, until, ec);
  std::span<const Offered> left(offers);
  while (!ec && !left.empty()) {
    const auto part = left.first(std::min(left.size(), DescriptorLink::max_descriptors));
    left = left.subspan(part.size());
    std::vector<std::string> names;
    std::vector<NativeHandle> handles;
    for (const Offered& each : part) {
      if (!each.is_still_open()) ec = asio::error::bad_descriptor;
      names.push_back(each.name);
      handles.push_back(each.handle);
    }
    if (!ec) co_await tell(caller, join_names(names), handles, until, ec);
  }
}

}  // namespace

asio::awaitable<NamedDescriptors> ask_for_sockets(DescriptorLink& predecessor,
                                                  Descriptor& listener,
                                                  TimePoint until,
                                                  std::error_code& ec) {
  NamedDescriptors sockets;
  if (!is_trusted(caller_of(predecessor.native_handle()).user)) {
    ec = asio::error::access_denied;
    co_return sockets;
  }
  // A predecessor that refuses does not wait for this message, and may have gone. Its own message
  // can still be received.
  if (!predecessor.try_send(hello_words(), {}, ec) && ec != asio::error::broken_pipe)
    co_return sockets;
  DescriptorLink::Message answer = co_await hear(predecessor, until, ec);
  std::size_t count = 0;
  if (!ec) ec = read_offer(answer.bytes, count);
  if (ec) co_return sockets;
  if (answer.descriptors.size() != 1 || !is_listener(answer.descriptors[0].get())) {
    ec = std::make_error_code(std::errc::protocol_error);
    co_return sockets;
  }
  sockets = co_await collect(predecessor, count, until, ec);
  if (ec)
    sockets = NamedDescriptors();
  else
    listener = std::move(answer.descriptors[0]);
  co_return sockets;
}

asio::awaitable<void> become_owner(DescriptorLink& predecessor,
                                   TimePoint until,
                                   std::error_code& ec) {
  // A predecessor that has gone may have said why; its message is received below.
  if (!predecessor.try_send(ready_word, {}, ec) && ec != asio::error::broken_pipe) co_return;
  const DescriptorLink::Message answer = co_await hear(predecessor, until, ec);
  if (ec == asio::error::broken_pipe) {
    ec.clear();  // the predecessor has died, so no other process has the sockets
  } else if (!ec && answer.bytes == withdrawn_word) {
    ec = HandoverErrc::withdrawn;
  } else if (!ec && answer.bytes != yours_word) {
    ec = std::make_error_code(std::errc::protocol_error);
  }
}

asio::awaitable<void> hand_to(DescriptorLink& caller,
                              NativeHandle listener,
                              std::vector<Offered> offers,
                              TimePoint::duration patience,
                              std::error_code& ec) {
  if (!is_trusted(caller_of(caller.native_handle()).user)) {
    caller.try_send(refusal_words(), {}, ec);
    ec = asio::error::access_denied;
    co_return;
  }
  const DescriptorLink::Message hello =
      co_await hear(caller, deadline_after(TimePoint::clock::now(), hello_patience), ec);
  if (ec) co_return;
  ec = read_hello(hello.bytes);
  if (ec) {
    std::error_code ignored;
    caller.try_send(refusal_words(), {}, ignored);  // it names the version of this side
    co_return;
  }
  Withdrawal withdrawal(caller);
  const TimePoint until = deadline_after(TimePoint::clock::now(), patience);
  co_await send_sockets(caller, listener, offers, until, ec);
  if (ec) co_return;
  const DescriptorLink::Message answer = co_await hear(caller, until, ec);
  if (ec) co_return;
  if (answer.bytes != ready_word)
    ec = std::make_error_code(std::errc::protocol_error);
  else if (caller.try_send(yours_word, {}, ec))
    withdrawal.settle();
}

}  // namespace detail
DGRAM_END_NAMESPACE
