// Any channel: a wait that follows a receive. Whatever the receive found, and whenever the next
// datagram comes, the wait ends when there is something to receive.
#include <asio/error.hpp>
#include <support/catch2.hpp>
#include <support/channel_io.hpp>

namespace contract_wait_again_test {

using dgram::Event;

namespace {

/// What has ended the last wait does not count for the next.
struct Waiting : test::BoundBench {
  using BoundBench::BoundBench;
  void send_and_wait_for_it(std::string_view text) {
    send(text);
    test::await_readable(*channel);
  }
  /// Asks for up to `room` datagrams.
  std::size_t receive(std::size_t room) {
    test::Slots slots(room);
    std::size_t count = 0;
    const std::error_code ec = channel->receive_batch(slots.all(), count);
    if (ec && ec != asio::error::would_block) throw std::system_error(ec, "receive_batch");
    return count;
  }
  bool has_ended() { return probe(Event::read).calls > ended_; }
  void wait_until_ready() {
    run_until([&] { return has_ended(); });
    CHECK(!probe(Event::read).last);
    ended_ = probe(Event::read).calls;
  }

 private:
  int ended_ = 0;
};

}  // namespace

TEST_CASE("a wait after a batch that came short ends with the next datagram", "[contract][wait]") {
  Waiting bench(GENERATE(from_range(test::worlds())));
  for (int i = 0; i < 5; ++i) {
    bench.wait(Event::read);
    bench.send("x");
    bench.wait_until_ready();
    CHECK(bench.receive(4) == 1);
  }
}

TEST_CASE("a wait after a receive that found nothing ends with the next datagram",
          "[contract][wait]") {
  Waiting bench(GENERATE(from_range(test::worlds())));
  for (const std::size_t room : {1u, 4u}) {
    CHECK(bench.receive(room) == 0);
    bench.wait(Event::read);
    bench.io.poll();
    CHECK(!bench.has_ended());
    bench.send("x");
    bench.wait_until_ready();
    CHECK(bench.receive(room) == 1);
  }
}

TEST_CASE("a datagram that comes between a short batch and the wait ends the wait",
          "[contract][wait]") {
  Waiting bench(GENERATE(from_range(test::worlds())));
  const bool context_sees_it_first = GENERATE(false, true);
  bench.wait(Event::read);
  bench.send("one");
  bench.wait_until_ready();
  CHECK(bench.receive(4) == 1);
  bench.send_and_wait_for_it("two");
  if (context_sees_it_first) {
    bench.io.restart();
    bench.io.poll();  // while nobody waits
  }
  bench.wait(Event::read);
  bench.wait_until_ready();
  CHECK(bench.receive(4) == 1);
}

TEST_CASE("a wait after a full batch ends at once while there is more", "[contract][wait]") {
  Waiting bench(GENERATE(from_range(test::worlds())));
  const std::size_t room = GENERATE(1u, 2u);
  bench.wait(Event::read);
  for (int i = 0; i < 6; ++i) bench.send("x");
  std::size_t got = 0;
  while (got < 6) {
    bench.wait_until_ready();
    got += bench.receive(room);
    bench.wait(Event::read);
  }
  bench.io.restart();
  bench.io.poll();
  bench.send("y");
  bench.wait_until_ready();
}

TEST_CASE("a wait after more was asked for than one call brings ends at once while there is more",
          "[contract][wait]") {
  Waiting bench(GENERATE(from_range(test::worlds())));
  constexpr std::size_t sent = 80;  // a call of the kernel brings 64 at most
  bench.wait(Event::read);
  for (std::size_t i = 0; i < sent; ++i) bench.send("x");
  std::size_t got = 0;
  while (got < sent) {
    bench.wait_until_ready();
    got += bench.receive(2 * sent);
    bench.wait(Event::read);
  }
}

TEST_CASE("a wait that ended and was not used lets the next one end, too", "[contract][wait]") {
  Waiting bench(GENERATE(from_range(test::worlds())));
  CHECK(bench.receive(4) == 0);  // emptied
  bench.send_and_wait_for_it("x");
  for (int i = 0; i < 3; ++i) {
    bench.wait(Event::read);
    bench.wait_until_ready();
  }
  CHECK(bench.receive(4) == 1);
}

TEST_CASE("the same after a batch that came short", "[contract][wait]") {
  Waiting bench(GENERATE(from_range(test::worlds())));
  bench.wait(Event::read);
  bench.send("x");
  bench.wait_until_ready();
  CHECK(bench.receive(4) == 1);
  bench.send_and_wait_for_it("y");
  for (int i = 0; i < 3; ++i) {
    bench.wait(Event::read);
    bench.wait_until_ready();
  }
  CHECK(bench.receive(4) == 1);
}

TEST_CASE("a wait after a cancelled one ends with the next datagram, whenever that came",
          "[contract][wait]") {
  Waiting bench(GENERATE(from_range(test::worlds())));
  const bool before = GENERATE(false, true);
  CHECK(bench.receive(4) == 0);
  bench.wait(Event::read);
  if (before) bench.send_and_wait_for_it("x");
  bench.channel->cancel_wait(Event::read);
  bench.run_until([&] { return bench.has_ended(); });
  CHECK(bench.probe(Event::read).last == asio::error::operation_aborted);
  bench.wait(Event::read);
  if (!before) bench.send("x");
  bench.run_until([&] { return bench.probe(Event::read).calls == 2; });
  CHECK(!bench.probe(Event::read).last);
  CHECK(bench.receive(4) == 1);
}

TEST_CASE("an error that comes after a short batch ends the wait", "[contract][wait]") {
  const test::World world = GENERATE(from_range(test::worlds()));
  test::Bench gone(world);
  const dgram::Endpoint nobody = test::open_bound(*gone.channel);
  gone.close();
  Waiting bench(world);
  REQUIRE(!bench.channel->connect(nobody));
  CHECK(bench.receive(4) == 0);
  bench.wait(Event::read);
  bench.io.poll();
  CHECK(!bench.has_ended());
  REQUIRE(!test::send(*bench.channel, "anybody?", nullptr));
  bench.wait_until_ready();
  test::Slots slots(4);
  std::size_t count = 0;
  CHECK(bench.channel->receive_batch(slots.all(), count) == asio::error::connection_refused);
}

TEST_CASE("waits for both directions end on their own", "[contract][wait]") {
  Waiting bench(GENERATE(from_range(test::worlds())));
  CHECK(bench.receive(4) == 0);
  bench.wait(Event::read);
  bench.wait(Event::write);
  bench.run_until([&] { return bench.probe(Event::write).calls == 1; });
  CHECK(!bench.has_ended());
  bench.send("x");
  bench.wait_until_ready();
  bench.wait(Event::write);
  bench.run_until([&] { return bench.probe(Event::write).calls == 2; });
}

}  // namespace contract_wait_again_test
