// Channels that fail: entries for the FaultScript of sockets that have one.
#include <cerrno>

#include "spinner/actions.hpp"
#include "spinner/seat.hpp"

namespace spinner {
namespace faults {

using Fault = dgram::FaultScript::Fault;

constexpr std::array numbers{
    EAGAIN, EINTR, ENOBUFS, ENOMEM, ECONNREFUSED, EHOSTUNREACH, EPERM, EMSGSIZE, EIO, EINVAL};
constexpr std::array queue_names{
    "receive", "send", "open", "bind", "connect", "set_option", "change_membership", "wait"};

std::deque<Fault>& queue(dgram::FaultScript& script, std::size_t which) {
  switch (which) {
    case 0:
      return script.receive;
    case 1:
      return script.send;
    case 2:
      return script.open;
    case 3:
      return script.bind;
    case 4:
      return script.connect;
    case 5:
      return script.set_option;
    case 6:
      return script.change_membership;
    default:
      return script.wait;
  }
}

Deed plan_fault(Draw& draw) {
  const std::size_t which = draw.one_in(2) ? draw.below(2) : draw.below(queue_names.size());
  Fault fault;
  if (!draw.one_in(5)) fault.error = {draw.of(numbers), asio::system_category()};
  if (draw.one_in(3)) fault.at_most = draw.below(6);
  if (which == 1 && !fault.error && fault.at_most == 0)
    fault.at_most = 1;  // a channel does something
  fault.lose_control = draw.one_in(4);
  fault.cut_datagrams = draw.one_in(4);
  const std::size_t pass = draw.below(3);
  draw.say("a fault of ", queue_names[which], " after ", pass, " calls: ", fault.error.message());
  return [which, fault, pass](Seat& seat) {
    dgram::FaultScript* const script = seat.script();
    if (!script) return;
    std::deque<Fault>& entries = queue(*script, which);
    if (entries.size() > 8) return;
    if (which == 0 && fault.cut_datagrams && seat.setup().options.gro) return;
    entries.insert(entries.end(), pass, Fault());
    entries.push_back(fault);
  };
}

Deed plan_channel(Draw& draw) {
  const bool gso = draw.one_in(2), equal = draw.one_in(2), report = draw.one_in(3),
             refuse = draw.one_in(4);
  const std::uint64_t choice = draw.number();
  draw.say("a channel with gso ",
           gso,
           ", equal runs ",
           equal,
           report ? ", a report" : "",
           refuse ? ", and without ttl" : "");
  return [gso, equal, report, refuse, choice](Seat& seat) {
    dgram::FaultScript* const script = seat.script();
    if (!script) return;
    script->gso = gso;
    script->equal_runs = equal;
    if (refuse) script->refused[dgram::Setting::ttl] = asio::error::operation_not_supported;
    const Destination to = seat.destination(choice);
    if (report) {
      dgram::ErrorReport one;
      one.error = asio::error::connection_refused;
      one.destination = to.endpoint;
      one.origin = dgram::ErrorReport::Origin::icmp;
      if (script->reports.size() < 100) script->reports.push_back(one);
    }
    if (choice % 4 == 0 && to.line)
      script->refused_runs[to.endpoint] = {EIO, asio::system_category()};
  };
}

}  // namespace faults

Actions fault_actions() {
  return {{40, faults::plan_fault}, {10, faults::plan_channel}};
}

}  // namespace spinner
