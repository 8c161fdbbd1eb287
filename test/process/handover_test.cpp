// A handover between two Handovers in one process: who has the sockets at each step.
#include <sys/stat.h>

#include <dgram/dgram.hpp>
#include <dgram/process/handover.hpp>

#include "handover_stage.hpp"
#include "support/catch2.hpp"
#include "support/loopback.hpp"
#include "support/numbers.hpp"
#include "support/run.hpp"

namespace process_handover_test {

namespace {

using dgram::Descriptor;
using dgram::HandoverErrc;
using dgram::Handover;
using dgram::NamedDescriptors;
using namespace std::chrono_literals;

using test::exists;
using Stage = test::HandoverStage;

}  // namespace

TEST_CASE("the first start takes over nothing, and makes a path for its own user only",
          "[handover]") {
  Stage stage;
  Handover first = stage.make();
  const auto body = [&]() -> asio::awaitable<void> {
    const NamedDescriptors taken = co_await first.take_over();
    CHECK(taken.empty());
    CHECK_FALSE(exists(stage.path));
    co_await first.ready();
    struct stat status;
    REQUIRE(::stat(stage.path.c_str(), &status) == 0);
    CHECK(S_ISSOCK(status.st_mode));
    CHECK((status.st_mode & 0777) == 0600);
    co_await first.ready();  // no effect
    co_await first.predecessor_gone();
  };
  test::run(stage.io, body());
  first.close();
  CHECK_FALSE(exists(stage.path));
}

TEST_CASE("a successor has the same kernel sockets: queue, settings, peer", "[handover]") {
  Stage stage;
  Handover first = stage.make(), second = stage.make();
  dgram::Socket peer = test::bound(stage.io);
  dgram::Socket plain = test::bound(stage.io), connected = test::bound(stage.io);
  plain.set_ttl(33);
  connected.connect(peer.local_endpoint());
  test::put(peer, plain, "queued");
  Stage::Waiting waiting;
  const auto body = [&]() -> asio::awaitable<void> {
    first.offer("connected", connected.native_handle());
    co_await stage.serve(first, plain);
    stage.await(first, waiting);
    NamedDescriptors taken = co_await second.take_over();
    CHECK(taken.names() == std::vector<std::string>{"connected", "echo"});
    dgram::Socket new_plain(stage.io), new_connected(stage.io);
    new_plain.adopt(taken.take("echo"));
    new_connected.adopt(taken.take("connected"));
    CHECK(taken.empty());
    CHECK_FALSE(taken.take("echo"));
    CHECK(new_plain.local_endpoint() == plain.local_endpoint());
    CHECK(new_plain.ttl() == 33);
    CHECK(new_connected.remote_endpoint() == peer.local_endpoint());
    co_await second.ready();
    std::error_code ec;
    const auto queued = new_plain.try_recv(ec);
    REQUIRE(queued);
    CHECK(queued->text() == "queued");
    // The predecessor's end is not the end of the socket.
    plain.close();
    connected.close();
    test::put(peer, new_plain, "later");
    const dgram::Datagram later = co_await new_plain.recv();
    CHECK(later.text() == "later");
  };
  test::run(stage.io, body());
  CHECK(waiting.done);
  CHECK_FALSE(waiting.ec);
}

TEST_CASE("the predecessor serves until the successor is ready, and is then told", "[handover]") {
  Stage stage;
  Handover first = stage.make(), second = stage.make(), third = stage.make();
  dgram::Socket socket = test::bound(stage.io);
  Stage::Waiting waiting, waiting_again;
  const auto body = [&]() -> asio::awaitable<void> {
    co_await stage.serve(first, socket);
    stage.await(first, waiting);
    NamedDescriptors taken = co_await second.take_over();
    CHECK_FALSE(waiting.done);
    dgram::Socket second_socket(stage.io);
    second_socket.adopt(taken.take("echo"));
    CHECK_FALSE(waiting.done);
    second.offer("echo", second_socket.native_handle());
    co_await second.ready();
    first.close();
    co_await second.predecessor_gone();
    CHECK(waiting.done);
    CHECK(exists(stage.path));  // it is the successor's now
    // From which the next one takes over.
    stage.await(second, waiting_again);
    NamedDescriptors again = co_await third.take_over();
    CHECK(again.names() == std::vector<std::string>{"echo"});
    co_await third.ready();
  };
  test::run(stage.io, body());
  CHECK(waiting_again.done);
  CHECK_FALSE(waiting_again.ec);
  third.close();
  CHECK_FALSE(exists(stage.path));
}

TEST_CASE("a successor that ends before it is ready changes nothing", "[handover]") {
  Stage stage;
  Handover first = stage.make(), second = stage.make(), third = stage.make();
  dgram::Socket socket = test::bound(stage.io);
  Stage::Waiting waiting;
  const auto body = [&]() -> asio::awaitable<void> {
    co_await stage.serve(first, socket);
    stage.await(first, waiting);
    NamedDescriptors taken = co_await second.take_over();
    CHECK(taken.size() == 1);
    second.close();
    CHECK(exists(stage.path));
    NamedDescriptors by_third = co_await third.take_over();
    CHECK(by_third.size() == 1);
    CHECK_FALSE(waiting.done);
    co_await third.ready();
  };
  test::run(stage.io, body());
  CHECK(waiting.done);
  CHECK_FALSE(waiting.ec);
}

TEST_CASE("a successor that is not ready in time is told so, and the predecessor goes on",
          "[handover]") {
  Stage stage;
  Handover first = stage.make(), second = stage.make(), third = stage.make();
  dgram::Socket socket = test::bound(stage.io);
  Stage::Waiting waiting;
  const auto body = [&]() -> asio::awaitable<void> {
    co_await stage.serve(first, socket);
    stage.await(first, waiting, 1ms);
    NamedDescriptors taken = co_await second.take_over();
    // Behind it the next one comes to its turn only when the predecessor has given it up.
    NamedDescriptors by_third = co_await third.take_over();
    CHECK(by_third.size() == 1);
    std::error_code ec;
    co_await second.ready(10s, ec);
    CHECK(ec == HandoverErrc::withdrawn);
    CHECK_FALSE(waiting.done);
    first.close();
  };
  test::run(stage.io, body());
  CHECK(waiting.ec == asio::error::operation_aborted);
  CHECK(socket.is_open());
}

TEST_CASE("a successor that waits for its predecessor's end goes on in order", "[handover]") {
  Stage stage;
  Handover second = stage.make();
  dgram::Socket socket = test::bound(stage.io), sender = test::bound(stage.io);
  std::vector<int> got;
  const auto serves = [&]() -> asio::awaitable<void> {
    Handover first = stage.make();
    co_await test::hold_some(sender, socket, 64, 1, got);
    co_await stage.serve(first, socket);
    co_await first.handed_over();
    socket.stop_receiving();
    test::put_numbers(sender, socket, 64, 74);
    // Its answers take a while.
    for (;;) {
      std::error_code ec;
      const dgram::Datagram datagram = co_await socket.recv(ec);
      if (ec) break;
      got.push_back(test::number(datagram));
      co_await asio::post(stage.io, asio::use_awaitable);
    }
  };
  const auto succeeds = [&]() -> asio::awaitable<void> {
    while (!exists(stage.path)) co_await asio::post(stage.io, asio::use_awaitable);
    NamedDescriptors taken = co_await second.take_over();
    dgram::Socket mine(stage.io);
    mine.adopt(taken.take("echo"));
    co_await second.ready();
    co_await second.predecessor_gone();
    std::error_code ec;
    while (got.size() < 74) {
      const dgram::Datagram datagram = co_await mine.recv();
      got.push_back(test::number(datagram));
    }
  };
  asio::co_spawn(stage.io, serves(), asio::detached);
  test::run(stage.io, succeeds());
  CHECK(got == test::first_numbers(74));
}

TEST_CASE("a second successor waits for the first, and takes over from it", "[handover]") {
  Stage stage;
  Handover first = stage.make(), second = stage.make(), third = stage.make();
  dgram::Socket socket = test::bound(stage.io);
  Stage::Waiting waiting, waiting_again;
  std::vector<std::string> third_got;
  bool third_done = false;
  const auto by_third = [&]() -> asio::awaitable<void> {
    const NamedDescriptors taken = co_await third.take_over();
    third_got = taken.names();
    third_done = true;
    co_await third.ready();
  };
  const auto body = [&]() -> asio::awaitable<void> {
    co_await stage.serve(first, socket);
    stage.await(first, waiting);
    NamedDescriptors taken = co_await second.take_over();
    asio::co_spawn(stage.io, by_third(), asio::detached);
    second.offer("from the second", taken.take("echo").release());
    CHECK_FALSE(third_done);
    co_await second.ready();
    stage.await(second, waiting_again);
  };
  test::run(stage.io, body());
  CHECK(third_done);
  CHECK(third_got == std::vector<std::string>{"from the second"});
  CHECK(waiting.done);
  CHECK(waiting_again.done);
}

TEST_CASE("any number of sockets goes over, also under one name, in their order", "[handover]") {
  Stage stage;
  Handover first = stage.make(), second = stage.make();
  std::vector<dgram::Socket> sockets;
  std::vector<dgram::Endpoint> names, taken_names;
  for (int i = 0; i < 150; ++i) {
    sockets.push_back(test::bound(stage.io));
    names.push_back(sockets.back().local_endpoint());
    first.offer(i % 2 ? "odd" : "even", sockets.back().native_handle());
  }
  first.withdraw(sockets[7].native_handle());
  sockets[7].close();
  Stage::Waiting waiting;
  const auto body = [&]() -> asio::awaitable<void> {
    co_await first.ready();
    stage.await(first, waiting);
    NamedDescriptors taken = co_await second.take_over();
    CHECK(taken.size() == 149);
    for (int i = 0; i < 150; ++i) {
      if (i == 7) continue;
      dgram::Socket socket(stage.io);
      socket.adopt(taken.take(i % 2 ? "odd" : "even"));
      CHECK(socket.local_endpoint() == names[static_cast<std::size_t>(i)]);
    }
    co_await second.ready();
  };
  test::run(stage.io, body());
  CHECK(waiting.done);
}

TEST_CASE("no socket at all is handed over like any number", "[handover]") {
  Stage stage;
  Handover first = stage.make(), second = stage.make();
  Stage::Waiting waiting;
  const auto body = [&]() -> asio::awaitable<void> {
    co_await first.ready();
    stage.await(first, waiting);
    const NamedDescriptors taken = co_await second.take_over();
    CHECK(taken.empty());
    co_await second.ready();
  };
  test::run(stage.io, body());
  CHECK(waiting.done);
  CHECK_FALSE(waiting.ec);
}

TEST_CASE("a call out of its turn is refused, and spoils nothing", "[handover]") {
  Stage stage;
  Handover first = stage.make(), second = stage.make();
  dgram::Socket socket = test::bound(stage.io);
  Stage::Waiting waiting;
  const auto body = [&]() -> asio::awaitable<void> {
    std::error_code ec;
    co_await first.handed_over(1min, ec);
    CHECK(ec == asio::error::invalid_argument);  // before ready()
    co_await stage.serve(first, socket);
    const NamedDescriptors none = co_await first.take_over(1s, ec);
    CHECK(ec == asio::error::invalid_argument);  // after ready()
    stage.await(first, waiting);
    co_await asio::post(stage.io, asio::use_awaitable);
    co_await first.handed_over(1min, ec);
    CHECK(ec == asio::error::already_started);
    NamedDescriptors taken;
    const auto takes = [&]() -> asio::awaitable<void> { taken = co_await second.take_over(); };
    asio::co_spawn(stage.io, takes(), asio::detached);
    co_await asio::post(stage.io, asio::use_awaitable);
    const NamedDescriptors twice = co_await second.take_over(1s, ec);
    CHECK(ec == asio::error::already_started);
    while (taken.empty()) co_await asio::post(stage.io, asio::use_awaitable);
    co_await second.predecessor_gone(ec);
    CHECK(ec == asio::error::invalid_argument);  // before ready()
    co_await second.ready();
    CHECK(waiting.done);
    co_await first.handed_over(1min, ec);
    CHECK(ec == asio::error::invalid_argument);  // it has
  };
  test::run(stage.io, body());
}

TEST_CASE("names and paths that could not work are refused at once", "[handover]") {
  Stage stage;
  Handover handover = stage.make();
  for (const std::string& name : {std::string(),
                                  std::string(256, 'x'),
                                  std::string("a:b"),
                                  std::string("a\nb"),
                                  std::string("\xc3\xa4")})
    CHECK_THROWS_AS(handover.offer(name, 0), dgram::Error);
  CHECK_THROWS_AS(handover.offer("good", -1), dgram::Error);
  handover.offer(std::string(255, 'x'), 0);

  const auto refusal = [&](const std::string& path) {
    try {
      Handover bad(stage.io.get_executor(), path);
    } catch (const dgram::Error& error) {
      return error.code();
    }
    return std::error_code();
  };
  CHECK(refusal("") == asio::error::invalid_argument);
  CHECK(refusal(std::string("\0abstract", 9)) == asio::error::invalid_argument);
  CHECK(refusal(std::string(108, 'x')) == std::errc::filename_too_long);
  CHECK_FALSE(refusal(std::string(107, 'x')));
}

}  // namespace process_handover_test
