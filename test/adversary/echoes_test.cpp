// Two echo services that answer each other for ever.
#include <algorithm>
#include <asio/awaitable.hpp>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/post.hpp>
#include <dgram/dgram.hpp>
#include <string>
#include <system_error>

#include "adversary/path.hpp"
#include "support/catch2.hpp"

namespace adversary_echoes_test {

namespace {

asio::awaitable<void> echo(dgram::Socket& socket, std::uint64_t answers) {
  for (std::uint64_t i = 0; i < answers; ++i) {
    const dgram::Datagram datagram = co_await socket.recv();
    co_await socket.send(datagram, datagram.remote());
  }
}

}  // namespace

TEST_CASE("two echo services that answer each other multiply nothing, and let others work",
          "[adversary][echo]") {
  test::Path path(test::Ip(GENERATE(false, true)));
  constexpr std::uint64_t seeds = 50;
  const std::uint64_t answers = test::flood_size();
  const dgram::Endpoint back(path.ip("10.0.0.1", "fd00::1"), path.sender.local_endpoint().port());
  for (std::uint64_t i = 0; i < seeds; ++i) {
    test::send(path.sender, "seed", path.to);
    test::send(path.receiver, "seed", back);
  }
  // A service that has sent all its answers stops; by then the other one has got that many as well.
  asio::co_spawn(path.io, echo(path.sender, answers), asio::detached);
  asio::co_spawn(path.io, echo(path.receiver, answers), asio::detached);
  std::uint64_t others = 0;
  std::size_t most_held = 0;
  const auto work = [&](auto again) -> void {
    ++others;
    most_held = std::max<std::size_t>(most_held, path.sender.stats().pinned_bytes);
    if (path.sender.stats().datagrams_sent < answers + seeds)
      asio::post(path.io, [again] { again(again); });
  };
  work(work);
  test::run(path.io);
  CHECK(others > answers / 1000);
  CHECK(most_held < (std::size_t{1} << 20));

  std::uint64_t left = 0;
  const auto all_sent = path.sender.stats().datagrams_sent + path.receiver.stats().datagrams_sent;
  const auto all_received = [&] {
    std::error_code ec;
    while (path.sender.try_recv(ec)) ++left;
    while (path.receiver.try_recv(ec)) ++left;
    return path.sender.stats().datagrams_received + path.receiver.stats().datagrams_received;
  };
  CHECK(all_received() == all_sent);
  CHECK(left == 2 * seeds);
}

}  // namespace adversary_echoes_test
