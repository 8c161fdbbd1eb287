// recv and its kin, wait_readable, recv_error, and the try_ forms.
#include <asio/this_coro.hpp>
#include <variant>

#include "spinner/actions.hpp"
#include "spinner/starting.hpp"

namespace spinner {
namespace receiving {

using namespace asio::experimental::awaitable_operators;

enum class Kind : unsigned char {
  recv,
  recv_for,
  recv_until,
  recv_many,
  recv_into,
  readable,
  report
};
constexpr std::array kind_names{
    "recv", "recv_for", "recv_until", "recv_many", "recv_into", "wait_readable", "recv_error"};

struct Plan {
  Kind kind = Kind::recv;
  How how;
  std::size_t size = 0;               ///< Of recv_many and recv_into.
  std::chrono::microseconds limit{};  ///< Of recv_for and recv_until.
  bool keeps = false;                 ///< The datagram is kept beyond this.
};

// ---- what comes

void look_at(Seat& seat, dgram::Datagram& datagram) {
  if (!CALL(Datagram, datagram, has_value)) fail("no error, and no datagram: " + seat.name());
  const std::size_t size = CALL(Datagram, datagram, size);
  if (CALL(Datagram, datagram, data).size() != size ||
      CALL(Datagram, datagram, text).size() != size)
    fail("the sizes of a datagram differ: " + seat.name());
  if (CALL(Datagram, datagram, remote).port() == 0) fail("a datagram of nobody: " + seat.name());
  const dgram::SocketOptions& asked = seat.setup().options;
  static_cast<void>(CALL(Datagram, datagram, control_truncated));
  const std::optional<int> hops = CALL(Datagram, datagram, hop_limit);
  if (hops && (*hops < 0 || *hops > 255)) fail("a hop limit out of its range: " + seat.name());
  const std::optional<int> code_point = CALL(Datagram, datagram, dscp);
  if (code_point && (*code_point < 0 || *code_point > 63))
    fail("a code point out of its range: " + seat.name());
  static_cast<void>(CALL(Datagram, datagram, ecn));
  const auto local = CALL(Datagram, datagram, local_address);
  dgram::SendOptions reply = CALL(Datagram, datagram, reply_options);
  if (!local && CALL(Datagram, datagram, interface_index) && asked.receive_local_address)
    fail("an interface without an address: " + seat.name());
  static_cast<void>(CALL(SendOptions, reply, empty));
  static_cast<void>(CALL(Datagram, datagram, received_at));
}

void deliver(Operation& operation, dgram::Datagram datagram) {
  Seat& seat = operation.seat;
  look_at(seat, datagram);
  if (CALL(Datagram, datagram, truncated) !=
      (CALL(Datagram, datagram, full_size) > CALL(Datagram, datagram, size)))
    fail(operation.name() + " brings a datagram that was cut and does not say so, or the reverse");
  seat.received(&operation, datagram, operation.is_prompt);
  if (operation.keeps) seat.kept = std::move(datagram);
}

void got_datagram(Operation& operation, std::error_code ec, dgram::Datagram datagram) {
  if (!ec) return deliver(operation, std::move(datagram));
  if (datagram) fail(operation.name() + " brings an error and a datagram");
}

void got_maybe(Operation& operation, std::error_code ec, std::optional<dgram::Datagram> datagram) {
  if (ec && datagram) fail(operation.name() + " brings an error and a datagram");
  if (datagram) deliver(operation, std::move(*datagram));
}

void got_many(Operation& operation, std::error_code ec, std::size_t count) {
  if (ec && count != 0) fail(operation.name() + " brings an error and datagrams");
  if (!ec && (count == 0 || count > operation.many.size()))
    fail(operation.name() + " brings " + std::to_string(count) + " datagrams");
  for (std::size_t i = 0; i < count; ++i) {
    look_at(operation.seat, operation.many[i]);
    operation.seat.received(&operation, operation.many[i], operation.is_prompt);
  }
}

void got_into(Operation& operation, std::error_code ec, dgram::Received received) {
  if (ec) return;
  if (received.remote.port() == 0) fail(operation.name() + " brings a datagram of nobody");
  operation.seat.received(&operation,
                          std::span(operation.bytes).first(received.size),
                          received.full_size,
                          received.truncated,
                          operation.is_prompt);
}

void got_nothing(Operation&, std::error_code) {}

void got_report(Operation& operation, std::error_code ec, dgram::ErrorReport report) {
  if (ec) return;
  if (!report.error) fail(operation.name() + " brings a report without an error");
  if (CALL_FREE(to_string, report).empty()) fail("a report has no text");
}

// ---- as coroutines

asio::awaitable<void> recv(OperationPtr operation, How how) {
  Seat& seat = operation->seat;
  seat.arrived(*operation);
  std::error_code ec;
  dgram::Datagram datagram;
  bool is_raced = false;
  try {
    if (how.form == Form::coroutine) {
      datagram = co_await CALL(Socket, seat.socket(), recv);
    } else if (how.form == Form::coroutine_code) {
      datagram = co_await CALL(Socket, seat.socket(), recv, ec);
    } else if (how.form == Form::awaited) {
      datagram = co_await CALL(
          Socket, seat.socket(), async_recv, asio::redirect_error(asio::use_awaitable, ec));
    } else {
      const Pinned pinned(seat);
      std::variant<dgram::Datagram, std::monostate> first =
          co_await (CALL(Socket, seat.socket(), recv) || wait_for(how.pause));
      is_raced = first.index() == 1;
      if (!is_raced) datagram = std::move(std::get<0>(first));
    }
  } catch (...) {
    ec = code_of(std::current_exception());
  }
  if (!seat.home().is_here()) fail(operation->name() + " goes on elsewhere");
  if (!is_raced) got_datagram(*operation, ec, std::move(datagram));
}

asio::awaitable<void> recv_until(OperationPtr operation, Plan plan) {
  Seat& seat = operation->seat;
  seat.arrived(*operation);
  const bool is_for = plan.kind == Kind::recv_for;
  const auto deadline = std::chrono::steady_clock::now() + plan.limit;
  std::error_code ec;
  std::optional<dgram::Datagram> datagram;
  try {
    if (plan.how.form == Form::coroutine) {
      if (is_for)
        datagram = co_await CALL(Socket, seat.socket(), recv_for, plan.limit);
      else
        datagram = co_await CALL(Socket, seat.socket(), recv_until, deadline);
    } else if (plan.how.form == Form::coroutine_code) {
      if (is_for)
        datagram = co_await CALL(Socket, seat.socket(), recv_for, plan.limit, ec);
      else
        datagram = co_await CALL(Socket, seat.socket(), recv_until, deadline, ec);
    } else {
      datagram = co_await CALL(Socket,
                               seat.socket(),
                               async_recv_for,
                               plan.limit,
                               asio::redirect_error(asio::use_awaitable, ec));
    }
  } catch (...) {
    ec = code_of(std::current_exception());
  }
  if (!seat.home().is_here()) fail(operation->name() + " goes on elsewhere");
  got_maybe(*operation, ec, std::move(datagram));
}

asio::awaitable<void> recv_many(OperationPtr operation, How how) {
  Seat& seat = operation->seat;
  seat.arrived(*operation);
  std::error_code ec;
  std::size_t count = 0;
  try {
    if (how.form == Form::coroutine)
      count = co_await CALL(Socket, seat.socket(), recv_many, operation->many);
    else if (how.form == Form::coroutine_code)
      count = co_await CALL(Socket, seat.socket(), recv_many, operation->many, ec);
    else
      count = co_await CALL(Socket,
                            seat.socket(),
                            async_recv_many,
                            operation->many,
                            asio::redirect_error(asio::use_awaitable, ec));
  } catch (...) {
    ec = code_of(std::current_exception());
  }
  if (!seat.home().is_here()) fail(operation->name() + " goes on elsewhere");
  got_many(*operation, ec, count);
}

asio::awaitable<void> recv_into(OperationPtr operation, How how) {
  Seat& seat = operation->seat;
  seat.arrived(*operation);
  std::error_code ec;
  dgram::Received received;
  const std::span<std::byte> into = operation->bytes;
  try {
    if (how.form == Form::coroutine)
      received = co_await CALL(Socket, seat.socket(), recv_into, into);
    else if (how.form == Form::coroutine_code)
      received = co_await CALL(Socket, seat.socket(), recv_into, into, ec);
    else
      received = co_await CALL(Socket,
                               seat.socket(),
                               async_recv_into,
                               into,
                               asio::redirect_error(asio::use_awaitable, ec));
  } catch (...) {
    ec = code_of(std::current_exception());
  }
  if (!seat.home().is_here()) fail(operation->name() + " goes on elsewhere");
  got_into(*operation, ec, received);
}

asio::awaitable<void> wait_readable(OperationPtr operation) {
  Seat& seat = operation->seat;
  seat.arrived(*operation);
  bool is_readable = true;
  try {
    co_await CALL(Socket, seat.socket(), wait_readable);
  } catch (...) {
    static_cast<void>(code_of(std::current_exception()));
    is_readable = false;
  }
  if (!seat.home().is_here()) fail(operation->name() + " goes on elsewhere");
  if (!is_readable) co_return;
  std::error_code ec;
  const std::optional<dgram::Datagram> datagram = CALL(SocketBase, seat.socket(), try_recv, ec);
  if (datagram) seat.received(nullptr, *datagram, true);
}

asio::awaitable<void> recv_error(OperationPtr operation, How how) {
  Seat& seat = operation->seat;
  seat.arrived(*operation);
  std::error_code ec;
  dgram::ErrorReport report;
  try {
    if (how.form == Form::coroutine_code)
      report = co_await CALL(Socket, seat.socket(), recv_error, ec);
    else
      report = co_await CALL(Socket, seat.socket(), recv_error);
  } catch (...) {
    ec = code_of(std::current_exception());
  }
  if (!seat.home().is_here()) fail(operation->name() + " goes on elsewhere");
  got_report(*operation, ec, report);
}

// ---- with tokens

/// The forms of a future, for the two operations whose results are kept as one.
void recv_future(const OperationPtr& operation) {
  Seat& seat = operation->seat;
  operation->is_prompt = false;
  auto future = std::make_shared<std::future<dgram::Datagram>>(
      CALL(Socket, seat.socket(), async_recv, asio::use_future));
  seat.await([operation, future] {
    if (future->wait_for(std::chrono::seconds(0)) != std::future_status::ready) return false;
    std::error_code ec;
    dgram::Datagram datagram;
    try {
      datagram = future->get();
    } catch (...) {
      ec = code_of(std::current_exception());
    }
    operation->completed();
    got_datagram(*operation, ec, std::move(datagram));
    return true;
  });
}

void start_with_token(const OperationPtr& operation, const Plan& plan) {
  dgram::Socket& socket = operation->seat.socket();
  const How& how = plan.how;
  const auto deadline = std::chrono::steady_clock::now() + plan.limit;
  switch (plan.kind) {
    case Kind::recv:
      if (how.form == Form::future && operation->seat.home().takes_bare_handlers)
        return recv_future(operation);
      return start_token(operation, how, got_datagram, [&](auto&& token) {
        CALL(Socket, socket, async_recv, std::move(token));
      });
    case Kind::recv_for:
      return start_token(operation, how, got_maybe, [&](auto&& token) {
        CALL(Socket, socket, async_recv_for, plan.limit, std::move(token));
      });
    case Kind::recv_until:
      return start_token(operation, how, got_maybe, [&](auto&& token) {
        CALL(Socket, socket, async_recv_until, deadline, std::move(token));
      });
    case Kind::recv_many:
      return start_token(operation, how, got_many, [&](auto&& token) {
        CALL(Socket, socket, async_recv_many, operation->many, std::move(token));
      });
    case Kind::recv_into:
      return start_token(operation, how, got_into, [&](auto&& token) {
        CALL(Socket, socket, async_recv_into, operation->bytes, std::move(token));
      });
    case Kind::readable:
      return start_token(operation, how, got_nothing, [&](auto&& token) {
        CALL(Socket, socket, async_wait_readable, std::move(token));
      });
    case Kind::report:
      return start_token(operation, how, got_report, [&](auto&& token) {
        CALL(Socket, socket, async_recv_error, std::move(token));
      });
  }
}

asio::awaitable<void> body(const OperationPtr& operation, const Plan& plan) {
  switch (plan.kind) {
    case Kind::recv:
      return recv(operation, plan.how);
    case Kind::recv_many:
      return recv_many(operation, plan.how);
    case Kind::recv_into:
      return recv_into(operation, plan.how);
    case Kind::readable:
      return wait_readable(operation);
    case Kind::report:
      return recv_error(operation, plan.how);
    default:
      return recv_until(operation, plan);
  }
}

Deed plan_receive(Draw& draw) {
  Plan plan;
  // The common ones more often.
  constexpr std::array kinds{Kind::recv,
                             Kind::recv,
                             Kind::recv,
                             Kind::recv_for,
                             Kind::recv_until,
                             Kind::recv_many,
                             Kind::recv_many,
                             Kind::recv_into,
                             Kind::readable,
                             Kind::report};
  plan.kind = draw.of(kinds);
  draw.say(kind_names[static_cast<std::size_t>(plan.kind)]);
  if (plan.kind == Kind::recv_many) {
    plan.size = draw.one_in(30) ? 0 : 1 + draw.below(8);
    draw.say("(", plan.size, ")");
  } else if (plan.kind == Kind::recv_into) {
    constexpr std::array<std::size_t, 6> sizes{0, 8, 20, 200, 2000, 65536};
    plan.size = draw.of(sizes);
    draw.say("(", plan.size, " bytes)");
  } else if (plan.kind == Kind::recv_for || plan.kind == Kind::recv_until) {
    plan.limit = std::chrono::microseconds(draw.below(3000)) - std::chrono::microseconds(500);
    draw.say("(", plan.limit.count(), " us)");
  }
  const bool is_recv = plan.kind == Kind::recv;
  plan.how = draw_how(draw, is_recv ? Form::raced : Form::awaited, is_recv);
  plan.keeps = is_recv && draw.one_in(4);
  return [plan](Seat& seat) {
    const auto operation =
        std::make_shared<Operation>(seat, kind_names[static_cast<std::size_t>(plan.kind)]);
    if (plan.kind == Kind::recv_many) operation->many.resize(plan.size);
    if (plan.kind == Kind::recv_into) operation->bytes.resize(plan.size);
    operation->keeps = plan.keeps;
    Plan own = plan;
    if (own.how.form == Form::raced && !seat.home().dispatches_at_once)
      own.how.form = Form::coroutine;
    operation->is_prompt = own.how.form != Form::raced;
    if (is_token(own.how.form))
      start_with_token(operation, own);
    else
      spawn(operation, body(operation, own));
  };
}

Deed plan_try(Draw& draw) {
  const bool is_report = draw.one_in(6);
  const std::size_t n = 1 + draw.below(6);
  draw.say(is_report ? "try_recv_error, " : "try_recv, ", n, " times");
  return [is_report, n](Seat& seat) {
    std::error_code ec;
    for (std::size_t i = 0; i < n; ++i) {
      if (is_report) {
        const std::optional<dgram::ErrorReport> report =
            CALL(SocketBase, seat.socket(), try_recv_error, ec);
        if (report.has_value() != !ec) fail("try_recv_error says two things: " + seat.name());
        continue;
      }
      std::optional<dgram::Datagram> datagram = CALL(SocketBase, seat.socket(), try_recv, ec);
      if (datagram.has_value() != !ec) fail("try_recv says two things: " + seat.name());
      if (!datagram) continue;
      look_at(seat, *datagram);
      seat.received(nullptr, *datagram, true);
    }
  };
}

}  // namespace receiving

Actions receiving_actions() {
  return {{260, receiving::plan_receive}, {60, receiving::plan_try}};
}

}  // namespace spinner
