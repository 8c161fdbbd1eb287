// Node's sockets: their life, what they send to each other, and what Node refuses.
#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/co_spawn.hpp>

#include "spinner/on_node_subject.hpp"

namespace spinner {
namespace nodes {

// ---- life

Deed plan_make(Draw& draw) {
  node::SocketOptions options;
  options.type = draw.one_in(4) ? "udp6" : draw.one_in(30) ? "tcp" : "udp4";
  options.reuse_addr = draw.one_in(12);
  options.reuse_port = draw.one_in(12);
  options.ipv6_only = options.type == "udp6" && draw.one_in(3);
  if (draw.one_in(6)) options.recv_buffer_size = draw.between(1, 20'000);
  if (draw.one_in(8)) options.send_buffer_size = draw.between(1, 20'000);
  const bool has_lookup = draw.one_in(2), closes = !draw.one_in(3), by_text = draw.one_in(6);
  const std::size_t blocks = draw.below(10);
  draw.say("create_socket ", options.type, has_lookup ? " with a lookup" : "", ", instead");
  return on_subject(draw, [=](NodePart& part, const NodeSubjectPtr& former) {
    if (closes) attempt(former, "close", [](Socket& s) { CALL(node::Socket, s, close); });
    node::SocketOptions own = options;
    node::BlockList list;
    CALL(node::BlockList, list, add_subnet, "127.0.0.0", 8);
    if (blocks == 0) own.receive_block_list = list;
    if (blocks == 1) own.send_block_list = list;
    try {
      if (by_text) {
        // Not watched: it is never bound.
        Socket unused = CALL_FREE(node::create_socket, part.stage().context(), own.type);
        if (CALL(node::Socket, unused, type) != own.type) fail("a socket has another type");
        CALL(node::Socket, unused, close);
        return;
      }
      for (std::size_t i = 0; i < NodePart::places_count; ++i)
        if (part.place(i) == former) part.place(i) = part.make(std::move(own), has_lookup);
    } catch (const node::Error& error) {
      if (error.code() != "ERR_SOCKET_BAD_TYPE") fail("create_socket throws " + error.message());
    }
  });
}

Deed plan_bind(Draw& draw) {
  const std::size_t form = draw.below(7);
  const std::string host = draw.of(hosts);
  const int port = draw.one_in(12) ? draw.between(65'536, 70'000) : 0;
  draw.say("bind to \"", host, "\"");
  return on_subject(draw, [=](NodePart& part, const NodeSubjectPtr& subject) {
    NodePart::Owed& owed = part.owe("a bind of " + subject->name(), false);
    const node::Callback callback = [&owed] { NodePart::call(owed); };
    node::BindOptions options;
    options.port = port;
    options.address = host;
    const bool bound = attempt(subject, "bind", [&](Socket& s) {
      switch (form) {
        case 0:
          CALL(node::Socket, s, bind);
          break;
        case 1:
          CALL(node::Socket, s, bind, callback);
          break;
        case 2:
          CALL(node::Socket, s, bind, port, callback);
          break;
        case 3:
          CALL(node::Socket, s, bind, port, host);
          break;
        case 4:
          CALL(node::Socket, s, bind, options, callback);
          break;
        default:
          CALL(node::Socket, s, bind, port, host, callback);
      }
    });
    owed.is_void = !bound;
  });
}

Deed plan_bind_sync(Draw& draw) {
  const std::string host = draw.of(hosts);
  const bool without = draw.one_in(3);
  draw.say("bind_sync to \"", host, "\"");
  return on_subject(draw, [=](NodePart&, const NodeSubjectPtr& subject) {
    node::BindSyncOptions options;
    options.address = host;
    node::AddressInfo bound;
    const bool done = attempt(subject, "bind_sync", [&](Socket& s) {
      bound =
          without ? CALL(node::Socket, s, bind_sync) : CALL(node::Socket, s, bind_sync, options);
    });
    if (done && (bound.port == 0 || !subject->get().is_bound()))
      fail(subject->name() + " is bound to port 0");
  });
}

/// A descriptor of somebody else; or none of UDP, which is left alone.
Deed plan_bind_fd(Draw& draw) {
  const bool is_udp = !draw.one_in(4);
  draw.say("bind of a descriptor", is_udp ? "" : " that is none of UDP");
  return on_subject(draw, [=](NodePart& part, const NodeSubjectPtr& subject) {
    const int fd = ::socket(AF_INET, (is_udp ? SOCK_DGRAM : SOCK_STREAM) | SOCK_CLOEXEC, 0);
    sockaddr_in local{};
    local.sin_family = AF_INET;
    local.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0 || ::bind(fd, reinterpret_cast<const sockaddr*>(&local), sizeof local) != 0)
      fail("no descriptor for the spinner");
    node::BindOptions options;
    options.fd = fd;
    // A "udp6" socket with a descriptor of IPv4 is reached in its own way only.
    subject->shares_port = subject->shares_port || subject->is_v6;
    NodePart::Owed& owed = part.owe("a bind of a descriptor", false);
    const node::Callback callback = [&owed] { NodePart::call(owed); };
    const bool done = attempt(
        subject, "bind", [&](Socket& s) { CALL(node::Socket, s, bind, options, callback); });
    owed.is_void = !done;
    if (!done) ::close(fd);
  });
}

Deed plan_connect(Draw& draw) {
  const std::size_t form = draw.below(5);
  const std::string host = draw.of(hosts);
  const std::uint64_t choice = draw.number();
  draw.say("connect to \"", host, "\"");
  return on_subject(draw, [=](NodePart& part, const NodeSubjectPtr& subject) {
    const int port = choice % 16 == 0 ? 0 : part.target(*subject, choice).port;
    NodePart::Owed& owed = part.owe("a connect of " + subject->name(), form == 1 || form == 4);
    const node::ConnectCallback callback = [&owed] { NodePart::call(owed); };
    const bool had_peer = std::exchange(subject->had_peer, true);
    ++subject->connects_asked;
    const auto call = [&](Socket& s) {
      switch (form) {
        case 0:
          CALL(node::Socket, s, connect, port);
          break;
        case 1:
          CALL(node::Socket, s, connect, port, callback);
          break;
        case 2:
          CALL(node::Socket, s, connect_sync, port);
          break;
        case 3:
          CALL(node::Socket, s, connect_sync, port, host);
          break;
        default:
          CALL(node::Socket, s, connect, port, host, callback);
      }
    };
    const bool is_sync = form == 2 || form == 3;
    const bool done = attempt(subject, "connect", call, is_sync);
    owed.is_void = !done;
    if (!done) {
      subject->had_peer = had_peer;
      --subject->connects_asked;
    }
  });
}

Deed plan_disconnect(Draw& draw) {
  draw.say("disconnect");
  return on_subject(draw, [](NodePart&, const NodeSubjectPtr& subject) {
    const bool done =
        attempt(subject, "disconnect", [](Socket& s) { CALL(node::Socket, s, disconnect); });
    if (done && subject->get().is_connected()) fail(subject->name() + " still has a peer");
  });
}

Deed plan_close(Draw& draw) {
  const bool has_callback = draw.one_in(2);
  draw.say("close");
  return on_subject(draw, [=](NodePart& part, const NodeSubjectPtr& subject) {
    NodePart::Owed& owed = part.owe("a close of " + subject->name(), false);
    const node::Callback callback = [&owed] { NodePart::call(owed); };
    attempt(subject, "close", [&](Socket& s) {
      if (has_callback)
        CALL(node::Socket, s, close, callback);
      else
        CALL(node::Socket, s, close);
    });
  });
}

Deed plan_stop(Draw& draw) {
  const bool elsewhere = draw.one_in(3);
  const std::size_t place = draw.below(NodePart::places_count);
  if (!elsewhere) {
    draw.say("a stop");
    return on_subject(draw, [](NodePart&, const NodeSubjectPtr& subject) {
      if (!subject->stop.request_stop()) return;  // another thread was first, and is at it
      // The next look carries it out; but what waits for a bind goes first.
      const NodeLook now = look(subject->get());
      if (now.is_open && now.is_bound) fail(subject->name() + " is stopped, and open");
    });
  }
  draw.say("a stop of node socket ", place, " by another thread");
  return [place](Seat& seat) {
    NodePart& part = seat.world().part<NodePart>();
    std::stop_source stop{std::nostopstate};
    part.stage().act(
        [&part, place, &stop] {
          if (part.place(place)) stop = part.place(place)->stop;
        },
        false);
    stop.request_stop();
  };
}

Deed plan_dispose(Draw& draw) {
  const bool cancels = draw.one_in(3);
  draw.say("async_dispose", cancels ? ", cancelled" : "");
  return on_subject(draw, [=](NodePart& part, const NodeSubjectPtr& subject) {
    NodePart::Owed& owed = part.owe("a disposal of " + subject->name(), true);
    const auto signal = std::make_shared<asio::cancellation_signal>();
    const auto done = [&owed, subject, signal, cancels](const std::exception_ptr& failure) {
      NodePart::call(owed);
      if (failure && !cancels) fail(subject->name() + " is disposed of with an exception");
      if (!failure && subject->closes == 0) fail(subject->name() + " is disposed of before close");
    };
    asio::co_spawn(part.stage().context(),
                   CALL(node::Socket, subject->get(), async_dispose),
                   asio::bind_cancellation_slot(signal->slot(), done));
    if (cancels) {
      const auto cancel = [signal] { signal->emit(asio::cancellation_type::terminal); };
      CALL_FREE(node::next_tick, part.stage().context(), cancel);
    }
  });
}

Deed plan_ref(Draw& draw) {
  const bool ref = draw.one_in(2);
  draw.say(ref ? "ref" : "unref");
  return on_subject(draw, [ref](NodePart&, const NodeSubjectPtr& subject) {
    Socket same =
        ref ? CALL(node::Socket, subject->get(), ref) : CALL(node::Socket, subject->get(), unref);
    if (same != subject->get()) fail("ref and unref return the socket itself");
  });
}

Deed plan_tick(Draw& draw) {
  const std::size_t answers = draw.below(4);
  draw.say("a tick, and ", answers, " answers of lookups");
  return on_subject(draw, [answers](NodePart& part, const NodeSubjectPtr&) {
    part.tick();
    part.answer(answers);
  });
}

}  // namespace nodes

Actions node_actions() {
  return {{10, nodes::plan_make},
          {24, nodes::plan_bind},
          {6, nodes::plan_bind_sync},
          {3, nodes::plan_bind_fd},
          {12, nodes::plan_connect},
          {5, nodes::plan_disconnect},
          {3, nodes::plan_close},
          {2, nodes::plan_stop},
          {2, nodes::plan_dispose},
          {3, nodes::plan_ref},
          {12, nodes::plan_tick}};
}

}  // namespace spinner
