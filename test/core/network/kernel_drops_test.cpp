// Promise 8 between hosts: what the kernel drops at a socket is counted, to the last datagram.
#include <chrono>
#include <dgram/dgram.hpp>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "core/network/bound_on.hpp"
#include "core/network/networks.hpp"
#include "core/network/plain_socket.hpp"
#include "support/catch2.hpp"
#include "support/run.hpp"

namespace network_kernel_drops_test {

namespace {

constexpr std::uint64_t sent = 100;

}  // namespace

TEST_CASE("of 100 datagrams into a full socket each is received or counted", "[network][drops]") {
  const bool v6 = GENERATE(false, true);
  enum class End { none, close, release };
  const End end = GENERATE(End::none, End::close, End::release);
  const test::Cable cable;
  asio::io_context io;
  dgram::SocketOptions options;
  options.recv_buffer_size = 20'000;
  dgram::Socket receiver = test::bound_on(cable.b, io, v6 ? "fd00::2" : "10.0.0.2", options);
  const auto capabilities = receiver.capabilities();
  const dgram::Capability* const drops = dgram::find(capabilities, "kernel_drops");
  REQUIRE(drops);
  CHECK(drops->state == dgram::Capability::State::granted);
  CHECK(receiver.stats().kernel_drops == 0);

  test::PlainSocket sender(cable.a, v6 ? "fd00::1" : "10.0.0.1");
  const std::string text(1000, 'x');
  for (std::uint64_t i = 0; i < sent; ++i) sender.send(text, receiver.local_endpoint());

  // The last ones may still be on their way.
  std::uint64_t received = 0, dropped = 0;
  const auto deadline = std::chrono::steady_clock::now() + test::deadline;
  while (received + dropped < sent && std::chrono::steady_clock::now() < deadline) {
    std::error_code ec;
    while (receiver.try_recv(ec)) ++received;
    dropped = receiver.stats().kernel_drops;
    std::this_thread::yield();
  }
  CHECK(received > 0);
  CHECK(dropped > 0);
  CHECK(received + dropped == sent);
  CHECK(receiver.stats().datagrams_received == received);

  if (end == End::close) receiver.close();
  if (end == End::release)
    asio::ip::udp::socket(io, v6 ? asio::ip::udp::v6() : asio::ip::udp::v4(), receiver.release());
  const dgram::Socket moved = std::move(receiver);
  CHECK(moved.stats().kernel_drops == dropped);
  CHECK(moved.stats().datagrams_received == received);
}

}  // namespace network_kernel_drops_test
