// Path checks between two sockets, with strangers that write to both; and PROXY headers.
#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/co_spawn.hpp>
#include <chrono>
#include <dgram/check.hpp>
#include <dgram/proxy.hpp>
#include <optional>

#include "spinner/actions.hpp"
#include "spinner/fail.hpp"
#include "spinner/ledger.hpp"
#include "spinner/reached.hpp"
#include "spinner/seat.hpp"
#include "spinner/stage.hpp"

namespace spinner {
namespace checks {

using dgram::PathCheck;

/// Two sockets, and what has become of the check.
struct Sides {
  explicit Sides(asio::io_context& context) : asker(context), responder(context) {
    const dgram::Endpoint local(asio::ip::address_v4::loopback(), 0);
    asker.bind(local);
    responder.bind(local);
  }
  dgram::Socket asker, responder;
  asio::cancellation_signal signal;
  std::optional<PathCheck> check;
  std::error_code ec;
  int pending = 2;
};

asio::awaitable<void> ask(Sides& sides, dgram::PathCheckOptions options, bool is_default) {
  const dgram::Endpoint to = sides.responder.local_endpoint();
  try {
    if (is_default)
      sides.check = co_await CALL_FREE(check_path, sides.asker, to);
    else
      sides.check = co_await CALL_FREE(check_path, sides.asker, to, options);
  } catch (const std::system_error& error) {
    sides.ec = error.code();
  }
}

void check_counts(const PathCheck::Counts& counts, std::size_t most) {
  if (counts.arrived + counts.damaged > counts.sent || counts.in_runs > counts.sent ||
      counts.sent > most)
    fail("a path check counts more than it has sent");
  if (counts.damaged != 0) fail("a path check finds damage on loopback");
}

void check_direction(PathCheck::Direction& direction, std::size_t most) {
  check_counts(direction.single, most);
  check_counts(direction.equal_runs, most);
  check_counts(direction.uneven_runs, most);
  if (!CALL(PathCheck::Direction, direction, single_ones_arrive))
    fail("a path check loses single datagrams on loopback");
  if (CALL(PathCheck::Direction, direction, loses_runs) !=
      (CALL(PathCheck::Direction, direction, loses_equal_runs) ||
       CALL(PathCheck::Direction, direction, loses_uneven_runs)))
    fail("a path check says two things about runs");
  static_cast<void>(CALL(PathCheck::Direction, direction, makes_runs));
}

Deed plan_check(Draw& draw) {
  dgram::PathCheckOptions options;
  options.size = draw.one_in(10) ? draw.below(64) : 64 + draw.below(400);
  options.run = 2 + draw.below(4);
  options.rounds = 1;
  options.patience = std::chrono::seconds(10);
  const std::size_t disturbance = draw.below(4), strangers = draw.below(4);
  const std::uint64_t noise = draw.number();
  constexpr std::array names{"", "", ", cancelled", ", whose responder closes"};
  if (disturbance == 3) options.patience = std::chrono::milliseconds(20);
  draw.say("a path check with ", options.size, " bytes", names[disturbance]);
  return [=](Seat&) {
    Stage stage;
    Sides sides(stage.context());
    const auto asked = [&sides](const std::exception_ptr&) {
      --sides.pending;
      sides.responder.close();
    };
    const auto answered = [&sides](const std::exception_ptr&) { --sides.pending; };
    stage.act(
        [&] {
          asio::co_spawn(stage.context(), CALL_FREE(answer_path_checks, sides.responder), answered);
          asio::co_spawn(stage.context(),
                         ask(sides, options, false),
                         asio::bind_cancellation_slot(sides.signal.slot(), asked));
          // Of somebody else, to both.
          dgram::Socket stranger(stage.context());
          std::error_code ignored;
          std::array<std::uint64_t, 4> bytes{noise, noise, noise, noise};
          for (std::size_t i = 0; i < strangers; ++i) {
            const std::span<const std::byte> some =
                std::as_bytes(std::span(bytes)).first(8 * (i + 1));
            stranger.try_send(some, sides.responder.local_endpoint(), ignored);
            stranger.try_send(some, sides.asker.local_endpoint(), ignored);
          }
        },
        false);
    stage.act(
        [&] {
          if (disturbance == 2) sides.signal.emit(asio::cancellation_type::terminal);
          if (disturbance == 3) sides.responder.close();
        },
        true);
    stage.run_until([&] { return sides.pending == 0; },
                    [] { return std::string("a path check does not end"); });
    if (sides.check) {
      const std::size_t most = options.run * options.rounds;
      check_direction(sides.check->there, most);
      check_direction(sides.check->back, most);
      if (CALL_FREE(to_string, *sides.check).empty()) fail("a path check has nothing to say");
      if (CALL(PathCheck, *sides.check, loses_runs) !=
          (sides.check->there.loses_runs() || sides.check->back.loses_runs()))
        fail("a path check says two things about runs");
    } else if (!sides.ec) {
      fail("a path check ends with nothing and no error");
    } else if (options.size >= 64 && disturbance < 2) {
      fail("a path check on loopback ends with " + sides.ec.message());
    }
    if (options.size < 64 && sides.ec != asio::error::invalid_argument && disturbance < 2)
      fail("a path check takes a size that is out of range");
  };
}

/// With the default options it is 6480 datagrams: not to the end.
Deed plan_default(Draw& draw) {
  draw.say("a path check with its own options, cancelled");
  return [](Seat&) {
    Stage stage;
    Sides sides(stage.context());
    sides.pending = 1;
    const auto asked = [&sides](const std::exception_ptr&) { --sides.pending; };
    stage.act(
        [&] {
          asio::co_spawn(stage.context(),
                         ask(sides, {}, true),
                         asio::bind_cancellation_slot(sides.signal.slot(), asked));
        },
        false);
    sides.signal.emit(asio::cancellation_type::terminal);
    stage.run_until([&] { return sides.pending == 0; },
                    [] { return std::string("a path check is cancelled, and does not end"); });
    if (sides.check) fail("a path check is cancelled, and succeeds");
  };
}

// ---- PROXY headers

dgram::Endpoint draw_end(Draw& draw, bool v6) {
  asio::ip::address_v6::bytes_type bytes{};
  for (unsigned char& byte : bytes) byte = static_cast<unsigned char>(draw.number());
  bytes[0] = 0x20;
  const asio::ip::address address =
      v6 ? asio::ip::address(asio::ip::address_v6(bytes))
         : asio::ip::address(asio::ip::address_v4(static_cast<std::uint32_t>(draw.number())));
  return {address, static_cast<std::uint16_t>(draw.number())};
}

Deed plan_proxy(Draw& draw) {
  const bool v6 = draw.one_in(2), is_mixed = draw.one_in(8), has_tlvs = draw.one_in(2);
  const dgram::Endpoint source = draw_end(draw, v6), destination = draw_end(draw, v6 != is_mixed);
  const std::size_t value = draw.below(40), byte = draw.number(), bit = draw.below(8);
  draw.say("a PROXY header");
  return [=](Seat&) {
    std::vector<std::byte> tlvs;
    if (has_tlvs) {
      tlvs.assign(3 + value, std::byte(7));
      tlvs[0] = std::byte(5);
      tlvs[1] = std::byte(0);
      tlvs[2] = static_cast<std::byte>(value);
    }
    std::vector<std::byte> header;
    try {
      if (has_tlvs)
        header = CALL_FREE(make_proxy_header, source, destination, tlvs);
      else
        header = CALL_FREE(make_proxy_header, source, destination);
      if (is_mixed) fail("a PROXY header has addresses of two families");
    } catch (const dgram::Error& error) {
      if (!is_mixed || error.code() != dgram::ProxyErrc::mixed_families ||
          &error.code().category() != &CALL_FREE(proxy_error_category) ||
          CALL_FREE(make_error_code, dgram::ProxyErrc::bad_tlv).message().empty())
        fail(std::string("a PROXY header is not made: ") + error.what());
      return;
    }
    std::error_code ec;
    const std::size_t size = header.size();
    header.resize(size + 10);  // the payload
    dgram::ProxyHeader parsed = CALL_FREE(parse_proxy_header, header, ec);
    if (ec || parsed.source != source || parsed.destination != destination || parsed.size != size)
      fail("a PROXY header is read, and says something else");
    std::span<const std::byte> rest = parsed.tlvs;
    const auto first = CALL_FREE(next_proxy_tlv, rest);
    if (first.has_value() != has_tlvs ||
        (first && (first->type != 5 || first->value.size() != value)))
      fail("an addition to a PROXY header is another one");
    header[byte % header.size()] ^= std::byte(1 << bit);
    parsed = CALL_FREE(parse_proxy_header, header, ec);
    if (ec && (parsed.size != 0 || parsed.source || !parsed.tlvs.empty()))
      fail("a PROXY header is wrong, and says something");
    if (parsed.size > header.size() || parsed.tlvs.size() > parsed.size)
      fail("a PROXY header is longer than its datagram");
  };
}

}  // namespace checks

Actions check_actions() {
  return {{3, checks::plan_check}, {1, checks::plan_default}, {6, checks::plan_proxy}};
}

}  // namespace spinner
