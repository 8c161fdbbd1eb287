// Multicast: memberships, datagrams to groups, and interfaces that come and go.
#include "spinner/actions.hpp"
#include "spinner/fail.hpp"
#include "spinner/seat.hpp"

namespace spinner {
namespace groups {

constexpr std::array group_names{
    "239.1.2.3", "239.1.2.4", "232.1.2.3", "ff02::1:2", "ff05::7", "127.0.0.1"};
constexpr std::array sources{"127.0.0.1", "10.90.0.1", "::1", "239.1.2.3"};

struct Plan {
  asio::ip::address group, source;
  dgram::Interface on;
  bool throws = false;
  std::size_t what = 0;
};

dgram::Interface draw_interface(Draw& draw) {
  constexpr std::array names{"", "lo", "spin0", "spin1", "10.90.0.1", "10.91.0.2"};
  dgram::Interface on(draw.of(names));
  if (draw.one_in(6)) on = CALL_STATIC(Interface, all);
  if (draw.one_in(6)) on = dgram::Interface(draw.between(0, 4));
  draw.say(" on ", CALL_FREE(to_string, on));
  return on;
}

Plan draw_plan(Draw& draw, std::size_t ways) {
  Plan plan;
  plan.what = draw.below(ways);
  plan.group = asio::ip::make_address(draw.of(group_names));
  plan.source = asio::ip::make_address(draw.of(sources));
  plan.throws = draw.one_in(3);
  draw.say(plan.group.to_string(), " from ", plan.source.to_string());
  plan.on = draw_interface(draw);
  return plan;
}

Deed plan_change(Draw& draw) {
  constexpr std::array names{"add_membership ",
                             "add_membership ",
                             "drop_membership ",
                             "add_source_specific_membership ",
                             "drop_source_specific_membership ",
                             "block_source ",
                             "unblock_source "};
  Draw peek = draw;  // the words begin with what is drawn first
  draw.say(names[peek.below(names.size())]);
  const Plan plan = draw_plan(draw, names.size());
  return [plan](Seat& seat) {
    dgram::Socket& s = seat.socket();
    const auto& [group, source, on, throws, what] = plan;
    std::error_code ec;
    try {
      switch (what * 2 + throws) {
        case 0:
        case 2:
          CALL(SocketMemberships, s, add_membership, group, on, ec);
          break;
        case 1:
        case 3:
          CALL(SocketMemberships, s, add_membership, group, on);
          break;
        case 4:
          CALL(SocketMemberships, s, drop_membership, group, on, ec);
          break;
        case 5:
          CALL(SocketMemberships, s, drop_membership, group, on);
          break;
        case 6:
          CALL(SocketMemberships, s, add_source_specific_membership, source, group, on, ec);
          break;
        case 7:
          CALL(SocketMemberships, s, add_source_specific_membership, source, group, on);
          break;
        case 8:
          CALL(SocketMemberships, s, drop_source_specific_membership, source, group, on, ec);
          break;
        case 9:
          CALL(SocketMemberships, s, drop_source_specific_membership, source, group, on);
          break;
        case 10:
          CALL(SocketMemberships, s, block_source, source, group, on, ec);
          break;
        case 11:
          CALL(SocketMemberships, s, block_source, source, group, on);
          break;
        case 12:
          CALL(SocketMemberships, s, unblock_source, source, group, on, ec);
          break;
        default:
          CALL(SocketMemberships, s, unblock_source, source, group, on);
      }
    } catch (const dgram::Error& error) {
      ec = error.code();
    }
    if (!ec && !group.is_multicast())
      fail("an address that is no group was joined: " + seat.name());
  };
}

Deed plan_join(Draw& draw) {
  draw.say("join ");
  const Plan plan = draw_plan(draw, 2);
  const std::size_t end = draw.below(4);
  return [plan, end](Seat& seat) {
    dgram::Socket& s = seat.socket();
    std::error_code ec;
    dgram::Membership made;
    try {
      if (plan.what == 0 && plan.throws)
        made = CALL(SocketMemberships, s, join, plan.group, plan.on);
      else if (plan.what == 0)
        made = CALL(SocketMemberships, s, join, plan.group, plan.on, ec);
      else if (plan.throws)
        made = CALL(SocketMemberships, s, join_source, plan.source, plan.group, plan.on);
      else
        made = CALL(SocketMemberships, s, join_source, plan.source, plan.group, plan.on, ec);
    } catch (const dgram::Error& error) {
      ec = error.code();
    }
    const bool is_joined = CALL(Membership, made, operator bool);
    if (is_joined != !ec) fail("join says two things: " + seat.name());
    if (!is_joined) return;
    if (CALL(Membership, made, group) != plan.group || CALL(Membership, made, interfaces).empty())
      fail("a membership has forgotten its group: " + seat.name());
    if (end == 0) CALL(Membership, made, leave, ec);
    if (end == 1) CALL(Membership, made, leave);
    if (end == 2) CALL(Membership, made, keep);
    if (seat.memberships.size() > 4) seat.memberships.erase(seat.memberships.begin());
    seat.memberships.push_back(std::move(made));
  };
}

/// To a group, at the port of one of ours: it may come there, once.
Deed plan_send(Draw& draw) {
  const asio::ip::address group = asio::ip::make_address(group_names[draw.below(5)]);
  const std::uint64_t choice = draw.number();
  const std::size_t size = 16 + draw.below(100);
  draw.say("try_send to ", group.to_string());
  return [group, choice, size](Seat& seat) {
    Destination to = seat.destination(choice);
    if (!to.line) return;
    std::vector<std::byte> bytes(size);
    const Ledger::Sent sent = seat.write(bytes, to, {false, false, false});
    std::error_code ec;
    to.endpoint.address(group);
    CALL(SocketBase, seat.socket(), try_send, bytes, to.endpoint, ec);
    seat.book(*seat.account(), sent, ec ? Ledger::Result::refused : Ledger::Result::accepted);
  };
}

Deed plan_interface(Draw& draw) {
  const std::size_t interface = draw.below(2);
  const int n = draw.between(0, 2);
  const std::size_t what = draw.below(8);
  constexpr std::array names{
      "is removed", "is added", "goes down", "comes up", "gets another address"};
  const std::size_t change = what < 4 ? what : 4;
  draw.say("interface ", Network::names[interface], " ", names[change]);
  return [interface, n, change](Seat& seat) {
    Network& network = seat.world().network();
    switch (change) {
      case 0:
        return network.remove(interface);
      case 1:
        return network.add(interface);
      case 2:
        return network.set_up(interface, false);
      case 3:
        return network.set_up(interface, true);
      default:
        return network.set_address(interface, n);
    }
  };
}

Deed plan_list(Draw& draw) {
  draw.say("lists the interfaces");
  const bool throws = draw.one_in(2);
  return [throws](Seat& seat) {
    std::error_code ec;
    std::vector<dgram::InterfaceInfo> all;
    if (throws)
      all = CALL(SocketMemberships, seat.socket(), interfaces);
    else
      all = CALL(SocketMemberships, seat.socket(), interfaces, ec);
    const asio::ip::address loopback = asio::ip::address_v4::loopback();
    if (!CALL_FREE(find, all, loopback)) fail("no interface has the loopback address");
  };
}

}  // namespace groups

Actions group_actions() {
  return {{24, groups::plan_change},
          {14, groups::plan_join},
          {16, groups::plan_send},
          {2, groups::plan_interface},
          {3, groups::plan_list}};
}

}  // namespace spinner
