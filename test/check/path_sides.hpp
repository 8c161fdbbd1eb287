// The two sides of a path check on loopback, and what they say to each other.
#pragma once

#include <asio/co_spawn.hpp>
#include <dgram/check/path_check.hpp>
#include <dgram/dgram.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "check/path_burst.hpp"
#include "check/path_message.hpp"
#include "support/bytes.hpp"
#include "support/faulty.hpp"
#include "support/loopback.hpp"
#include "support/run.hpp"

namespace test::path {

using namespace std::chrono_literals;
using dgram::detail::BurstKind;
using dgram::detail::PathMessage;
using Type = PathMessage::Type;

/// A socket whose channel follows `script`.
inline dgram::Socket following(asio::io_context& io,
                               const std::shared_ptr<dgram::FaultScript>& script,
                               dgram::Family family) {
  test::make_faulty(io, script);
  return test::bound_in(io, family);
}

inline std::shared_ptr<dgram::FaultScript> with_runs() {
  auto script = std::make_shared<dgram::FaultScript>();
  script->gso = true;
  return script;
}

/// Quick, and still some of each.
inline dgram::PathCheckOptions few() {
  dgram::PathCheckOptions options;
  options.size = 200;
  options.run = 5;
  options.rounds = 3;
  options.patience = test::deadline;
  return options;
}
inline constexpr std::size_t all_of_few = 15;

/// How a check has ended.
struct Outcome {
  std::optional<dgram::PathCheck> check;
  std::error_code ec;
};

inline asio::awaitable<void> check(dgram::Socket& asker,
                                   dgram::Endpoint responder,
                                   dgram::PathCheckOptions options,
                                   Outcome& outcome) {
  try {
    outcome.check = co_await dgram::check_path(asker, responder, options);
  } catch (const dgram::Error& error) {
    outcome.ec = error.code();
  }
}

inline asio::awaitable<void> check_then_close(dgram::Socket& asker,
                                              dgram::Socket& responder,
                                              dgram::PathCheckOptions options,
                                              Outcome& outcome) {
  const dgram::Endpoint to = responder.local_endpoint();
  co_await check(asker, to, options, outcome);
  responder.close();
}

inline void rethrow(std::exception_ptr failure) {
  if (failure) std::rethrow_exception(failure);
}

/// A side that checks and one that answers, each with a script of its own.
struct Sides {
  explicit Sides(dgram::Family family = dgram::Family::ipv4)
      : asker(following(io, at_asker, family)), responder(following(io, at_responder, family)) {}

  dgram::PathCheck run(const dgram::PathCheckOptions& options = few()) {
    Outcome outcome;
    asio::co_spawn(io, dgram::answer_path_checks(responder), rethrow);
    test::run(io, check_then_close(asker, responder, options, outcome));
    if (outcome.ec) throw dgram::Error(outcome.ec, "check");
    return *outcome.check;
  }
  /// Whether sockets with such scripts make runs here.
  bool has_runs() const {
    const std::vector<dgram::Capability> all = asker.capabilities();
    return dgram::find(all, "gso")->state == dgram::Capability::State::granted;
  }

  asio::io_context io;
  std::shared_ptr<dgram::FaultScript> at_asker = with_runs();
  std::shared_ptr<dgram::FaultScript> at_responder = with_runs();
  dgram::Socket asker;
  dgram::Socket responder;
};

inline bool all_arrived(const dgram::PathCheck::Counts& counts, std::size_t sent = all_of_few) {
  return counts.sent == sent && counts.arrived == sent && counts.damaged == 0;
}
inline bool all_arrived(const dgram::PathCheck::Direction& direction) {
  return all_arrived(direction.single) && all_arrived(direction.equal_runs) &&
         all_arrived(direction.uneven_runs);
}

inline bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

/// A message as it is on its way; a datagram of a burst is whole.
inline std::vector<std::byte> bytes_of(const PathMessage& m) {
  const dgram::detail::PathHeader header = dgram::detail::to_header(m);
  if (m.type != Type::there && m.type != Type::back) return {header.begin(), header.end()};
  std::vector<std::byte> bytes(dgram::detail::datagram_size(m));
  dgram::detail::write_datagram(m, bytes);
  return bytes;
}
inline std::string text_of(const PathMessage& m) {
  return test::text_of(bytes_of(m));
}

inline std::optional<PathMessage> read(std::string_view text) {
  return dgram::detail::read_path_message(test::bytes_of(text));
}

inline PathMessage message(Type type, std::uint64_t cookie = 0) {
  PathMessage m;
  m.type = type;
  m.token = 7;
  m.cookie = cookie;
  if (type == Type::hello || type == Type::welcome) return m;
  m.kind = BurstKind::equal_run;
  m.burst = 1;
  m.run = 5;
  m.size = 200;
  return m;
}

}  // namespace test::path
