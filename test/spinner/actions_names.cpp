// Host names: resolve, bind and connect by name, and a lookup of the caller's own.
#include <asio/thread_pool.hpp>

#include "spinner/actions.hpp"
#include "spinner/starting.hpp"

namespace spinner {
namespace names {

enum class Kind : unsigned char { resolve, bind, connect };
constexpr std::array kind_names{"resolve", "bind by name", "connect by name"};

constexpr std::array hosts{"127.0.0.1",
                           "localhost",
                           "::1",
                           "spinner.test",
                           "unknown.test",
                           "later.test",
                           "dropped.test",
                           "ip6-loopback",
                           ""};

void resolved(Operation& operation, std::error_code ec, asio::ip::address address) {
  if (!ec && address.is_unspecified())
    fail(operation.name() + " has found no address, and no error");
}

void done(Operation&, std::error_code) {}

struct Plan {
  Kind kind = Kind::resolve;
  How how;
  std::string host;
  std::uint64_t choice = 0;
  int port = 0;
};

asio::awaitable<void> in_coroutine(OperationPtr operation, Plan plan) {
  Seat& seat = operation->seat;
  seat.arrived(*operation);
  std::error_code ec;
  try {
    if (plan.kind == Kind::resolve) {
      const asio::ip::address address = co_await CALL(Socket, seat.socket(), resolve, plan.host);
      resolved(*operation, ec, address);
    } else if (plan.kind == Kind::bind) {
      co_await CALL(Socket, seat.socket(), bind, plan.host, plan.port);
    } else {
      co_await CALL(Socket, seat.socket(), connect, plan.host, plan.port);
    }
  } catch (...) {
    ec = code_of(std::current_exception());
  }
  if (!seat.home().is_here()) fail(operation->name() + " goes on elsewhere");
}

Deed plan_name(Draw& draw) {
  Plan plan;
  plan.kind = static_cast<Kind>(draw.below(3));
  plan.host = draw.of(hosts);
  plan.choice = draw.number();
  draw.say(kind_names[static_cast<std::size_t>(plan.kind)], " \"", plan.host, "\"");
  plan.how = draw_how(draw, Form::coroutine);
  return [plan = std::move(plan)](Seat& seat) mutable {
    Plan own = plan;
    const Destination to = seat.destination(own.choice);
    if (own.kind == Kind::connect) {
      own.port = own.choice % 16 == 0 ? 65536 : to.endpoint.port();
      seat.excuse(Excuse::peer_changed);
    }
    const auto operation =
        std::make_shared<Operation>(seat, kind_names[static_cast<std::size_t>(own.kind)]);
    if (!is_token(own.how.form)) return spawn(operation, in_coroutine(operation, own));
    // Asio ends the program when a composed operation finds no memory.
    if (own.kind != Kind::resolve) own.how.failing_new = 0;
    dgram::Socket& socket = seat.socket();
    switch (own.kind) {
      case Kind::resolve:
        return start_token(operation, own.how, resolved, [&](auto&& token) {
          CALL(Socket, socket, async_resolve, own.host, std::move(token));
        });
      case Kind::bind:
        return start_token(operation, own.how, done, [&](auto&& token) {
          CALL(Socket, socket, async_bind, own.host, own.port, std::move(token));
        });
      case Kind::connect:
        return start_token(operation, own.how, done, [&](auto&& token) {
          CALL(Socket, socket, async_connect, own.host, own.port, std::move(token));
        });
    }
  };
}

/// Knows what ends in ".test": at once, later from another thread, or never.
struct TestNames {
  asio::any_io_executor elsewhere;

  void operator()(const std::string& host, dgram::Family family, dgram::LookupHandler done) const {
    const asio::ip::address found = family == dgram::Family::ipv6
                                        ? asio::ip::address(asio::ip::address_v6::loopback())
                                        : asio::ip::address(asio::ip::address_v4::loopback());
    if (host == "unknown.test")
      return CALL(LookupHandler, done, operator(), asio::error::host_not_found);
    if (host == "dropped.test") return;
    if (host != "later.test")
      return CALL(LookupHandler, done, operator(), std::error_code(), found);
    asio::post(elsewhere, [done = std::move(done), found]() mutable {
      CALL(LookupHandler, done, operator(), std::error_code(), found);
    });
  }
};

Deed plan_lookup(Draw& draw) {
  const bool own = !draw.one_in(6);
  draw.say("set_lookup to ", own ? "one of its own" : "none");
  return [own](Seat& seat) {
    dgram::Lookup lookup;
    if (own) lookup = TestNames{seat.world().elsewhere()};
    CALL(SocketBase, seat.socket(), set_lookup, std::move(lookup));
  };
}

}  // namespace names

Actions name_actions() {
  return {{30, names::plan_name}, {12, names::plan_lookup}};
}

}  // namespace spinner
