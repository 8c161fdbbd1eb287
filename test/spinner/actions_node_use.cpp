// What Node's sockets are used for: they send, join groups, are set and looked at; and the values
// of the module.
#include <algorithm>
#include <string>
#include <vector>

#include "spinner/on_node_subject.hpp"

namespace spinner {
namespace nodes {

Deed plan_send(Draw& draw) {
  const std::size_t form = draw.below(10);
  const std::string host = draw.of(hosts);
  const std::uint64_t choice = draw.number();
  const std::size_t size = 16 + draw.below(draw.one_in(20) ? 70'000 : 300);
  const bool has_callback = !draw.one_in(4);
  draw.say("send of ", size, " bytes to \"", host, "\", form ", form);
  return on_subject(draw, [=](NodePart& part, const NodeSubjectPtr& subject) {
    const auto [target, port_of_target] = part.target(*subject, choice);
    const dgram::Endpoint end(subject->is_v6 ? asio::ip::address(asio::ip::address_v6::loopback())
                                             : asio::ip::address(asio::ip::address_v4::loopback()),
                              static_cast<std::uint16_t>(port_of_target));
    const int port = choice % 32 == 0 ? 0 : end.port();
    // Where text leads elsewhere, or nowhere, nobody is waiting for it.
    const bool by_text = form >= 5 && form != 9;
    const bool leads_there = !by_text || host.empty() || host == "here.test" ||
                             host == "held.test" || host == end.address().to_string();
    const bool to_peer = form < 3;
    std::vector<std::byte> bytes(size);
    const std::uint32_t number =
        part.write(bytes, leads_there && !to_peer && has_callback ? target : nullptr);
    NodePart::Owed& owed = part.owe("a send of " + subject->name(), has_callback);
    node::SendCallback callback;
    if (has_callback)
      callback = [&owed, &part, number](const node::Error* error, std::size_t count) {
        NodePart::call(owed);
        part.sent(number, error, count);
      };
    const std::array<asio::const_buffer, 2> pieces{asio::const_buffer(bytes.data(), 8),
                                                   asio::const_buffer(bytes.data() + 8, size - 8)};
    const bool done = attempt(subject, "send", [&](Socket& s) {
      switch (form) {
        case 0:
          return CALL(node::Socket, s, send, bytes, callback);
        case 1:
          return CALL(node::Socket, s, send, bytes, 0, size, callback);
        case 2:
          return CALL(node::Socket, s, send, pieces, callback);
        case 3:
          return CALL(node::Socket, s, send, bytes, port, callback);
        case 4:
          return CALL(node::Socket, s, send, bytes, 0, size, port, callback);
        case 5:
          return CALL(node::Socket, s, send, bytes, 0, size, port, host, callback);
        case 6:
          return CALL(node::Socket, s, send, pieces, port, host, callback);
        case 7:
        case 8:
          return CALL(node::Socket, s, send, bytes, port, host, callback);
        default:
          return CALL(node::Socket, s, send, bytes, end, callback);
      }
    });
    owed.is_void = !done;
    std::fill(bytes.begin(), bytes.end(), std::byte(0xee));  // the call has what it needs
  });
}

/// What lies outside of its buffer.
Deed plan_bad_send(Draw& draw) {
  draw.say("a send out of bounds");
  return on_subject(draw, [](NodePart& part, const NodeSubjectPtr& subject) {
    NodePart::Owed& owed = part.owe("a send out of bounds", false);
    const node::SendCallback callback = [&owed] { NodePart::call(owed); };
    owed.is_void = true;
    const std::string text(10, 'x');
    const bool done = attempt(subject, "send", [&](Socket& s) {
      CALL(node::Socket, s, send, text, 5, 6, 9, "127.0.0.1", callback);
    });
    if (done) fail(subject->name() + " sends what lies behind its buffer");
  });
}

Deed plan_settings(Draw& draw) {
  const std::size_t what = draw.below(8);
  const int value = draw.between(-1, 300);
  draw.say("setting ", what, " is ", value);
  return on_subject(draw, [=](NodePart&, const NodeSubjectPtr& subject) {
    const bool done = attempt(subject, "a setting", [&](Socket& s) {
      switch (what) {
        case 0:
          return CALL(node::Socket, s, set_broadcast, value % 2 == 0);
        case 1:
          if (CALL(node::Socket, s, set_ttl, value) != value) fail("set_ttl returns another one");
          return;
        case 2:
          if (CALL(node::Socket, s, set_multicast_ttl, value) != value)
            fail("set_multicast_ttl returns another one");
          return;
        case 3:
          static_cast<void>(CALL(node::Socket, s, set_multicast_loopback, value % 2 == 0));
          return;
        case 4:
          return CALL(node::Socket, s, set_multicast_interface, value % 2 ? "127.0.0.1" : "::%lo");
        case 5:
          CALL(node::Socket, s, set_recv_buffer_size, value * 1000);
          if (CALL(node::Socket, s, get_recv_buffer_size) <= 0) fail("no receive buffer");
          return;
        case 6:
          CALL(node::Socket, s, set_send_buffer_size, value * 1000);
          if (CALL(node::Socket, s, get_send_buffer_size) <= 0) fail("no send buffer");
          return;
        default:
          if (CALL(node::Socket, s, get_send_queue_count) == 0 &&
              CALL(node::Socket, s, get_send_queue_size) != 0)
            fail("bytes wait, and no datagram");
      }
    });
    const bool out_of_range = (what == 1 && (value < 1 || value > 255)) ||
                              (what == 2 && (value < 0 || value > 255)) ||
                              ((what == 5 || what == 6) && value < 0);
    if (done && out_of_range) fail(subject->name() + " takes a value that is out of range");
  });
}

Deed plan_membership(Draw& draw) {
  constexpr std::array groups{"239.1.2.9", "232.1.2.9", "ff02::1:9", "127.0.0.1", ""};
  constexpr std::array interfaces{"", "127.0.0.1", "::%lo", "10.90.0.1"};
  const std::size_t what = draw.below(4);
  const std::string group = draw.of(groups), on = draw.of(interfaces);
  draw.say("membership of \"", group, "\" on \"", on, "\"");
  return on_subject(draw, [=](NodePart&, const NodeSubjectPtr& subject) {
    const std::string source = "127.0.0.1";
    const bool done = attempt(subject, "a membership", [&](Socket& s) {
      switch (what) {
        case 0:
          return CALL(node::Socket, s, add_membership, group, on);
        case 1:
          return CALL(node::Socket, s, drop_membership, group, on);
        case 2:
          return CALL(node::Socket, s, add_source_specific_membership, source, group, on);
        default:
          return CALL(node::Socket, s, drop_source_specific_membership, source, group, on);
      }
    });
    if (done && (group.empty() || group == source))
      fail(subject->name() + " is a member of what is no group");
    if (done) subject->had_member = true;
  });
}

Deed plan_listener(Draw& draw) {
  const std::size_t what = draw.below(6);
  draw.say("listeners: ", what);
  return on_subject(draw, [what](NodePart& part, const NodeSubjectPtr& subject) {
    Socket& s = subject->get();
    const node::MessageListener nothing = [] {};
    const bool is_open = CALL(node::Socket, s, is_open);
    const std::size_t before = CALL(node::Socket, s, listener_count, node::event::message);
    const auto adds = [&](node::ListenerId id) {
      subject->extra = id;
      const std::size_t now = CALL(node::Socket, s, listener_count, node::event::message);
      if (is_open && now != before + 1) fail(subject->name() + " has lost a listener");
    };
    switch (what) {
      case 0:
        return adds(CALL(node::Socket, s, on, node::event::message, nothing));
      case 1:
        return adds(CALL(node::Socket, s, prepend_once, node::event::message, nothing));
      case 2:
        return adds(CALL(node::Socket, s, prepend, node::event::message, nothing));
      case 3: {
        const node::ListenerId id = subject->extra;
        CALL(node::Socket, s, off, node::event::message, id);
        if (CALL(node::Socket, s, off, node::event::message, id))
          fail(subject->name() + " forgets a listener twice");
        return;
      }
      case 4:
        subject->throws_once = true;
        return;
      default:
        if (!is_open) return;  // what is still to come would be heard twice
        CALL(node::Socket, s, remove_all_listeners, node::event::message);
        CALL(node::Socket, s, remove_all_listeners);
        part.watch(subject);
    }
  });
}

Deed plan_look(Draw& draw) {
  draw.say("a look");
  return on_subject(draw, [](NodePart&, const NodeSubjectPtr& subject) {
    Socket& s = subject->get();
    const NodeLook now = look(s);
    const bool has_descriptor = CALL(node::Socket, s, native_handle) != -1;
    int port = 0;
    const bool has_address = attempt(
        subject, "address", [&port](Socket& one) { port = CALL(node::Socket, one, address).port; });
    const bool has_peer = attempt(subject, "remote_address", [](Socket& one) {
      if (CALL(node::Socket, one, remote_address).port == 0) fail("a peer without a port");
    });
    if (CALL(node::Socket, s, type) != (subject->is_v6 ? "udp6" : "udp4"))
      fail(subject->name() + " has changed its type");
    if (subject->stop.stop_requested()) return;  // by another thread, in between
    if (!now.is_open && (now.is_bound || now.is_connected))
      fail(subject->name() + " is closed, and bound or connected");
    if (has_descriptor ? !now.is_open : now.is_bound)  // a bind that has failed may leave one
      fail(subject->name() + " is bound without a descriptor, or closed with one");
    if (now.is_bound && !has_address) fail(subject->name() + " is bound, and has no address");
    if (!now.is_bound && port != 0 && !subject->had_member)
      fail(subject->name() + " is not bound, and has a port");
    if (has_peer != now.is_connected)
      fail(subject->name() + (has_peer ? " has a peer, and is unconnected" : " has no peer"));
  });
}

// ---- values

Deed plan_block_list(Draw& draw) {
  const auto first = static_cast<std::uint32_t>(draw.number()),
             last = static_cast<std::uint32_t>(draw.number());
  const int prefix = draw.between(0, 32);
  const auto asked = draw.one_in(2) ? first + static_cast<std::uint32_t>(draw.between(-2, 2))
                                    : static_cast<std::uint32_t>(draw.number());
  const bool maps = draw.one_in(3);
  draw.say("a block list");
  return [=](Seat&) {
    const auto text = [](std::uint32_t number) { return asio::ip::address_v4(number).to_string(); };
    node::BlockList list;
    CALL(node::BlockList, list, add_address, text(first));
    bool is_range = true;
    try {
      CALL(node::BlockList, list, add_range, text(first), text(last));
    } catch (const node::Error&) {
      is_range = false;
    }
    if (is_range != (first <= last)) fail("a range is refused, or should be");
    CALL(node::BlockList, list, add_subnet, text(last), prefix);
    const std::uint32_t mask = prefix == 0 ? 0 : ~std::uint32_t(0) << (32 - prefix);
    const bool wanted =
        asked == first || (first <= asked && asked <= last) || (asked & mask) == (last & mask);
    const std::string written = (maps ? "::ffff:" : "") + text(asked);
    if (CALL(node::BlockList, list, check, written) != wanted ||
        CALL(node::BlockList, list, check, asio::ip::make_address(written)) != wanted)
      fail("a block list is wrong about " + written);
    if (CALL(node::BlockList, list, rules).size() != (is_range ? 3u : 2u))
      fail("a block list has lost a rule");
  };
}

Deed plan_emitter(Draw& draw) {
  const std::uint64_t seed = draw.number();
  draw.say("an emitter");
  return [seed](Seat&) {
    // Against a list of (what is to be called, once or for ever).
    Draw inner(seed, 0, nullptr);
    node::Emitter<int> emitter;
    struct Expected {
      node::ListenerId id;
      bool once, waits;
    };
    std::vector<Expected> model;
    auto called = std::make_shared<std::vector<std::size_t>>();
    std::size_t next = 0;
    std::vector<std::pair<node::ListenerId, std::size_t>> names;
    for (int i = 0; i < 12; ++i) {
      const std::size_t mark = ++next;
      const node::Function<int> f = [called, mark](int) { called->push_back(mark); };
      REACH("node::Function::operator bool");
      if (!f) fail("a function is empty");
      const std::size_t what = inner.below(9);
      node::ListenerId id = 0;
      const auto behind = [&](bool once, bool waits) {
        model.push_back({id, once, waits});
        names.emplace_back(id, mark);
      };
      const auto before = [&](bool once) {
        model.insert(model.begin(), {id, once, false});
        names.emplace_back(id, mark);
      };
      switch (what) {
        case 0:
          REACH("node::Emitter::on", f), id = emitter.on(f);
          behind(false, false);
          break;
        case 1:
          REACH("node::Emitter::once", f), id = emitter.once(f);
          behind(true, false);
          break;
        case 2:
          REACH("node::Emitter::prepend", f), id = emitter.prepend(f);
          before(false);
          break;
        case 3:
          REACH("node::Emitter::prepend_once", f), id = emitter.prepend_once(f);
          before(true);
          break;
        case 4:
          REACH("node::Emitter::wait", f), id = emitter.wait(f);
          behind(true, true);
          break;
        case 5:
          REACH("node::Emitter::wait_on", f), id = emitter.wait_on(f);
          behind(false, true);
          break;
        case 6:
          if (model.empty()) break;
          id = model[inner.below(model.size())].id;
          REACH("node::Emitter::off", id);
          if (!emitter.off(id) || emitter.off(id)) fail("an emitter forgets twice, or not at all");
          std::erase_if(model, [id](const Expected& one) { return one.id == id; });
          break;
        case 7:
          REACH("node::Emitter::clear"), emitter.clear();
          std::erase_if(model, [](const Expected& one) { return !one.waits; });
          break;
        default: {
          called->clear();
          std::vector<std::size_t> wanted;
          for (const Expected& one : model)
            for (const auto& [name, value] : names)
              if (name == one.id) wanted.push_back(value);
          REACH("node::Emitter::emit", i), emitter.emit(i);
          if (*called != wanted) fail("an emitter calls others than it should");
          std::erase_if(model, [](const Expected& one) { return one.once; });
        }
      }
      REACH("node::Emitter::count");
      if (emitter.count() != model.size()) fail("an emitter has lost count");
    }
    REACH("node::Emitter::end"), emitter.end();
    if (emitter.count() != 0) fail("an emitter that has ended has listeners");
    const node::Function<int> last = [called](int value) {
      called->assign(1, static_cast<std::size_t>(value));
    };
    REACH("node::Function::operator()", 7), last(7);
    if (called->front() != 7) fail("a function was not called");
  };
}

}  // namespace nodes

Actions node_use_actions() {
  return {{70, nodes::plan_send},
          {2, nodes::plan_bad_send},
          {12, nodes::plan_settings},
          {8, nodes::plan_membership},
          {10, nodes::plan_listener},
          {8, nodes::plan_look},
          {3, nodes::plan_block_list},
          {3, nodes::plan_emitter}};
}

}  // namespace spinner
