// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0

#include <algorithm>
#include <asio/error.hpp>
#include <dgram/check/path_check.hpp>
#include <dgram/error.hpp>
#include <optional>
#include <string>

#include "../core/planning/runs.hpp"
#include "path_burst.hpp"
#include "path_clients.hpp"
#include "path_message.hpp"

DGRAM_BEGIN_NAMESPACE
namespace detail {

namespace {

/// The option that is out of its range, with its value; empty when all are in range.
std::string bad_check_option(const PathCheckOptions& options) {
  if (options.size < min_check_size || options.size > max_check_size)
    return "size " + std::to_string(options.size);
  if (!is_check_burst(options.run, options.size)) return "run " + std::to_string(options.run);
  if (options.rounds < 1 || options.rounds > max_check_rounds)
    return "rounds " + std::to_string(options.rounds);
  if (options.patience <= std::chrono::steady_clock::duration::zero()) return "patience";
  return {};
}

PathCheck::Counts& counts_of(PathCheck::Direction& direction, BurstKind kind) noexcept {
  if (kind == BurstKind::single) return direction.single;
  return kind == BurstKind::equal_run ? direction.equal_runs : direction.uneven_runs;
}

}  // namespace

/// The side that checks the path.
class PathAsker {
 public:
  PathAsker(Socket& socket, const Endpoint& responder, const PathCheckOptions& options)
      : socket_(socket),
        core_(core_of(socket)),
        responder_(responder),
        patience_(options.patience) {
    last_.token = random_word();
    run_ = static_cast<std::uint16_t>(options.run);
    size_ = static_cast<std::uint16_t>(options.size);
  }

  /// Gets the cookie, without which the responder answers nothing else.
  asio::awaitable<void> say_hello() {
    const PathMessage welcome = co_await ask(last_, PathMessage::Type::welcome);
    last_.cookie = welcome.cookie;
    last_.run = run_;
    last_.size = size_;
  }

  asio::awaitable<void> send_there(BurstKind kind, PathCheck::Counts& counts) {
    PathMessage burst = next(kind, PathMessage::Type::there);
    const SendOptions none;
    std::error_code ec;
    const BurstSent sent = co_await send_burst(socket_, burst, responder_, none, ec);
    if (!ec && sent.sent == 0) ec = sent.why;
    if (ec) throw Error(ec, "check_path", to_string(responder_));
    burst.type = PathMessage::Type::ask;
    PathMessage told = co_await ask(burst, PathMessage::Type::told);
    // The question may have overtaken datagrams of the burst. These may have arrived when it is
    // asked again.
    if (std::size_t{told.first} + told.second < sent.sent) {
      burst.index = 1;
      told = co_await ask(burst, PathMessage::Type::told);
    }
    counts.sent += sent.sent;
    counts.in_runs += sent.in_runs;
    counts.arrived += told.first;
    counts.damaged += told.second;
  }

  asio::awaitable<void> have_sent_back(BurstKind kind, PathCheck::Counts& counts) {
    PathMessage want = next(kind, PathMessage::Type::want);
    heard_ = BurstTally();
    PathMessage sent = co_await ask(want, PathMessage::Type::sent);
    if (heard_.arrived() + heard_.damaged() < sent.first) {
      want.index = 1;
      sent = co_await ask(want, PathMessage::Type::sent);
    }
    counts.sent += sent.first;
    counts.in_runs += sent.second;
    counts.arrived += heard_.arrived();
    counts.damaged += heard_.damaged();
  }

 private:
  PathMessage next(BurstKind kind, PathMessage::Type type) noexcept {
    ++last_.burst;
    last_.kind = kind;
    last_.type = type;
    return last_;
  }

  /// Asks a question and returns the answer. Datagrams of the burst in question may come before the
  /// answer; they are counted.
  asio::awaitable<PathMessage> ask(PathMessage question, PathMessage::Type answer) {
    constexpr int attempts = 4;
    const PathHeader bytes = to_header(question);
    for (int attempt = 0; attempt < attempts; ++attempt) {
      co_await socket_.send(bytes, responder_);
      const TimePoint until = deadline_in(*core_, patience_ / attempts);
      // Datagrams from other senders are received here too, and must not hold this up for ever.
      do {
        const std::optional<Datagram> datagram = co_await socket_.recv_until(until);
        if (!datagram) break;
        const std::optional<PathMessage> message = read_path_message(datagram->data());
        if (!message || message->token != question.token || !is_same_burst(*message, question))
          continue;
        if (message->type == PathMessage::Type::back) heard_.add(*message, datagram->data());
        // The index keeps a duplicate of an earlier answer from answering this question.
        if (message->type == answer && message->index == question.index) co_return *message;
      } while (deadline_in(*core_, TimePoint::duration::zero()) < until);
    }
    throw Error(asio::error::timed_out, "check_path", to_string(responder_));
  }

  Socket& socket_;
  const CoreRef core_;
  const Endpoint responder_;
  const TimePoint::duration patience_;
  std::uint16_t run_ = 0;
  std::uint16_t size_ = 0;
  PathMessage last_;  // the last message of this side
  BurstTally heard_;
};

}  // namespace detail

asio::awaitable<PathCheck> check_path(Socket& socket,
                                      Endpoint responder,
                                      PathCheckOptions options) {
  if (options.run == 0 && options.size != 0)
    options.run = std::min(detail::max_check_run, detail::max_run_bytes / options.size);
  const std::string bad = detail::bad_check_option(options);
  if (!bad.empty()) throw Error(asio::error::invalid_argument, "check_path", bad);
  detail::PathAsker asker(socket, responder, options);
  co_await asker.say_hello();
  PathCheck check;
  for (std::size_t round = 0; round < options.rounds; ++round) {
    for (const detail::BurstKind kind : detail::burst_kinds) {
      co_await asker.send_there(kind, detail::counts_of(check.there, kind));
      co_await asker.have_sent_back(kind, detail::counts_of(check.back, kind));
    }
  }
  co_return check;
}

DGRAM_END_NAMESPACE
