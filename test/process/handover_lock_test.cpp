// The lock file of a handover's path: held by others, or another user's.
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <dgram/dgram.hpp>
#include <dgram/process/handover.hpp>
#include <filesystem>
#include <optional>

#include "another_user.hpp"
#include "handover_stage.hpp"
#include "support/catch2.hpp"
#include "support/run.hpp"

namespace process_handover_lock_test {

namespace {

using dgram::Descriptor;
using dgram::Handover;
using namespace std::chrono_literals;
using test::AnotherUser;
using Stage = test::HandoverStage;

/// What another program holds.
Descriptor held_lock_of(const Stage& stage) {
  Descriptor file(::open((stage.path + ".lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666));
  REQUIRE(::flock(file.get(), LOCK_EX | LOCK_NB) == 0);
  return file;
}

/// A folder as /tmp is, to those who may write there.
void open_to_all(const Stage& stage) {
  std::filesystem::permissions(stage.folder / ".", std::filesystem::perms::all);
}

}  // namespace

TEST_CASE(
    "a lock file that another program holds costs ready its timeout, and nobody else a moment",
    "[handover]") {
  Stage stage;
  std::vector<std::string> said;
  dgram::set_log_handler(stage.io,
                         [&](dgram::LogLevel, std::string_view text) { said.emplace_back(text); });
  const Descriptor held = held_lock_of(stage);
  Handover handover = stage.make();
  bool done = false;
  unsigned turns = 0;
  const auto others = [&]() -> asio::awaitable<void> {
    while (!done) {
      co_await asio::post(stage.io, asio::use_awaitable);
      ++turns;
    }
  };
  const auto body = [&]() -> asio::awaitable<void> {
    const auto before = std::chrono::steady_clock::now();
    std::error_code ec;
    co_await handover.ready(5ms, ec);
    CHECK(ec == asio::error::timed_out);
    CHECK(std::chrono::steady_clock::now() - before >= 5ms);
    try {
      co_await handover.ready(0ms);
    } catch (const dgram::Error& error) {
      CHECK(error.code() == asio::error::timed_out);
      CHECK(error.subject() == stage.path + ".lock, held by another process");
    }
    done = true;
  };
  asio::co_spawn(stage.io, others(), asio::detached);
  test::run(stage.io, body());
  CHECK(turns > 1);
  REQUIRE(said.size() == 1);
  CHECK(said[0].find(stage.path + ".lock, held by another process") != std::string::npos);
  CHECK_FALSE(test::exists(stage.path));
}

TEST_CASE("ready goes on when the lock file is let go", "[handover]") {
  Stage stage;
  Descriptor held = held_lock_of(stage);
  Handover handover = stage.make();
  bool done = false;
  const auto waits = [&]() -> asio::awaitable<void> {
    co_await handover.ready(1min);
    done = true;
  };
  asio::co_spawn(stage.io, waits(), asio::detached);
  const auto body = [&]() -> asio::awaitable<void> {
    std::error_code ec;
    co_await handover.ready(1min, ec);
    CHECK(ec == asio::error::already_started);
    CHECK_FALSE(done);
    held = Descriptor();
  };
  test::run(stage.io, body());
  CHECK(done);
  CHECK(test::exists(stage.path));
}

TEST_CASE("ready that waits for the lock file ends when it is closed or cancelled",
          "[handover][cancel]") {
  for (const bool closes : {false, true}) {
    INFO(closes);
    Stage stage;
    const Descriptor held = held_lock_of(stage);
    Handover handover = stage.make();
    asio::cancellation_signal stop;
    std::error_code ec;
    const auto waits = [&]() -> asio::awaitable<void> { co_await handover.ready(1min, ec); };
    asio::co_spawn(
        stage.io, waits(), asio::bind_cancellation_slot(stop.slot(), [](std::exception_ptr) {}));
    stage.io.poll();
    stage.io.restart();
    if (closes)
      handover.close();
    else
      stop.emit(asio::cancellation_type::terminal);
    test::run(stage.io);
    CHECK(ec == asio::error::operation_aborted);
    CHECK_FALSE(test::exists(stage.path));
  }
}

TEST_CASE("a process that ends removes its path at once, whoever holds the lock file",
          "[handover]") {
  Stage stage;
  Handover handover = stage.make();
  test::run(stage.io, handover.ready());
  const Descriptor held = held_lock_of(stage);
  handover.close();
  CHECK_FALSE(test::exists(stage.path));
}

TEST_CASE("a lock file that is another user's is an error that says whose", "[handover]") {
  if (::geteuid() != 0) return;
  constexpr uid_t somebody = 65533;
  for (const bool is_root : {true, false}) {
    for (const mode_t mode : {0666u, 0600u}) {
      INFO(is_root << ' ' << mode);
      Stage stage;
      open_to_all(stage);
      std::vector<std::string> said;
      dgram::set_log_handler(
          stage.io, [&](dgram::LogLevel, std::string_view text) { said.emplace_back(text); });
      const std::string lock = stage.path + ".lock";
      const Descriptor made(::open(lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, mode));
      REQUIRE(::fchown(made.get(), somebody, somebody) == 0);
      REQUIRE(::fchmod(made.get(), mode) == 0);
      Handover handover = stage.make();
      const auto body = [&]() -> asio::awaitable<void> {
        std::error_code ec;
        co_await handover.ready(1min, ec);
        CHECK(ec == asio::error::access_denied);
        try {
          co_await handover.ready(1min);
        } catch (const dgram::Error& error) {
          CHECK(error.code() == asio::error::access_denied);
          CHECK(error.subject() == lock + ", owned by user 65533");
        }
      };
      std::optional<AnotherUser> another;
      if (!is_root) another.emplace();
      test::run(stage.io, body());
      another.reset();
      REQUIRE(said.size() == 1);
      CHECK(said[0].find(lock + ", owned by user 65533") != std::string::npos);
      CHECK_FALSE(test::exists(stage.path));
    }
  }
}

TEST_CASE("a lock file of root's is nobody's fault, where it can be opened", "[handover]") {
  if (::geteuid() != 0) return;
  for (const bool is_open : {true, false}) {
    Stage stage;
    open_to_all(stage);
    const std::string lock = stage.path + ".lock";
    const Descriptor made(::open(lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    REQUIRE(::fchmod(made.get(), is_open ? 0666 : 0600) == 0);
    const AnotherUser another;
    Handover handover = stage.make();
    std::error_code ec;
    std::string subject;
    const auto body = [&]() -> asio::awaitable<void> {
      try {
        co_await handover.ready(1min);
      } catch (const dgram::Error& error) {
        ec = error.code();
        subject = error.subject();
      }
    };
    test::run(stage.io, body());
    CHECK(ec == (is_open ? std::error_code() : asio::error::access_denied));
    CHECK(subject == (is_open ? "" : lock + ", owned by user 0"));
  }
}

}  // namespace process_handover_lock_test
