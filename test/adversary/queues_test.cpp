// Queues of the sender's device that are too short: what they drop is in their own counter, or,
// where the sender asks for error reports, told by the send.
//
// A cable has no queue of its own, and takes all at once. So each queue stands behind a shaper, tbf
// or htb, whose counter has what either of the two drops.
#include <dgram/dgram.hpp>
#include <exception>
#include <string>
#include <system_error>

#include "adversary/path.hpp"
#include "support/catch2.hpp"
#include "support/offload.hpp"

namespace adversary_queues_test {

namespace {

using test::Ip;
using test::Path;

/// Queues that drop the datagram that comes when they are full, so that a send can tell.
constexpr const char* kinds[] = {
    "pfifo limit 10", "bfifo limit 10000", "pfifo_fast", "htb", "blackhole"};

/// A queue on the device of `a`. False where the kernel does not have it.
bool set_queue(const Path& path, const std::string& kind) {
  const auto tc = [&](const std::string& words) { path.a.run("tc qdisc add dev eth0 " + words); };
  try {
    if (kind == "blackhole") {
      tc("root " + kind);
    } else if (kind == "htb") {
      tc("root handle 1: htb default 10");
      path.a.run("tc class add dev eth0 parent 1: classid 1:10 htb rate 20mbit burst 10kb");
      tc("parent 1:10 pfifo limit 10");
    } else {
      if (kind == "pfifo_fast") path.a.ip("link set eth0 txqueuelen 10");
      tc("root handle 1: tbf rate 20mbit burst 10kb limit 1mb");
      tc("parent 1:1 " + kind);
    }
    return true;
  } catch (const std::exception& why) {
    WARN("not tried here: " << why.what());
    return false;
  }
}

std::string queues(const Path& path) {
  return path.a.run("tc -s qdisc show dev eth0 root");
}
std::uint64_t dropped(const Path& path) {
  return test::number_behind("dropped", queues(path));
}
/// What it has let pass, each datagram of a run counted.
std::uint64_t passed(const Path& path) {
  const std::string shown = queues(path);
  return test::number_behind("bytes", shown.substr(shown.find("Sent")));
}

/// What it has not let pass; all, while it still holds something.
std::uint64_t held_up(const Path& path) {
  const bool is_empty = queues(path).find("backlog 0b 0p") != std::string::npos;
  return is_empty ? path.accepted - passed(path) : path.accepted;
}

/// All that passes the queue is a test's own: no ARP, and no IPv6, which sends unasked.
void have_it_alone(const Path& path) {
  path.a.set("ipv6/conf/eth0/disable_ipv6", "1");
  path.know_the_peer();
}

dgram::SocketOptions sender(bool reports, dgram::Segmentation segmentation) {
  dgram::SocketOptions options;
  options.receive_errors = reports;
  options.segmentation = segmentation;
  options.send_buffer_size = 4 << 20;  // the queue is full before it is
  return options;
}

}  // namespace

TEST_CASE("what a queue drops is in its counter, or told where the sender asks for reports",
          "[adversary][queue]") {
  const std::string kind = kinds[GENERATE(range(0, 5))];
  const bool reports = GENERATE(false, true);
  INFO(kind << (reports ? ", reports" : ""));
  Path path(Ip(false), test::roomy(), sender(reports, dgram::Segmentation::off));
  have_it_alone(path);
  if (!set_queue(path, kind)) return;
  // A black hole tells nobody, whatever the sender asks for.
  const bool is_told = reports && kind != "blackhole";
  path.flood(test::flood_size(), 1000);
  const bool balanced = path.balances([&] { return held_up(path); });
  INFO(path.books() << "\n" << queues(path));
  CHECK(balanced);
  CHECK((path.lost > 0) == !is_told);
  CHECK((path.refused > 0) == is_told);
  CHECK(path.sender.stats().errors.of(asio::error::no_buffer_space) == path.refused);
  // What a batch is refused is tried again, to learn the error.
  if (is_told)
    CHECK(dropped(path) >= path.refused);
  else
    CHECK(dropped(path) == path.lost);
}

// A run is one packet to a queue: it is dropped whole and counted once. What passes is counted by
// datagrams.
TEST_CASE("of runs that a queue drops, what it has let pass arrives", "[adversary][queue]") {
  if (!test::granted("gso")) return;
  Path path(Ip(false), test::roomy(), sender(false, dgram::Segmentation::on));
  have_it_alone(path);
  REQUIRE(set_queue(path, "pfifo limit 10"));
  constexpr std::uint64_t run = 30;  // a batch of flood()
  path.flood(test::flood_size() / run * run, 100);
  const bool balanced = path.balances([&] { return held_up(path); });
  INFO(path.books() << "\n" << queues(path));
  CHECK(balanced);
  CHECK(dropped(path) > 0);
  CHECK(path.lost == run * dropped(path));
  CHECK(path.sender.stats().gso_datagrams > 0);
}

}  // namespace adversary_queues_test
