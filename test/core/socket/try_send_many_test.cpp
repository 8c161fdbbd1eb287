// try_send_many: what the kernel takes now, in few calls, without waiting.
#include <array>
#include <dgram/dgram.hpp>

#include "support/catch2.hpp"
#include "support/gated_channel.hpp"
#include "support/loopback.hpp"
#include "support/outcome.hpp"
#include "support/run.hpp"

namespace socket_try_send_many_test {

namespace {

std::array<dgram::Outgoing, 4> four(const dgram::Endpoint& to) {
  std::array<dgram::Outgoing, 4> batch;
  static constexpr char text[] = "abcd";
  for (std::size_t i = 0; i < batch.size(); ++i)
    batch[i] = dgram::Outgoing(asio::buffer(text + i, 1), to);
  return batch;
}

std::string received(dgram::Socket& socket) {
  std::string all;
  std::error_code ec;
  while (const auto d = socket.try_recv(ec)) all += d->text();
  return all;
}

}  // namespace

TEST_CASE("what the kernel takes is sent at once, in order, and each datagram says so",
          "[socket][send]") {
  asio::io_context io;
  dgram::Socket sender(io);
  dgram::Socket receiver = test::bound(io);
  std::array<dgram::Outgoing, 4> batch = four(receiver.local_endpoint());
  batch[1].to.port(0);
  std::error_code ec;
  CHECK(sender.try_send_many(batch, ec) == 3);
  CHECK_FALSE(ec);
  CHECK(batch[1].result == dgram::Errc::bad_port);
  for (const std::size_t i : std::initializer_list<std::size_t>{0, 2, 3})
    CHECK_FALSE(batch[i].result);
  CHECK(received(receiver) == "acd");
}

TEST_CASE("what the kernel has no room for says would_block, and may be sent later",
          "[socket][send]") {
  asio::io_context io;
  dgram::Socket receiver = test::bound(io);
  const std::shared_ptr<test::Gate> gate = test::gate(io);
  dgram::Socket sender = test::bound(io);
  std::array<dgram::Outgoing, 4> batch = four(receiver.local_endpoint());
  gate->passes = 2;
  std::error_code ec;
  CHECK(sender.try_send_many(batch, ec) == 2);
  CHECK(ec == asio::error::would_block);
  CHECK_FALSE(batch[1].result);
  CHECK(batch[2].result == asio::error::would_block);
  CHECK(batch[3].result == asio::error::would_block);

  test::Outcome<std::size_t> outcome;
  sender.async_send_many(std::span(batch).subspan(2), outcome.handler());
  std::array<dgram::Outgoing, 4> behind = four(receiver.local_endpoint());
  CHECK(sender.try_send_many(behind, ec) == 0);  // others wait: the order is kept
  CHECK(ec == asio::error::would_block);
  CHECK(behind[0].result == asio::error::would_block);
  gate->open();
  test::run(io);
  CHECK(outcome.value == 2);
  CHECK(received(receiver) == "abcd");
}

TEST_CASE("try_send_many asks the kernel each time, whoever found it full before",
          "[socket][send]") {
  enum class Before { itself, try_send, cancelled_send, cancelled_send_many };
  const Before before = GENERATE(
      Before::itself, Before::try_send, Before::cancelled_send, Before::cancelled_send_many);
  asio::io_context io;
  dgram::Socket receiver = test::bound(io);
  const std::shared_ptr<test::Gate> gate = test::gate(io);
  dgram::Socket sender = test::bound(io);
  std::array<dgram::Outgoing, 4> batch = four(receiver.local_endpoint());
  gate->shut = true;
  std::error_code ec;
  test::Outcome<std::size_t> waiting;
  switch (before) {
    case Before::itself:
      CHECK(sender.try_send_many(batch, ec) == 0);
      break;
    case Before::try_send:
      CHECK_FALSE(sender.try_send("x", receiver.local_endpoint(), ec));
      break;
    case Before::cancelled_send:
      sender.async_send("x", receiver.local_endpoint(), waiting.handler());
      break;
    case Before::cancelled_send_many:
      sender.async_send_many(batch, waiting.handler());
      break;
  }
  io.poll();
  sender.cancel();
  io.restart();
  io.poll();
  gate->open();
  CHECK(sender.try_send_many(batch, ec) == 4);
  CHECK_FALSE(ec);
  CHECK(received(receiver) == "abcd");
}

TEST_CASE("a closed socket sends none of many", "[socket][send]") {
  asio::io_context io;
  dgram::Socket socket = test::bound(io);
  std::array<dgram::Outgoing, 4> batch = four(socket.local_endpoint());
  socket.close();
  std::error_code ec;
  CHECK(socket.try_send_many(batch, ec) == 0);
  CHECK(ec == asio::error::bad_descriptor);
}

}  // namespace socket_try_send_many_test
