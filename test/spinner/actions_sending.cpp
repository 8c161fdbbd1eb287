// send in its forms, send_many, send_segments, and the try_ forms.
#include <asio/buffer.hpp>

#include "spinner/actions.hpp"
#include "spinner/starting.hpp"

namespace spinner {
namespace sending {

enum class Kind : unsigned char {
  to,
  with_options,
  to_peer,
  by_name,
  many,
  segments,
  segments_to_peer
};
constexpr std::array kind_names{"send",
                                "send with options",
                                "send to the peer",
                                "send by name",
                                "send_many",
                                "send_segments",
                                "send_segments to the peer"};

enum class Pack : unsigned char { bytes, text, buffer, pieces };

struct Plan {
  Kind kind = Kind::to;
  How how;
  std::uint64_t choice = 0;  ///< Of the receiver.
  Pack pack = Pack::bytes;
  std::size_t size = 0;     ///< Of a datagram.
  std::size_t count = 1;    ///< Of send_many, send_segments.
  bool has_faults = false;  ///< A send_many has datagrams that the rules refuse.
  dgram::SendOptions options;
  bool is_odd = false;  ///< The options may keep it from arriving.
};

std::size_t draw_size(Draw& draw) {
  switch (draw.below(12)) {
    case 0:
      return draw.below(Ledger::smallest_numbered);
    case 1:
      return 1473 + draw.below(8000);
    case 2:
      return draw.one_in(4) ? 60'000 + draw.below(5'400) : 2048 + draw.below(3000);
    default:
      return 16 + draw.below(600);
  }
}

dgram::SendOptions draw_options(Draw& draw, bool& is_odd) {
  dgram::SendOptions options;
  if (draw.one_in(2)) options.ecn = static_cast<dgram::Ecn>(draw.below(4));
  if (draw.one_in(2)) options.dscp = draw.between(-1, 64);
  if (draw.one_in(2)) options.hop_limit = draw.between(0, 256);
  if (draw.one_in(4))
    options.departure =
        std::chrono::steady_clock::now() + std::chrono::microseconds(draw.below(200));
  if (draw.one_in(4)) {
    options.interface_index = static_cast<std::uint32_t>(draw.below(5));
    is_odd = true;
  }
  if (draw.one_in(4)) {
    constexpr std::array addresses{"127.0.0.1", "127.0.0.9", "::1", "10.90.0.1", "192.0.2.1"};
    options.source_address = asio::ip::make_address(draw.of(addresses));
    is_odd = true;
  }
  return options;
}

// ---- the bytes of one operation

/// Where a datagram may go to when none of ours can be reached.
Destination nobody(Seat& seat) {
  return {dgram::Endpoint(asio::ip::address_v4::loopback(), 9), &seat.world().ledger().nowhere()};
}

struct Target {
  Destination to;
  Ledger::Way way;
};

Target target_of(Seat& seat, const Plan& plan) {
  Target target;
  const bool is_peer = plan.kind == Kind::to_peer || plan.kind == Kind::segments_to_peer;
  if (is_peer) {
    target.way.to_peer = true;
    target.to.line = seat.line() ? seat.line()->peer : nullptr;
  } else {
    target.to = seat.destination(plan.choice);
    target.way.is_ordered = plan.kind != Kind::by_name;
  }
  if (plan.is_odd) target.way.is_judged = false;
  if (!target.to.line) target.to = nobody(seat);
  return target;
}

/// Fills operation.bytes with `count` datagrams of `size` bytes.
void write(Operation& operation, const Plan& plan, const Target& target) {
  Seat& seat = operation.seat;
  operation.bytes.resize(plan.size * plan.count);
  operation.sent.clear();
  for (std::size_t i = 0; i < plan.count; ++i)
    operation.sent.push_back(seat.write(
        std::span(operation.bytes).subspan(i * plan.size, plan.size), target.to, target.way));
}

/// The payload of a datagram in one of the ways in which it can be given.
dgram::Payload payload(Operation& operation, Pack pack, std::vector<asio::const_buffer>& pieces) {
  const std::vector<std::byte>& bytes = operation.bytes;
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  switch (pack) {
    case Pack::text:
      return text;
    case Pack::buffer:
      return asio::buffer(bytes);
    case Pack::pieces: {
      const std::size_t half = bytes.size() / 2;
      pieces = {asio::buffer(bytes.data(), half),
                asio::buffer(bytes.data() + half, bytes.size() - half)};
      return pieces;
    }
    default:
      return bytes;
  }
}

void book_all(Operation& operation, Ledger::Result result) {
  for (const Ledger::Sent& sent : std::exchange(operation.sent, {}))
    operation.seat.book(*operation.account, sent, result);
}

void sent_one(Operation& operation, std::error_code ec, std::size_t size) {
  if (!ec && size != operation.bytes.size())
    fail(operation.name() + " has sent " + std::to_string(size) + " bytes");
  if (ec && size != 0) fail(operation.name() + " has sent bytes, and failed");
  book_all(operation, ec ? Ledger::Result::refused : Ledger::Result::accepted);
}

void sent_many(Operation& operation, std::error_code, std::size_t count) {
  std::size_t accepted = 0, i = 0;
  for (const Ledger::Sent& sent : std::exchange(operation.sent, {})) {
    const bool is_accepted = !operation.batch[i++].result;
    accepted += is_accepted;
    operation.seat.book(
        *operation.account, sent, is_accepted ? Ledger::Result::accepted : Ledger::Result::refused);
  }
  if (accepted != count)
    fail(operation.name() + " has accepted " + std::to_string(count) +
         " datagrams, and says it of " + std::to_string(accepted));
}

void sent_segments(Operation& operation, std::error_code ec, std::size_t bytes) {
  std::size_t end = 0;
  for (const Ledger::Sent& sent : std::exchange(operation.sent, {})) {
    end += sent.size;
    operation.seat.book(*operation.account,
                        sent,
                        end <= bytes ? Ledger::Result::accepted : Ledger::Result::refused);
  }
  if (!ec && bytes != operation.bytes.size())
    fail(operation.name() + " has sent " + std::to_string(bytes) + " bytes");
}

void prepare_batch(Operation& operation, const Plan& plan, const Target& target) {
  operation.batch.clear();
  for (std::size_t i = 0; i < plan.count; ++i) {
    dgram::Endpoint to = target.to.endpoint;
    if (plan.has_faults && i % 3 == 1) to.port(0);
    operation.batch.emplace_back(
        asio::buffer(operation.bytes.data() + i * plan.size, plan.size), to, plan.options);
  }
}

// ---- as coroutines

asio::awaitable<void> send(OperationPtr operation, Plan plan) {
  Seat& seat = operation->seat;
  seat.arrived(*operation);
  const Target target = target_of(seat, plan);
  write(*operation, plan, target);
  std::vector<asio::const_buffer> pieces;
  const dgram::Payload bytes = payload(*operation, plan.pack, pieces);
  const dgram::Endpoint to = target.to.endpoint;
  const std::string host = to.address().to_string();
  const bool with_code = plan.how.form == Form::coroutine_code;
  std::error_code ec;
  dgram::Sent sent;
  try {
    if (plan.kind == Kind::to && with_code)
      sent = co_await CALL(Socket, seat.socket(), send, bytes, to, ec);
    else if (plan.kind == Kind::to)
      sent = co_await CALL(Socket, seat.socket(), send, bytes, to);
    else if (plan.kind == Kind::with_options && with_code)
      sent = co_await CALL(Socket, seat.socket(), send, bytes, to, plan.options, ec);
    else if (plan.kind == Kind::with_options)
      sent = co_await CALL(Socket, seat.socket(), send, bytes, to, plan.options);
    else if (plan.kind == Kind::to_peer && with_code)
      sent = co_await CALL(Socket, seat.socket(), send, bytes, ec);
    else if (plan.kind == Kind::to_peer)
      sent = co_await CALL(Socket, seat.socket(), send, bytes);
    else
      sent = co_await CALL(Socket, seat.socket(), send, bytes, host, to.port());
  } catch (...) {
    ec = code_of(std::current_exception());
  }
  if (!seat.home().is_here()) fail(operation->name() + " goes on elsewhere");
  sent_one(*operation, ec, CALL(Sent, sent, operator std::size_t));
}

asio::awaitable<void> send_many(OperationPtr operation, Plan plan) {
  Seat& seat = operation->seat;
  seat.arrived(*operation);
  const Target target = target_of(seat, plan);
  write(*operation, plan, target);
  prepare_batch(*operation, plan, target);
  std::error_code ec;
  std::size_t count = 0;
  try {
    count = co_await CALL(Socket, seat.socket(), send_many, operation->batch);
  } catch (...) {
    ec = code_of(std::current_exception());
    for (const dgram::Outgoing& one : operation->batch) count += !one.result;
  }
  if (!seat.home().is_here()) fail(operation->name() + " goes on elsewhere");
  sent_many(*operation, ec, count);
}

asio::awaitable<void> send_segments(OperationPtr operation, Plan plan) {
  Seat& seat = operation->seat;
  seat.arrived(*operation);
  const Target target = target_of(seat, plan);
  write(*operation, plan, target);
  const dgram::Payload bytes = operation->bytes;
  const dgram::Endpoint to = target.to.endpoint;
  std::error_code ec;
  std::size_t size = 0;
  try {
    if (plan.kind == Kind::segments_to_peer)
      size = co_await CALL(Socket, seat.socket(), send_segments, bytes, plan.size);
    else if (plan.options.empty())
      size = co_await CALL(Socket, seat.socket(), send_segments, bytes, plan.size, to);
    else
      size =
          co_await CALL(Socket, seat.socket(), send_segments, bytes, plan.size, to, plan.options);
  } catch (...) {
    ec = code_of(std::current_exception());
  }
  if (!seat.home().is_here()) fail(operation->name() + " goes on elsewhere");
  // What was sent before it failed only the form with a token tells.
  if (ec)
    book_all(*operation, plan.count == 1 ? Ledger::Result::refused : Ledger::Result::unknown);
  else
    sent_segments(*operation, ec, size);
}

// ---- with tokens

void send_future(const OperationPtr& operation,
                 const dgram::Payload& bytes,
                 const dgram::Endpoint& to) {
  auto future = std::make_shared<std::future<std::size_t>>(
      CALL(Socket, operation->seat.socket(), async_send, bytes, to, asio::use_future));
  operation->seat.await([operation, future] {
    if (future->wait_for(std::chrono::seconds(0)) != std::future_status::ready) return false;
    std::error_code ec;
    std::size_t size = 0;
    try {
      size = future->get();
    } catch (...) {
      ec = code_of(std::current_exception());
    }
    operation->completed();
    sent_one(*operation, ec, size);
    return true;
  });
}

void start_with_token(const OperationPtr& operation, const Plan& plan) {
  Seat& seat = operation->seat;
  dgram::Socket& socket = seat.socket();
  const Target target = target_of(seat, plan);
  const dgram::Endpoint to = target.to.endpoint;
  write(*operation, plan, target);
  // The list of pieces has to live as long as the operation.
  auto pieces = std::make_shared<std::vector<asio::const_buffer>>();
  const dgram::Payload bytes = payload(*operation, plan.pack, *pieces);
  if (plan.pack == Pack::pieces)
    seat.await([pieces, weak = std::weak_ptr(operation)] { return weak.expired(); });
  const How& how = plan.how;
  switch (plan.kind) {
    case Kind::to:
      if (how.form == Form::future && seat.home().takes_bare_handlers)
        return send_future(operation, bytes, to);
      start_token(operation, how, sent_one, [&](auto&& token) {
        CALL(Socket, socket, async_send, bytes, to, std::move(token));
      });
      break;
    case Kind::with_options:
      start_token(operation, how, sent_one, [&](auto&& token) {
        CALL(Socket, socket, async_send, bytes, to, plan.options, std::move(token));
      });
      break;
    case Kind::to_peer:
      start_token(operation, how, sent_one, [&](auto&& token) {
        CALL(Socket, socket, async_send, bytes, std::move(token));
      });
      break;
    case Kind::by_name: {
      // A socket without a family finds another host under that name.
      const bool has_family = CALL(SocketBase, socket, is_open);
      const std::string host = plan.choice % 3 == 0 && has_family && to.address().is_loopback()
                                   ? std::string("localhost")
                                   : to.address().to_string();
      start_token(operation, how, sent_one, [&](auto&& token) {
        CALL(Socket, socket, async_send, bytes, host, to.port(), std::move(token));
      });
      break;
    }
    case Kind::many:
      prepare_batch(*operation, plan, target);
      start_token(operation, how, sent_many, [&](auto&& token) {
        CALL(Socket, socket, async_send_many, operation->batch, std::move(token));
      });
      break;
    case Kind::segments:
      if (plan.options.empty())
        start_token(operation, how, sent_segments, [&](auto&& token) {
          CALL(Socket, socket, async_send_segments, bytes, plan.size, to, std::move(token));
        });
      else
        start_token(operation, how, sent_segments, [&](auto&& token) {
          CALL(Socket,
               socket,
               async_send_segments,
               bytes,
               plan.size,
               to,
               plan.options,
               std::move(token));
        });
      break;
    case Kind::segments_to_peer:
      start_token(operation, how, sent_segments, [&](auto&& token) {
        CALL(Socket, socket, async_send_segments, bytes, plan.size, std::move(token));
      });
      break;
  }
  // Not started for want of memory.
  if (operation->was_dropped()) book_all(*operation, Ledger::Result::refused);
}

asio::awaitable<void> body(const OperationPtr& operation, const Plan& plan) {
  switch (plan.kind) {
    case Kind::many:
      return send_many(operation, plan);
    case Kind::segments:
    case Kind::segments_to_peer:
      return send_segments(operation, plan);
    default:
      return send(operation, plan);
  }
}

Plan draw_plan(Draw& draw) {
  Plan plan;
  constexpr std::array kinds{Kind::to,
                             Kind::to,
                             Kind::with_options,
                             Kind::to_peer,
                             Kind::by_name,
                             Kind::many,
                             Kind::many,
                             Kind::segments,
                             Kind::segments_to_peer};
  plan.kind = draw.of(kinds);
  plan.choice = draw.number();
  plan.pack = static_cast<Pack>(draw.below(4));
  plan.size = draw_size(draw);
  const bool is_many = plan.kind >= Kind::many;
  if (is_many) {
    plan.count = 1 + draw.below(draw.one_in(8) ? 60 : 10);
    plan.size = 16 + plan.size % 1400;
    plan.has_faults = plan.kind == Kind::many && draw.one_in(6);
    plan.pack = Pack::bytes;
  }
  const bool takes_options =
      plan.kind == Kind::with_options ||
      (plan.kind >= Kind::many && plan.kind != Kind::segments_to_peer && draw.one_in(4));
  if (takes_options) plan.options = draw_options(draw, plan.is_odd);
  if (plan.kind == Kind::to_peer) plan.size += Ledger::smallest_numbered;
  draw.say(kind_names[static_cast<std::size_t>(plan.kind)], " of ", plan.size, " bytes");
  if (is_many) draw.say(" x ", plan.count);
  if (plan.has_faults) draw.say(", every third to port 0");
  if (takes_options) draw.say(", with SendOptions");
  return plan;
}

Deed plan_send(Draw& draw) {
  Plan plan = draw_plan(draw);
  plan.how = draw_how(draw, Form::coroutine_code, plan.kind == Kind::to);
  // Asio ends the program when a composed operation finds no memory.
  if (plan.kind == Kind::by_name) plan.how.failing_new = 0;
  return [plan](Seat& seat) {
    const auto operation =
        std::make_shared<Operation>(seat, kind_names[static_cast<std::size_t>(plan.kind)]);
    if (is_token(plan.how.form))
      start_with_token(operation, plan);
    else
      spawn(operation, body(operation, plan));
  };
}

// ---- try_

/// A received datagram is sent on from its own memory.
void send_on(Seat& seat, const Plan& plan) {
  if (!seat.kept) return;
  const Target target = target_of(seat, plan);
  dgram::Datagram& datagram = *seat.kept;
  const Ledger::Sent sent = seat.write(datagram.data(), target.to, target.way);
  std::error_code ec;
  CALL(SocketBase, seat.socket(), try_send, datagram, target.to.endpoint, ec);
  seat.book(*seat.account(), sent, ec ? Ledger::Result::refused : Ledger::Result::accepted);
}

Deed plan_try(Draw& draw) {
  draw.say("try_");
  const Plan plan = draw_plan(draw);
  const bool sends_on = draw.one_in(8);
  return [plan, sends_on](Seat& seat) {
    if (sends_on) return send_on(seat, plan);
    const Target target = target_of(seat, plan);
    std::error_code ec;
    if (plan.kind >= Kind::many && plan.kind != Kind::segments_to_peer) {
      std::vector<std::byte> bytes(plan.size * plan.count);
      std::vector<dgram::Outgoing> batch;
      std::vector<Ledger::Sent> sent;
      for (std::size_t i = 0; i < plan.count; ++i) {
        const std::span<std::byte> one = std::span(bytes).subspan(i * plan.size, plan.size);
        sent.push_back(seat.write(one, target.to, target.way));
        batch.emplace_back(asio::buffer(one.data(), one.size()), target.to.endpoint, plan.options);
      }
      const std::size_t count = CALL(SocketBase, seat.socket(), try_send_many, batch, ec);
      std::size_t accepted = 0;
      for (std::size_t i = 0; i < plan.count; ++i) {
        accepted += !batch[i].result;
        seat.book(*seat.account(),
                  sent[i],
                  batch[i].result ? Ledger::Result::refused : Ledger::Result::accepted);
      }
      if (count != accepted) fail("try_send_many says two things: " + seat.name());
      return;
    }
    std::vector<std::byte> bytes(plan.size);
    const Ledger::Sent sent = seat.write(bytes, target.to, target.way);
    bool is_sent = false;
    if (target.way.to_peer)
      is_sent = CALL(SocketBase, seat.socket(), try_send, bytes, ec);
    else
      is_sent = CALL(SocketBase, seat.socket(), try_send, bytes, target.to.endpoint, ec);
    if (is_sent != !ec) fail("try_send says two things: " + seat.name());
    seat.book(*seat.account(), sent, ec ? Ledger::Result::refused : Ledger::Result::accepted);
  };
}

}  // namespace sending

Actions sending_actions() {
  return {{260, sending::plan_send}, {80, sending::plan_try}};
}

}  // namespace spinner
