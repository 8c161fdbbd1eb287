// The kernel channel on Linux: error reports of datagrams that nobody took.
#include <sys/mman.h>

#include <array>
#include <asio/error.hpp>
#include <support/catch2.hpp>
#include <support/channel_io.hpp>

namespace contract_reports_test {

using dgram::ErrorReport;
using dgram::Event;
using dgram::Family;
using Origin = dgram::ErrorReport::Origin;

namespace {

/// A way on which a datagram is refused, and who says so how.
struct Refusal {
  const char* name;
  Family family;
  const char* bind;
  const char* destination;
  const char* offender;
  Origin origin;
  int type;
  int code;
};
const std::vector<Refusal> refusals = {
    // RFC 792: destination unreachable, port unreachable. RFC 4443: the same.
    {"IPv4", Family::ipv4, "127.0.0.1", "127.0.0.2", "127.0.0.2", Origin::icmp, 3, 3},
    {"IPv6", Family::ipv6, "::1", "::1", "::1", Origin::icmpv6, 1, 4},
    {"mapped", Family::ipv6, "::", "::ffff:127.0.0.2", "::ffff:127.0.0.2", Origin::icmp, 3, 3},
};

/// A bound channel that asked for reports, and a port of `refusal` that nobody has.
struct Reported : test::Bench {
  Reported(const test::World& world, const Refusal& refusal) : Bench(world) {
    test::open(*channel, refusal.family, {{dgram::Setting::receive_errors, 1}});
    if (const std::error_code ec = channel->bind(dgram::make_endpoint(refusal.bind, 0)))
      throw std::system_error(ec, "bind");
    test::Bench gone(world);
    test::open(*gone.channel, refusal.family);
    if (const std::error_code ec = gone.channel->bind(dgram::make_endpoint(refusal.destination, 0)))
      throw std::system_error(ec, "bind");
    std::error_code ec;
    nobody = gone.channel->local_endpoint(ec);
  }
  void send() {
    if (const std::error_code ec = test::send(*channel, "anybody?", &nobody))
      throw std::system_error(ec, "send");
  }
  std::size_t take() { return channel->receive_reports(reports); }

  dgram::Endpoint nobody;
  std::array<ErrorReport, 8> reports;
};

}  // namespace

TEST_CASE("a refused datagram is reported with its destination, who refused it, and how",
          "[contract][reports]") {
  const test::World world = GENERATE(from_range(test::worlds()));
  const Refusal refusal = GENERATE(from_range(refusals));
  INFO(refusal.name);
  Reported bench(world, refusal);
  bench.send();
  test::await_readable(*bench.channel);
  REQUIRE(bench.take() == 1);
  const ErrorReport& report = bench.reports[0];
  CHECK(report.error == asio::error::connection_refused);
  CHECK(report.destination == bench.nobody);
  CHECK(report.offender == asio::ip::make_address(refusal.offender));
  CHECK(report.origin == refusal.origin);
  CHECK(static_cast<int>(report.type) == refusal.type);
  CHECK(static_cast<int>(report.code) == refusal.code);
  CHECK(report.mtu == 0);
  CHECK(bench.take() == 0);
}

TEST_CASE("no reports are no reports, whatever was in the array before", "[contract][reports]") {
  const test::World world = GENERATE(from_range(test::worlds()));
  Reported bench(world, refusals[0]);
  CHECK(bench.take() == 0);
  CHECK(bench.channel->receive_reports({}) == 0);
}

TEST_CASE("reports that do not fit stay for the next call", "[contract][reports]") {
  const test::World world = GENERATE(from_range(test::worlds()));
  Reported bench(world, refusals[0]);
  // The kernel fails the send after an error, once: the error belongs to the datagram before.
  for (int sent = 0; sent < 3;)
    if (!test::send(*bench.channel, "anybody?", &bench.nobody)) ++sent;
  test::await_readable(*bench.channel);
  CHECK(bench.channel->receive_reports(std::span(bench.reports).first(2)) == 2);
  CHECK(bench.channel->receive_reports(std::span(bench.reports).first(2)) == 1);
}

TEST_CASE("without the setting nothing is reported", "[contract][reports]") {
  const test::World world = GENERATE(from_range(test::worlds()));
  Reported bench(world, refusals[0]);
  REQUIRE(!bench.channel->set(dgram::Setting::receive_errors, 0));
  bench.send();
  bench.send();
  CHECK(bench.take() == 0);
}

TEST_CASE("an error wait ends when a report comes, once, and takes nothing",
          "[contract][reports]") {
  const test::World world = GENERATE(from_range(test::worlds()));
  const Refusal refusal = GENERATE(from_range(refusals));
  Reported bench(world, refusal);
  bench.wait(Event::error);
  bench.io.poll();
  CHECK(bench.probe(Event::error).calls == 0);
  bench.send();
  bench.run_until([&] { return bench.probe(Event::error).calls > 0; });
  bench.io.restart();
  bench.io.poll();
  CHECK(bench.probe(Event::error).calls == 1);
  CHECK(!bench.probe(Event::error).last);
  CHECK(!bench.probe(Event::error).inside);
  CHECK(bench.probe(Event::error).references == 0);
  CHECK(bench.take() == 1);
}

TEST_CASE("an error wait for a report that is there already is called by the context",
          "[contract][reports]") {
  const test::World world = GENERATE(from_range(test::worlds()));
  Reported bench(world, refusals[0]);
  bench.send();
  test::await_readable(*bench.channel);
  bench.wait(Event::error);
  CHECK(bench.probe(Event::error).calls == 0);
  bench.run_until([&] { return bench.probe(Event::error).calls == 1; });
  CHECK(!bench.probe(Event::error).inside);
  CHECK(bench.take() == 1);
}

TEST_CASE("an error wait does not end with datagrams", "[contract][reports]") {
  const test::World world = GENERATE(from_range(test::worlds()));
  Reported bench(world, refusals[0]);
  test::Bench peer(world);
  test::open_bound(*peer.channel);
  std::error_code ec;
  const dgram::Endpoint name = bench.channel->local_endpoint(ec);
  bench.wait(Event::error);
  bench.wait(Event::read);
  REQUIRE(!test::send(*peer.channel, "no error", &name));
  bench.run_until([&] { return bench.probe(Event::read).calls == 1; });
  bench.io.restart();
  bench.io.poll();
  CHECK(bench.probe(Event::error).calls == 0);
}

// recvmmsg puts the error back for the next call, and wakes nobody. Which errors end a batch in the
// middle is a matter of luck, but for this one.
TEST_CASE("a wait after a batch that came short at an error ends with that error",
          "[contract][reports]") {
  const test::World world = GENERATE(from_range(test::worlds()));
  test::Bench bench(world), peer(world);
  const dgram::Endpoint name = test::open_bound(*bench.channel);
  REQUIRE(!bench.channel->connect(test::open_bound(*peer.channel)));
  bench.wait(Event::read);
  for (const char* text : {"one", "two"}) REQUIRE(!test::send(*peer.channel, text, &name));
  bench.run_until([&] { return bench.probe(Event::read).calls == 1; });

  test::Slots slots(4);
  void* const nowhere = ::mmap(nullptr, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  REQUIRE(nowhere != MAP_FAILED);
  slots[1].data = static_cast<std::byte*>(nowhere);
  std::size_t count = 0;
  CHECK(!bench.channel->receive_batch(slots.all(), count));
  CHECK(count == 1);
  bench.wait(Event::read);
  bench.run_until([&] { return bench.probe(Event::read).calls == 2; });
  CHECK(!bench.probe(Event::read).last);
  CHECK(bench.channel->receive_batch(slots.all(), count) == asio::error::fault);
  ::munmap(nowhere, 4096);
}

}  // namespace contract_reports_test
