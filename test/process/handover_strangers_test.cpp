// What a handover meets that is no other Handover, or a broken one: other programs, other versions,
// other users.
#include <sys/socket.h>
#include <unistd.h>

#include <dgram/dgram.hpp>
#include <dgram/process/descriptor_link.hpp>
#include <dgram/process/handover.hpp>
#include <filesystem>

#include "another_user.hpp"
#include "folder.hpp"
#include "handover_stage.hpp"
#include "support/catch2.hpp"
#include "support/loopback.hpp"
#include "support/run.hpp"
#include "support/run_until.hpp"

namespace process_handover_strangers_test {

namespace {

using dgram::Descriptor;
using dgram::DescriptorLink;
using dgram::Handover;
using dgram::HandoverErrc;
using dgram::NamedDescriptors;
using namespace std::chrono_literals;
using test::AnotherUser;

Descriptor connect_to(const std::string& path) {
  Descriptor connection(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
  const sockaddr_un address = test::address_of(path);
  REQUIRE(::connect(
              connection.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  return connection;
}

struct Stage : test::HandoverStage {
  /// What take_over says; `answers` come from a program at the path, with its listener beside the
  /// first where that is asked for.
  std::error_code take_over_from(const std::vector<std::string>& answers,
                                 bool with_listener = false,
                                 bool closes = false) {
    const Descriptor listener = test::listen_at(path);
    Handover handover = make();
    std::error_code ec;
    const Handover::duration timeout = closes ? 100ms : 5s;
    const auto takes = [&]() -> asio::awaitable<void> {
      const NamedDescriptors taken = co_await handover.take_over(timeout, ec);
      CHECK(taken.empty());
    };
    asio::co_spawn(io, takes(), asio::detached);
    io.restart();
    io.poll();  // it has called
    {
      DescriptorLink link(io.get_executor(),
                          Descriptor(::accept(listener.get(), nullptr, nullptr)));
      std::error_code ignored;
      const std::vector<int> handles(with_listener ? 1 : 0, listener.get());
      bool first = true;
      for (const std::string& answer : answers) {
        REQUIRE(link.try_send(
            answer, first ? std::span<const int>(handles) : std::span<const int>(), ignored));
        first = false;
      }
      if (!closes) test::run(io);
    }
    if (closes) test::run(io);
    std::filesystem::remove(path);
    return ec;
  }

  void open_to_all() {
    std::filesystem::permissions(folder / ".", std::filesystem::perms::all);
    if (std::filesystem::exists(path))
      std::filesystem::permissions(path, std::filesystem::perms::all);
  }
};

}  // namespace

TEST_CASE("another program at the path is told from a predecessor", "[handover]") {
  Stage stage;
  CHECK(stage.take_over_from({"220 mail.example ESMTP"}) == std::errc::protocol_error);
  CHECK(stage.take_over_from({"dgram-handover"}) == std::errc::protocol_error);
  CHECK(stage.take_over_from({"dgram-handover x sockets 1"}) == std::errc::protocol_error);
  CHECK(stage.take_over_from({"dgram-handover 1 sockets"}) == std::errc::protocol_error);
  CHECK(stage.take_over_from({"dgram-handover 1 sockets 99999999999999999999"}) ==
        std::errc::protocol_error);
  for (const char* words : {"dgram-handover 01 sockets 1",
                            "dgram-handover 1 sockets 01",
                            "dgram-handover 1 sockets 1 ",
                            "dgram-handover 1 sockets -0",
                            "dgram-handover 1 sockets +1"}) {
    INFO(words);
    CHECK(stage.take_over_from({words, "name"}, true) == std::errc::protocol_error);
  }
  CHECK(stage.take_over_from({"dgram-handover 1 sockets 1000000"}, true) ==
        std::errc::protocol_error);
  CHECK(stage.take_over_from({"dgram-handover 1 sockets 0"}) ==
        std::errc::protocol_error);  // without its listener
  CHECK(stage.take_over_from({"dgram-handover 1 sockets 1", "name of nothing"}, true) ==
        std::errc::protocol_error);
}

TEST_CASE("a predecessor that refuses says why", "[handover]") {
  Stage stage;
  CHECK(stage.take_over_from({"dgram-handover 2 anything at all"}) == HandoverErrc::version);
  CHECK(stage.take_over_from({"dgram-handover 1 refused"}) == asio::error::access_denied);
}

TEST_CASE("a predecessor that withdraws is asked again, until the time is up", "[handover]") {
  Stage stage;
  CHECK(stage.take_over_from({"withdrawn"}, false, true) == HandoverErrc::withdrawn);
  CHECK(stage.take_over_from({"dgram-handover 1 sockets 1", "withdrawn"}, true, true) ==
        HandoverErrc::withdrawn);
}

TEST_CASE("one that hangs up is called again, until the time is up", "[handover]") {
  Stage stage;
  CHECK(stage.take_over_from({}, false, true) == asio::error::timed_out);
}

TEST_CASE("a program that never answers is given up", "[handover]") {
  Stage stage;
  const Descriptor listener = test::listen_at(stage.path);
  Handover handover = stage.make();
  const auto body = [&]() -> asio::awaitable<void> {
    std::error_code ec;
    const NamedDescriptors taken = co_await handover.take_over(20ms, ec);
    CHECK(ec == asio::error::timed_out);
  };
  test::run(stage.io, body());
}

TEST_CASE("a predecessor that withdraws and ends leaves nobody, and that is no error",
          "[handover]") {
  const bool has_begun = GENERATE(false, true);  // to hand over
  Stage stage;
  Descriptor listener = test::listen_at(stage.path);
  Handover handover = stage.make();
  bool serves = false;
  const auto body = [&]() -> asio::awaitable<void> {
    const NamedDescriptors taken = co_await handover.take_over();
    CHECK(taken.empty());
    co_await handover.ready();
    serves = true;
  };
  asio::co_spawn(stage.io, body(), asio::detached);
  stage.io.poll();
  {
    DescriptorLink link(stage.io.get_executor(),
                        Descriptor(::accept(listener.get(), nullptr, nullptr)));
    std::error_code ec;
    const std::array first = {listener.get()};
    if (has_begun) REQUIRE(link.try_send("dgram-handover 1 sockets 1", first, ec));
    REQUIRE(link.try_send("withdrawn", {}, ec));
    std::filesystem::remove(stage.path);
    listener = Descriptor();
  }
  test::run(stage.io);
  CHECK(serves);
}

TEST_CASE("a predecessor that dies without a word leaves the sockets to the successor",
          "[handover]") {
  Stage stage;
  Descriptor listener = test::listen_at(stage.path);
  Handover handover = stage.make();
  dgram::Socket socket = test::bound(stage.io);
  std::optional<DescriptorLink> link;
  bool serves = false;
  const auto body = [&]() -> asio::awaitable<void> {
    NamedDescriptors taken = co_await handover.take_over();
    CHECK(taken.names() == std::vector<std::string>{"a socket"});
    link.reset();
    listener = Descriptor();
    co_await handover.ready();
    co_await handover.predecessor_gone();
    serves = true;
  };
  asio::co_spawn(stage.io, body(), asio::detached);
  stage.io.poll();
  link.emplace(stage.io.get_executor(), Descriptor(::accept(listener.get(), nullptr, nullptr)));
  std::error_code ec;
  const std::array first = {listener.get()};
  const std::array second = {socket.native_handle()};
  REQUIRE(link->try_send("dgram-handover 1 sockets 1", first, ec));
  REQUIRE(link->try_send("a socket", second, ec));
  test::run(stage.io);
  CHECK(serves);
  const Descriptor next = connect_to(stage.path);  // it listens where the predecessor did
}

TEST_CASE("a successor gives up a predecessor that hangs, which then keeps the sockets",
          "[handover]") {
  Stage stage;
  const Descriptor listener = test::listen_at(stage.path);
  Handover handover = stage.make();
  std::optional<DescriptorLink> link;
  std::error_code ready;
  const auto body = [&]() -> asio::awaitable<void> {
    const NamedDescriptors taken = co_await handover.take_over();
    co_await handover.ready(10ms, ready);
  };
  asio::co_spawn(stage.io, body(), asio::detached);
  stage.io.poll();
  link.emplace(stage.io.get_executor(), Descriptor(::accept(listener.get(), nullptr, nullptr)));
  std::error_code ec;
  const std::array first = {listener.get()};
  REQUIRE(link->try_send("dgram-handover 1 sockets 0", first, ec));
  test::run(stage.io);
  CHECK(ready == asio::error::timed_out);
  // It wakes up, finds that the successor was ready, and cannot give the sockets away any more.
  DescriptorLink::Message message;
  CHECK(link->try_receive(message, ec));
  CHECK(message.bytes == "dgram-handover 1");
  CHECK(link->try_receive(message, ec));
  CHECK(message.bytes == "ready");
  CHECK_FALSE(link->try_send("yours", {}, ec));
  CHECK(ec == asio::error::broken_pipe);
}

TEST_CASE("callers that are no successors are sent away, logged, and keep nobody from the sockets",
          "[handover]") {
  Stage stage;
  std::vector<std::string> log;
  dgram::set_log_handler(stage.io,
                         [&](dgram::LogLevel, std::string_view text) { log.emplace_back(text); });
  Handover first = stage.make(), second = stage.make();
  dgram::Socket socket = test::bound(stage.io);
  bool handed_over = false;
  const auto serves = [&]() -> asio::awaitable<void> {
    first.offer("echo", socket.native_handle());
    co_await first.ready();
    co_await first.handed_over();
    handed_over = true;
  };
  asio::co_spawn(stage.io, serves(), asio::detached);
  stage.io.poll();
  std::string said, expected_answer, expected_log;
  SECTION("nothing at all") {}
  SECTION("something else") {
    said = "GET / HTTP/1.1";
    expected_answer = "dgram-handover 1 refused";
    expected_log = "rotocol error";
  }
  SECTION("another version") {
    said = "dgram-handover 2";
    expected_answer = "dgram-handover 1 refused";
    expected_log = "another version";
  }
  SECTION("more than a greeting") {
    said = "dgram-handover 1 and more";
    expected_answer = "dgram-handover 1 refused";
    expected_log = "rotocol error";
  }
  {
    DescriptorLink stranger(stage.io.get_executor(), connect_to(stage.path));
    std::error_code ec;
    if (!said.empty()) {
      REQUIRE(stranger.try_send(said, {}, ec));
      std::string answer;
      const auto hears = [&]() -> asio::awaitable<void> {
        const auto message = co_await stranger.receive();
        if (message) answer = message->bytes;
        const auto end = co_await stranger.receive();
        CHECK_FALSE(end);
      };
      bool heard = false;
      asio::co_spawn(stage.io, hears(), [&](std::exception_ptr) { heard = true; });
      test::run_until(stage.io, [&] { return heard; });
      CHECK(answer == expected_answer);
    }
  }
  const auto takes = [&]() -> asio::awaitable<void> {
    const NamedDescriptors taken = co_await second.take_over();
    CHECK(taken.size() == 1);
    co_await second.ready();
  };
  test::run(stage.io, takes());
  CHECK(handed_over);
  REQUIRE(log.size() == (expected_log.empty() ? 0u : 1u));
  if (!log.empty()) CHECK_THAT(log[0], Catch::Matchers::ContainsSubstring(expected_log));
}

TEST_CASE("another user's process is handed nothing, also where the path lets it in",
          "[handover]") {
  if (::geteuid() != 0) return;  // only root can become somebody else
  Stage stage;
  std::vector<std::string> log;
  dgram::set_log_handler(stage.io,
                         [&](dgram::LogLevel, std::string_view text) { log.emplace_back(text); });
  Handover first = stage.make();
  dgram::Socket socket = test::bound(stage.io);
  const auto serves = [&]() -> asio::awaitable<void> {
    first.offer("echo", socket.native_handle());
    co_await first.ready();
    co_await first.handed_over();
  };
  asio::co_spawn(stage.io, serves(), asio::detached);
  stage.io.poll();
  stage.open_to_all();
  Descriptor connection;
  {
    const AnotherUser other;
    connection = connect_to(stage.path);
  }
  DescriptorLink stranger(stage.io.get_executor(), std::move(connection));
  std::error_code ec;
  REQUIRE(stranger.try_send("dgram-handover 1", {}, ec));
  DescriptorLink::Message answer;
  test::run_until(stage.io, [&] { return stranger.try_receive(answer, ec); });
  CHECK(answer.bytes == "dgram-handover 1 refused");
  CHECK(answer.descriptors.empty());
  test::run_until(stage.io, [&] { return !log.empty(); });
  CHECK_THAT(log[0], Catch::Matchers::ContainsSubstring("of user 65534"));
}

TEST_CASE("nothing is taken over from another user's process", "[handover]") {
  if (::geteuid() != 0) return;  // only root can become somebody else
  Stage stage;
  stage.open_to_all();
  Descriptor listener;
  {
    const AnotherUser other;
    listener = test::listen_at(stage.path);
  }
  Handover handover = stage.make();
  const auto body = [&]() -> asio::awaitable<void> {
    std::error_code ec;
    const NamedDescriptors taken = co_await handover.take_over(1s, ec);
    CHECK(ec == asio::error::access_denied);
  };
  test::run(stage.io, body());
}

TEST_CASE("closing ends a take_over that waits to ask again", "[handover]") {
  Stage stage;
  const Descriptor listener = test::listen_at(stage.path);
  Handover handover = stage.make();
  std::error_code ec;
  const auto takes = [&]() -> asio::awaitable<void> {
    const NamedDescriptors taken = co_await handover.take_over(1s, ec);
  };
  asio::co_spawn(stage.io, takes(), asio::detached);
  stage.io.poll();
  { const Descriptor hangs_up(::accept(listener.get(), nullptr, nullptr)); }
  stage.io.poll();
  handover.close();
  test::run(stage.io);
  CHECK(ec == asio::error::operation_aborted);
}

TEST_CASE("a socket that was closed on the list spoils the handover, not the predecessor",
          "[handover]") {
  Stage stage;
  std::vector<std::string> log;
  dgram::set_log_handler(stage.io,
                         [&](dgram::LogLevel, std::string_view text) { log.emplace_back(text); });
  Handover first = stage.make(), second = stage.make();
  dgram::Socket good = test::bound(stage.io), closed = test::bound(stage.io);
  const int handle = closed.native_handle();
  bool handed_over = false;
  const auto serves = [&]() -> asio::awaitable<void> {
    first.offer("good", good.native_handle());
    first.offer("closed", handle);
    co_await first.ready();
    co_await first.handed_over();
    handed_over = true;
  };
  asio::co_spawn(stage.io, serves(), asio::detached);
  stage.io.poll();
  closed.close();
  Descriptor with_its_number;
  SECTION("its number is free") {}
  SECTION("its number is another one's by now") {
    with_its_number = Descriptor(::dup2(good.native_handle(), handle));
    REQUIRE(with_its_number.get() == handle);
  }
  const auto takes = [&]() -> asio::awaitable<void> {
    std::error_code ec;
    const NamedDescriptors taken = co_await second.take_over(100ms, ec);
    CHECK(taken.empty());
    CHECK(ec == HandoverErrc::withdrawn);
    CHECK_FALSE(handed_over);
    first.withdraw(handle);
    const NamedDescriptors again = co_await second.take_over();
    CHECK(again.size() == 1);
    co_await second.ready();
  };
  test::run(stage.io, takes());
  CHECK(handed_over);
  REQUIRE(log.size() == 1);
  CHECK_THAT(log[0], Catch::Matchers::ContainsSubstring("Bad file descriptor"));
}

}  // namespace process_handover_strangers_test
