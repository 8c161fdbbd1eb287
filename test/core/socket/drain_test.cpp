// stop_receiving, release and drain: how a descriptor leaves a socket, and how a socket ends, with
// nothing lost.
#include <sys/socket.h>
#include <unistd.h>
#include <array>
#include <chrono>
#include <dgram/dgram.hpp>
#include <optional>
#include <span>
#include <vector>

#include "support/catch2.hpp"
#include "support/channel_kind.hpp"
#include "support/loopback.hpp"
#include "support/numbers.hpp"
#include "support/operations.hpp"
#include "support/outcome.hpp"
#include "support/run.hpp"

namespace socket_drain_test {

namespace {

/// Reads numbers off a descriptor until there is nothing more.
void take_by_hand(int fd, std::vector<int>& got) {
  std::array<char, 100> bytes;
  for (;;) {
    const ssize_t n = ::recv(fd, bytes.data(), bytes.size(), MSG_DONTWAIT);
    if (n < 0) return;
    got.push_back(test::number(std::string_view(bytes.data(), static_cast<std::size_t>(n))));
  }
}

}  // namespace

TEST_CASE("after stop_receiving recv serves what is held, and then ends with eof",
          "[socket][drain]") {
  asio::io_context io;
  dgram::Socket receiver = test::bound(io);
  dgram::Socket sender = test::bound(io);
  std::vector<int> got;
  std::uint64_t held = 0;
  std::error_code end;
  const auto body = [&]() -> asio::awaitable<void> {
    co_await test::hold_some(sender, receiver, 64, 1, got);
    held = receiver.stats().held;
    receiver.stop_receiving();
    const std::uint64_t calls = receiver.stats().receive_calls.calls();
    const std::size_t before = got.size();
    for (;;) {
      const dgram::Datagram d = co_await receiver.recv(end);
      if (end) break;
      got.push_back(test::number(d));
    }
    CHECK(got.size() == before + held);
    CHECK(receiver.stats().receive_calls.calls() == calls);
  };
  test::run(io, body());
  CHECK(end == asio::error::eof);
  // The rest stayed in the kernel, in its place.
  const int fd = receiver.release();
  take_by_hand(fd, got);
  ::close(fd);
  CHECK(got == test::first_numbers(64));
}

TEST_CASE("after stop_receiving each form of receive serves what is held before it says eof",
          "[socket][drain]") {
  for (const test::Operation operation : test::receiving) {
    if (operation == test::Operation::wait_readable) continue;  // takes nothing
    INFO(test::name(operation));
    test::SocketPair pair;
    std::vector<int> got;
    test::run(pair.io, test::hold_some(pair.sender, pair.receiver, 64, 1, got));
    const std::uint64_t held = pair.receiver.stats().held;
    pair.receiver.stop_receiving();
    test::Memory memory;
    std::size_t served = 0;
    std::error_code end;
    for (std::size_t i = 0; i <= held && !end; ++i) {
      test::start(operation,
                  pair.receiver,
                  memory,
                  pair.sender.local_endpoint(),
                  test::plain,
                  [&](std::error_code ec, std::size_t n) {
                    end = ec;
                    served += n;
                  });
      pair.io.restart();
      test::run(pair.io);
    }
    CHECK(end == asio::error::eof);
    CHECK(served == held);
  }
}

TEST_CASE("after stop_receiving try_recv serves what is held before it says eof",
          "[socket][drain]") {
  test::SocketPair pair;
  std::vector<int> got;
  test::run(pair.io, test::hold_some(pair.sender, pair.receiver, 64, 1, got));
  const std::size_t before = got.size();
  const std::uint64_t held = pair.receiver.stats().held;
  pair.receiver.stop_receiving();
  test::take_rest(pair.receiver, got);
  CHECK(got.size() == before + held);
  std::error_code ec;
  CHECK_FALSE(pair.receiver.try_recv(ec));
  CHECK(ec == asio::error::eof);
}

TEST_CASE("a socket that holds a datagram is readable", "[socket][drain]") {
  test::SocketPair pair;
  std::vector<int> got;
  test::run(pair.io, test::hold_some(pair.sender, pair.receiver, 64, 1, got));
  // Of what is left, only what the socket holds is there.
  while (got.size() + pair.receiver.stats().held < 64) {
    std::error_code ec;
    const std::optional<dgram::Datagram> one = pair.receiver.try_recv(ec);
    REQUIRE(one);
    got.push_back(test::number(*one));
  }
  REQUIRE(pair.receiver.stats().held != 0);
  const std::uint64_t calls = pair.receiver.stats().receive_calls.calls();
  test::Outcome<void> readable;
  pair.receiver.async_wait_readable(readable.handler());
  pair.io.restart();
  pair.io.poll();
  CHECK(readable.calls == 1);
  CHECK_FALSE(readable.ec);
  CHECK(pair.receiver.stats().receive_calls.calls() == calls);
  pair.receiver.cancel();
  test::take_rest(pair.receiver, got);
  CHECK(got == test::first_numbers(64));
}

TEST_CASE("stop_receiving ends the receives that wait, and every later one", "[socket][drain]") {
  asio::io_context io;
  dgram::Socket receiver = test::bound(io);
  dgram::Socket sender = test::bound(io);
  test::Outcome<dgram::Datagram> recv, later;
  test::Outcome<std::optional<dgram::Datagram>> recv_for;
  test::Outcome<void> readable;
  receiver.async_recv(recv.handler());
  receiver.async_recv_for(std::chrono::hours(1), recv_for.handler());
  receiver.async_wait_readable(readable.handler());
  io.poll();
  receiver.stop_receiving();
  CHECK(recv.calls == 0);
  test::run(io);
  CHECK(recv.ec == asio::error::eof);
  CHECK(recv_for.ec == asio::error::eof);
  CHECK(readable.calls == 1);

  test::put(sender, receiver, "too late");
  receiver.async_recv(later.handler());
  test::run(io);
  CHECK(later.ec == asio::error::eof);
  std::error_code ec;
  CHECK_FALSE(receiver.try_recv(ec));
  CHECK(ec == asio::error::eof);
}

TEST_CASE("sending goes on after stop_receiving", "[socket][drain]") {
  asio::io_context io;
  dgram::Socket socket = test::bound(io);
  dgram::Socket peer = test::bound(io);
  socket.stop_receiving();
  test::put(socket, peer, "x");
  std::error_code ec;
  CHECK(peer.try_recv(ec));
  CHECK(socket.is_open());
}

TEST_CASE("release is refused while datagrams are held, and changes nothing", "[socket][release]") {
  asio::io_context io;
  dgram::Socket receiver = test::bound(io);
  dgram::Socket sender = test::bound(io);
  std::vector<int> got;
  test::run(io, test::hold_some(sender, receiver, 64, 1, got));
  std::error_code ec;
  CHECK(receiver.release(ec) == dgram::invalid_handle);
  CHECK(ec == dgram::Errc::not_drained);
  CHECK_THROWS_AS(receiver.release(), dgram::Error);
  CHECK(receiver.is_open());
  test::take_rest(receiver, got);
  CHECK(got == test::first_numbers(64));
  const int fd = receiver.release(ec);
  CHECK_FALSE(ec);
  ::close(fd);
}

TEST_CASE("a released descriptor works, with what the kernel queued, and the socket is closed",
          "[socket][release]") {
  asio::io_context io;
  dgram::Socket receiver = test::bound(io);
  dgram::Socket sender = test::bound(io);
  const dgram::Endpoint here = receiver.local_endpoint();
  const int expected = receiver.native_handle();
  test::put_numbers(sender, receiver, 0, 10);
  const int fd = receiver.release();
  CHECK(fd == expected);
  CHECK_FALSE(receiver.is_open());
  CHECK(receiver.native_handle() == dgram::invalid_handle);
  std::error_code ec;
  CHECK_FALSE(receiver.try_recv(ec));
  CHECK(ec == asio::error::bad_descriptor);

  std::vector<int> got;
  take_by_hand(fd, got);
  CHECK(got == test::first_numbers(10));
  CHECK(sender.try_send("10", here, ec));
  take_by_hand(fd, got);
  CHECK(got.back() == 10);
  // Nobody closes it, neither the socket's end nor the context's.
  receiver = dgram::Socket(io);
  CHECK(sender.try_send("11", here, ec));
  take_by_hand(fd, got);
  CHECK(got.back() == 11);
  ::close(fd);
}

TEST_CASE("release ends what is pending with operation_aborted", "[socket][release]") {
  asio::io_context io;
  dgram::Socket socket = test::bound(io);
  test::Outcome<dgram::Datagram> recv;
  test::Outcome<std::optional<dgram::Datagram>> recv_for;
  socket.async_recv(recv.handler());
  socket.async_recv_for(std::chrono::hours(1), recv_for.handler());
  io.poll();
  const int fd = socket.release();
  CHECK(recv.calls == 0);
  test::run(io);
  CHECK(recv.ec == asio::error::operation_aborted);
  CHECK(recv_for.ec == asio::error::operation_aborted);
  ::close(fd);
}

TEST_CASE("a descriptor goes from socket to socket with nothing lost", "[socket][release][adopt]") {
  asio::io_context io, other;
  dgram::Socket first = test::bound(io);
  dgram::Socket sender = test::bound(io);
  std::vector<int> got;
  dgram::Socket second(other);
  const auto drain = [&]() -> asio::awaitable<void> {
    co_await test::hold_some(sender, first, 64, 1, got);
    first.stop_receiving();
    std::error_code ec;
    for (;;) {
      const dgram::Datagram d = co_await first.recv(ec);
      if (ec) break;
      got.push_back(test::number(d));
    }
    second.adopt(first.release());
  };
  test::run(io, drain());
  test::take_rest(second, got);
  CHECK(got == test::first_numbers(64));
}

TEST_CASE("a socket that was never opened has nothing to release", "[socket][release]") {
  asio::io_context io;
  dgram::Socket socket(io);
  std::error_code ec;
  CHECK(socket.release(ec) == dgram::invalid_handle);
  CHECK(ec == asio::error::bad_descriptor);
}

TEST_CASE("after drain each form of receive serves what is held and what the kernel has, then eof",
          "[socket][drain]") {
  const int form = GENERATE(0, 1, 2, 3, 4, 5);
  CAPTURE(form);
  asio::io_context io;
  dgram::Socket receiver = test::bound(io);
  dgram::Socket sender = test::bound(io);
  std::vector<int> got;
  std::error_code end;
  std::vector<dgram::Datagram> batch(7);
  std::array<std::byte, 100> into;
  const auto body = [&]() -> asio::awaitable<void> {
    co_await test::hold_some(sender, receiver, 64, 1, got);
    receiver.drain();
    while (!end && got.size() < 100) {
      if (form == 0) {
        const dgram::Datagram d = co_await receiver.recv(end);
        if (!end) got.push_back(test::number(d));
      } else if (form == 1) {
        const auto d = co_await receiver.recv_for(std::chrono::hours(1), end);
        if (d) got.push_back(test::number(*d));
      } else if (form == 2) {
        const std::size_t n = co_await receiver.recv_many(batch, end);
        for (std::size_t i = 0; i < n; ++i) got.push_back(test::number(batch[i]));
      } else if (form == 3) {
        const dgram::Received r = co_await receiver.recv_into(into, end);
        if (!end) got.push_back(test::number(std::span<const std::byte>(into.data(), r.size)));
      } else if (form == 4) {
        const std::optional<dgram::Datagram> d = receiver.try_recv(end);
        if (d) got.push_back(test::number(*d));
      } else {
        co_await receiver.wait_readable();
        const std::optional<dgram::Datagram> d = receiver.try_recv(end);
        if (d) got.push_back(test::number(*d));
      }
    }
  };
  test::run(io, body());
  CHECK(end == asio::error::eof);
  CHECK(got == test::first_numbers(64));
  receiver.drain();  // and again
  CHECK(!receiver.try_recv(end));
  CHECK(end == asio::error::eof);
}

TEST_CASE("drain ends each receive that waits with eof, and cancels no send", "[socket][drain]") {
  for (const test::Operation operation : test::receiving) {
    INFO(test::name(operation));
    asio::io_context io;
    dgram::Socket receiver = test::bound(io);
    dgram::Socket sender = test::bound(io);
    test::Memory memory;
    int calls = 0;
    std::error_code end;
    test::start(operation,
                receiver,
                memory,
                sender.local_endpoint(),
                test::plain,
                [&](std::error_code ec, std::size_t) {
                  ++calls;
                  end = ec;
                });
    io.poll();
    CHECK(calls == 0);
    test::Outcome<std::size_t> sent;
    receiver.async_send("on its way", sender.local_endpoint(), sent.handler());
    receiver.drain();
    test::run(io);
    CHECK(calls == 1);
    if (operation != test::Operation::wait_readable) CHECK(end == asio::error::eof);
    CHECK(sent.calls == 1);
    CHECK(!sent.ec);
  }
}

TEST_CASE("a drain ends under a flood, and all that was sent is received or counted",
          "[socket][drain]") {
  if (!test::is_linux_channel()) return;
  asio::io_context io;
  dgram::Socket receiver = test::bound(io);
  dgram::Socket sender = test::bound(io);
  std::uint64_t sent = 0;
  std::uint64_t got = 0;
  std::error_code end;
  const auto flood = [&] {
    std::error_code ec;
    for (int i = 0; i < 50; ++i) sent += sender.try_send("x", receiver.local_endpoint(), ec);
  };
  const auto body = [&]() -> asio::awaitable<void> {
    while (!end && got < 1'000'000) {
      flood();  // faster than one datagram is taken
      if (got == 200) {
        receiver.refuse_more();
        receiver.drain();
      }
      const dgram::Datagram datagram = co_await receiver.recv(end);
      if (!end) ++got;
    }
  };
  test::run(io, body());
  CHECK(end == asio::error::eof);
  flood();
  CHECK(got + receiver.stats().kernel_drops == sent);
  receiver.close();
  CHECK(got + receiver.stats().kernel_drops == sent);
  CHECK(receiver.stats().discarded_at_close == 0);
}

TEST_CASE("an error of the peer does not end a drain: more may be behind it", "[socket][drain]") {
  asio::io_context io;
  dgram::Socket receiver = test::bound(io);
  dgram::Socket peer = test::bound(io);
  receiver.connect(peer.local_endpoint());
  for (int i = 0; i < 5; ++i) test::put(peer, receiver, "x");
  peer.close();
  std::error_code ec;
  receiver.try_send("to nobody", ec);
  REQUIRE(test::await_error(receiver));
  receiver.drain();
  int got = 0;
  int errors = 0;
  for (int i = 0; i < 100; ++i) {
    if (receiver.try_recv(ec)) {
      ++got;
      continue;
    }
    if (ec == asio::error::eof) break;
    ++errors;
  }
  CHECK(ec == asio::error::eof);
  CHECK(got == 5);
  CHECK(errors == 1);
}

TEST_CASE("what is refused is refused where the system can, and says so where it cannot",
          "[socket][drain][input]") {
  asio::io_context io;
  dgram::Socket receiver = test::bound(io);
  dgram::Socket sender = test::bound(io);
  test::put(sender, receiver, "before");
  std::error_code ec;
  receiver.refuse_more(ec);
  CHECK(ec == (test::is_linux_channel() ? std::error_code()
                                        : std::error_code(asio::error::operation_not_supported)));
  test::put(sender, receiver, "after");
  CHECK(receiver.try_recv(ec)->text() == "before");
  CHECK(receiver.try_recv(ec).has_value() == !test::is_linux_channel());
  dgram::Socket fresh(io);
  fresh.refuse_more(ec);
  CHECK(ec == asio::error::bad_descriptor);
  CHECK_THROWS_AS(fresh.refuse_more(), dgram::Error);
}

TEST_CASE("drain has no effect on a socket that is not open", "[socket][drain][input]") {
  asio::io_context io;
  dgram::Socket fresh(io);
  fresh.drain();
  fresh.bind(test::any_port());
  dgram::Socket sender = test::bound(io);
  test::put(sender, fresh, "arrives");
  std::error_code ec;
  CHECK(fresh.try_recv(ec).has_value());
  fresh.close();
  fresh.drain();
  CHECK(!fresh.try_recv(ec));
  CHECK(ec == asio::error::bad_descriptor);
}

}  // namespace socket_drain_test
