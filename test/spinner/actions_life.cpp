// How sockets begin, change and end: open, bind, connect, close, cancel, move, release and adopt,
// with operations that wait; and processes that fork.
#include <sys/wait.h>
#include <unistd.h>
#include <algorithm>

#include "spinner/actions.hpp"
#include "spinner/starting.hpp"

namespace spinner {
namespace life {

constexpr std::array addresses{
    "127.0.0.1", "127.0.0.1", "127.0.0.1", "::1", "0.0.0.0", "::", "::ffff:127.0.0.1", "192.0.2.1"};

dgram::Endpoint draw_local(Draw& draw) {
  const char* const address = draw.of(addresses);
  draw.say(address);
  return {asio::ip::make_address(address), 0};
}

Setup draw_setup(Draw& draw) {
  Setup setup;
  dgram::SocketOptions& options = setup.options;
  const std::size_t family = draw.below(4);
  if (family == 1) options.family = dgram::Family::ipv4;
  if (family >= 2) options.family = dgram::Family::ipv6;
  options.ipv6_only = family == 3;
  if (draw.one_in(3))
    options.recv_buffer_size = draw.one_in(2) ? 1 << 20 : 1 + draw.between(0, 20'000);
  if (draw.one_in(6)) options.send_buffer_size = 1 + draw.between(0, 20'000);
  options.batch = draw.one_in(30) ? draw.between(0, 65) : draw.between(1, 64);
  options.receive_local_address = draw.one_in(3);
  options.receive_ecn = draw.one_in(4);
  options.receive_hop_limit = draw.one_in(4);
  options.departure_by_system = draw.one_in(8);
  if (draw.one_in(8)) options.pacing_rate = 10'000'000;
  options.receive_timestamp = draw.one_in(4);
  options.gro = draw.one_in(4);
  options.receive_errors = draw.one_in(3);
  options.segmentation = static_cast<dgram::Segmentation>(draw.below(3));
  if (draw.one_in(6)) options.send_queue_count = draw.below(4);
  if (draw.one_in(6)) options.send_queue_bytes = draw.below(2000);
  setup.has_faults = draw.one_in(5);
  draw.say(family == 0   ? "any family"
           : family == 1 ? "IPv4"
           : family == 2 ? "both families"
                         : "IPv6 only");
  draw.say(", batch ",
           options.batch,
           options.gro ? ", gro" : "",
           options.receive_errors ? ", receive_errors" : "",
           setup.has_faults ? ", faults" : "");
  return setup;
}

enum class Begin : unsigned char { not_at_all, open, bind, bind_to, connect };

struct Plan {
  Setup setup;
  bool by_assignment = false;
  Begin begin = Begin::bind_to;
  dgram::Endpoint local;
  std::uint64_t choice = 0;
};

/// What throws is called with and without an error_code.
template <class Throwing>
void may_throw(Throwing throwing) {
  try {
    throwing();
  } catch (dgram::Error& error) {
    if (CALL(Error, error, operation).empty()) fail("an Error does not say what was asked");
    static_cast<void>(CALL(Error, error, subject));
  }
}

void begin(Seat& seat, const Plan& plan) {
  dgram::Socket& socket = seat.socket();
  std::error_code ec;
  switch (plan.begin) {
    case Begin::not_at_all:
      return;
    case Begin::open:
      if (plan.choice % 2 == 0)
        CALL(SocketBase, socket, open, ec);
      else
        may_throw([&] { CALL(SocketBase, socket, open); });
      return;
    case Begin::bind:
      return may_throw([&] { CALL(SocketBase, socket, bind); });
    case Begin::bind_to: {
      dgram::Endpoint local = plan.local;
      const bool v6 = seat.setup().options.family == dgram::Family::ipv6;
      // Mostly one that fits.
      if (local.address().is_v6() != v6 && plan.choice % 8 != 0)
        local.address(v6 ? asio::ip::address(asio::ip::address_v6::loopback())
                         : asio::ip::address(asio::ip::address_v4::loopback()));
      if (plan.choice % 2 == 0)
        CALL(SocketBase, socket, bind, local, ec);
      else
        may_throw([&] { CALL(SocketBase, socket, bind, local); });
      return;
    }
    case Begin::connect: {
      const Destination to = seat.destination(plan.choice);
      if (!to.line) return;
      seat.excuse(Excuse::peer_changed);
      if (plan.choice % 2 == 0)
        CALL(SocketBase, socket, connect, to.endpoint, ec);
      else
        may_throw([&] { CALL(SocketBase, socket, connect, to.endpoint); });
    }
  }
}

Plan draw_plan(Draw& draw) {
  Plan plan;
  plan.setup = draw_setup(draw);
  plan.by_assignment = draw.one_in(3);
  plan.choice = draw.number();
  constexpr std::array begins{Begin::bind_to,
                              Begin::bind_to,
                              Begin::bind_to,
                              Begin::bind_to,
                              Begin::bind_to,
                              Begin::bind,
                              Begin::connect,
                              Begin::open,
                              Begin::not_at_all};
  plan.begin = draw.of(begins);
  draw.say(plan.by_assignment ? ", assigned, " : ", destroyed and made, ");
  constexpr std::array names{"not opened", "opened", "bound", "bound to ", "connected"};
  draw.say(names[static_cast<std::size_t>(plan.begin)]);
  if (plan.begin == Begin::bind_to) plan.local = draw_local(draw);
  return plan;
}

void close(Seat& seat) {
  CALL(SocketBase, seat.socket(), close);
  seat.has_closed();
}

Deed plan_renew(Draw& draw) {
  const bool closes = draw.one_in(2);
  draw.say(closes ? "closed, then " : "", "a new socket: ");
  const Plan plan = draw_plan(draw);
  return [plan, closes](Seat& seat) {
    if (closes) close(seat);
    seat.renew(plan.setup, plan.by_assignment);
    begin(seat, plan);
  };
}

Deed plan_close(Draw& draw) {
  draw.say("close");
  return [](Seat& seat) { close(seat); };
}

Deed plan_begin(Draw& draw) {
  Plan plan;
  plan.choice = draw.number();
  constexpr std::array begins{
      Begin::open, Begin::bind, Begin::bind_to, Begin::connect, Begin::connect, Begin::connect};
  plan.begin = draw.of(begins);
  constexpr std::array names{"", "open", "bind", "bind to ", "connect"};
  draw.say(names[static_cast<std::size_t>(plan.begin)]);
  if (plan.begin == Begin::bind_to) plan.local = draw_local(draw);
  return [plan](Seat& seat) { begin(seat, plan); };
}

Deed plan_disconnect(Draw& draw) {
  const bool throws = draw.one_in(2);
  draw.say("disconnect");
  return [throws](Seat& seat) {
    seat.excuse(Excuse::peer_changed);
    std::error_code ec;
    if (throws)
      may_throw([&] { CALL(SocketBase, seat.socket(), disconnect); });
    else
      CALL(SocketBase, seat.socket(), disconnect, ec);
  };
}

Deed plan_cancel(Draw& draw) {
  draw.say("cancel");
  return [](Seat& seat) { CALL(SocketBase, seat.socket(), cancel); };
}

Deed plan_cancel_one(Draw& draw) {
  constexpr std::array types{asio::cancellation_type::terminal,
                             asio::cancellation_type::partial,
                             asio::cancellation_type::total};
  constexpr std::array names{"terminal", "partial", "total"};
  const std::size_t type = draw.below(types.size());
  const std::size_t choice = draw.number();
  draw.say("one operation is cancelled by its slot (", names[type], ")");
  return [choice, type = types[type]](Seat& seat) {
    if (seat.pending().empty()) return;
    const OperationPtr one = seat.pending()[choice % seat.pending().size()]->shared_from_this();
    one->signal.emit(type);
  };
}

Deed plan_move(Draw& draw) {
  draw.say("moved to another object and back");
  return [](Seat& seat) {
    dgram::Socket elsewhere(std::move(seat.socket()));
    std::error_code ec;
    static_cast<void>(CALL(SocketBase, seat.socket(), try_recv, ec));
    if (ec != asio::error::bad_descriptor)
      fail("a moved-from socket does not say so: " + seat.name());
    seat.socket() = std::move(elsewhere);
  };
}

Deed plan_stop(Draw& draw) {
  const bool drains = draw.one_in(3);
  const bool refuses = draw.one_in(3);
  draw.say(drains ? "drain" : "stop_receiving");
  return [drains, refuses](Seat& seat) {
    std::error_code ec;
    if (drains && refuses) CALL(SocketBase, seat.socket(), refuse_more, ec);
    if (drains && refuses) may_throw([&] { CALL(SocketBase, seat.socket(), refuse_more); });
    if (drains)
      CALL(SocketBase, seat.socket(), drain);
    else
      CALL(SocketBase, seat.socket(), stop_receiving);
    seat.has_stopped();
  };
}

/// What is held is received, so that the descriptor can be given away; another Socket takes it
/// over.
Deed plan_pass_on(Draw& draw) {
  draw.say("drained, released and adopted: ");
  const Setup setup = draw_setup(draw);
  const std::size_t way = draw.below(4);
  return [setup, way](Seat& seat) {
    if (seat.pinned != 0 || !CALL(SocketBase, seat.socket(), is_open)) return;
    dgram::Socket& socket = seat.socket();
    CALL(SocketBase, socket, cancel);
    CALL(SocketBase, socket, stop_receiving);
    seat.has_stopped();
    std::error_code ec;
    for (std::size_t errors = 0; errors < 100;) {
      const std::optional<dgram::Datagram> datagram = CALL(SocketBase, socket, try_recv, ec);
      if (datagram)
        seat.received(nullptr, *datagram, true);
      else if (ec == asio::error::eof || ec == asio::error::would_block)
        break;
      else
        ++errors;
    }
    if (!CALL(SocketBase, socket, is_open)) return;
    dgram::NativeHandle handle = dgram::invalid_handle;
    if (way % 2 == 0)
      handle = CALL(SocketBase, socket, release, ec);
    else
      may_throw([&] { handle = CALL(SocketBase, socket, release); });
    if (handle == dgram::invalid_handle) return;
    seat.has_closed();
    dgram::Descriptor owner(handle);
    if (!CALL(Descriptor, owner, operator bool) || CALL(Descriptor, owner, get) != handle)
      fail("a Descriptor does not own what it was given");
    Setup next = seat.setup();  // family and trains stay those of the kernel socket
    next.options.batch = setup.options.batch;
    next.options.receive_ecn = setup.options.receive_ecn;
    next.options.receive_hop_limit = setup.options.receive_hop_limit;
    std::unique_ptr<dgram::Socket> adopting = seat.make(next);
    switch (way) {
      case 0:
        CALL(SocketBase, *adopting, adopt, std::move(owner), ec);
        break;
      case 1:
        may_throw([&] { CALL(SocketBase, *adopting, adopt, std::move(owner)); });
        break;
      case 2:
        CALL(SocketBase, *adopting, adopt, CALL(Descriptor, owner, get), ec);
        if (!ec) static_cast<void>(CALL(Descriptor, owner, release));
        break;
      default:
        may_throw([&] {
          CALL(SocketBase, *adopting, adopt, CALL(Descriptor, owner, get));
          static_cast<void>(CALL(Descriptor, owner, release));
        });
    }
    const bool goes_on = CALL(SocketBase, *adopting, is_open);
    seat.replace(std::move(adopting), goes_on);
  };
}

Deed plan_refuse(Draw& draw) {
  draw.say("adopt of no descriptor");
  return [](Seat& seat) {
    std::error_code ec;
    CALL(SocketBase, seat.socket(), adopt, -1, ec);
    if (!ec) fail("no descriptor was adopted: " + seat.name());
  };
}

Deed plan_ref(Draw& draw) {
  const bool ref = draw.one_in(2);
  draw.say(ref ? "ref" : "unref");
  return [ref](Seat& seat) {
    if (ref)
      CALL(SocketBase, seat.socket(), ref);
    else
      CALL(SocketBase, seat.socket(), unref);
  };
}

Deed plan_look(Draw& draw) {
  draw.say("stats, capabilities, addresses");
  return [](Seat& seat) {
    dgram::Socket& socket = seat.socket();
    const dgram::Stats stats = CALL(SocketBase, socket, stats);
    if (stats.held > 64 * 64) fail("more is held than a batch can bring: " + seat.name());
    const std::size_t count = CALL(SocketBase, socket, send_queue_count);
    const std::size_t size = CALL(SocketBase, socket, send_queue_size);
    const dgram::SocketOptions& options = seat.setup().options;
    if (count > std::max<std::size_t>(options.send_queue_count, 1))
      fail("more sends wait than are allowed: " + seat.name());
    if (count > 1 && size > options.send_queue_bytes)
      fail("more bytes wait than are allowed: " + seat.name());
    for (const dgram::Capability& one : CALL(SocketBase, socket, capabilities))
      if (CALL_FREE(to_string, one).empty()) fail("a capability has no text");
    if (CALL(SocketBase, socket, is_open) != (CALL(SocketBase, socket, native_handle) >= 0))
      fail("an open socket has a descriptor, and a closed one none: " + seat.name());
    may_throw([&] { static_cast<void>(CALL(SocketBase, socket, local_endpoint)); });
    may_throw([&] { static_cast<void>(CALL(SocketBase, socket, remote_endpoint)); });
    if (CALL(Socket, socket, get_executor) != seat.home().of_socket)
      fail("a socket has another executor than it was made with: " + seat.name());
  };
}

/// Another process has the descriptor for a moment.
Deed plan_fork(Draw& draw) {
  draw.say("fork");
  return [](Seat& seat) {
    const int handle = CALL(SocketBase, seat.socket(), native_handle);
    const pid_t child = ::fork();
    if (child < 0) return;
    if (child == 0) {
      if (handle >= 0) ::close(handle);
      ::_exit(0);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
  };
}

}  // namespace life

Actions life_actions() {
  return {{26, life::plan_renew},
          {4, life::plan_close},
          {30, life::plan_begin},
          {10, life::plan_disconnect},
          {12, life::plan_cancel},
          {40, life::plan_cancel_one},
          {10, life::plan_move},
          {3, life::plan_stop},
          {8, life::plan_pass_on},
          {2, life::plan_refuse},
          {8, life::plan_ref},
          {20, life::plan_look},
          {1, life::plan_fork}};
}

}  // namespace spinner
