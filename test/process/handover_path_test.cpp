// The path of a handover: what is there already, and what is there when it is closed.
#include <sys/socket.h>

#include <dgram/dgram.hpp>
#include <dgram/process/handover.hpp>
#include <filesystem>
#include <fstream>

#include "handover_stage.hpp"
#include "support/catch2.hpp"
#include "support/run.hpp"

namespace process_handover_path_test {

namespace {

using dgram::Descriptor;
using dgram::Handover;
using dgram::NamedDescriptors;
using Stage = test::HandoverStage;
using namespace std::chrono_literals;

}  // namespace

TEST_CASE("a socket that a dead process left is no predecessor, and is replaced", "[handover]") {
  Stage stage;
  { const Descriptor dead = test::listen_at(stage.path); }
  REQUIRE(std::filesystem::exists(stage.path));
  Handover first = stage.make(), second = stage.make();
  const auto body = [&]() -> asio::awaitable<void> {
    const NamedDescriptors taken = co_await first.take_over();
    CHECK(taken.empty());
    co_await first.ready();
    // And it is a live one now.
    std::error_code ec;
    co_await second.ready(1s, ec);
    CHECK(ec == asio::error::address_in_use);
  };
  test::run(stage.io, body());
}

TEST_CASE("what is no socket is never removed", "[handover]") {
  Stage stage;
  std::ofstream(stage.path) << "somebody's data";
  Handover handover = stage.make();
  const auto body = [&]() -> asio::awaitable<void> {
    const NamedDescriptors taken = co_await handover.take_over();
    CHECK(taken.empty());
    std::error_code ec;
    co_await handover.ready(1s, ec);
    CHECK(ec == std::errc::file_exists);
  };
  test::run(stage.io, body());
  handover.close();
  CHECK(std::filesystem::file_size(stage.path) == 15);
}

TEST_CASE("what others have put in the place of the path stays when it is closed", "[handover]") {
  Stage stage;
  for (const bool is_socket : {false, true}) {
    INFO(is_socket);
    Handover handover = stage.make();
    test::run(stage.io, handover.ready());
    REQUIRE(std::filesystem::remove(stage.path));
    Descriptor others;
    if (is_socket)
      others = test::listen_at(stage.path);
    else
      std::ofstream(stage.path) << "somebody's data";
    handover.close();
    CHECK(std::filesystem::exists(stage.path));
    std::filesystem::remove(stage.path);
  }
}

TEST_CASE("a folder that is not there is said so by ready", "[handover]") {
  Stage stage;
  stage.path = stage.folder / "no/such/folder";
  Handover handover = stage.make();
  const auto body = [&]() -> asio::awaitable<void> {
    const NamedDescriptors taken = co_await handover.take_over();
    CHECK(taken.empty());
    try {
      co_await handover.ready();
    } catch (const dgram::Error& error) {
      CHECK(error.code() == std::errc::no_such_file_or_directory);
      CHECK(error.subject() == stage.path);
    }
  };
  test::run(stage.io, body());
}

TEST_CASE("a socket of another kind at the path is refused by name", "[handover]") {
  Stage stage;
  const Descriptor listener = test::listen_at(stage.path, SOCK_STREAM);
  Handover handover = stage.make();
  const auto body = [&]() -> asio::awaitable<void> {
    std::error_code ec;
    const NamedDescriptors taken = co_await handover.take_over(5s, ec);
    CHECK(ec == std::errc::wrong_protocol_type);
    co_await handover.ready(5s, ec);
    CHECK(ec == asio::error::address_in_use);
  };
  test::run(stage.io, body());
}

}  // namespace process_handover_path_test
