// A kernel socket that more than one process, or descriptor, has: who closes it leaves it alone.
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <dgram/dgram.hpp>
#include <dgram/process/descriptor_link.hpp>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>

#include "support/catch2.hpp"
#include "support/loopback.hpp"
#include "support/outcome.hpp"
#include "support/run.hpp"

namespace process_shared_socket_test {

namespace {

/// How many descriptors the epoll instances of this process watch.
int watched() {
  int count = 0;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code ec;
    const std::filesystem::path what = std::filesystem::read_symlink(entry, ec);
    if (ec || what != "anon_inode:[eventpoll]") continue;
    std::ifstream info("/proc/self/fdinfo/" + entry.path().filename().string());
    for (std::string line; std::getline(info, line);) count += line.starts_with("tfd:");
  }
  return count;
}

}  // namespace

TEST_CASE("a train comes cut to a process that has sent its socket to one that wants trains",
          "[shared]") {
  asio::io_context io;
  dgram::Socket socket = test::bound(io);
  dgram::Socket peer = test::bound(io);
  auto [here, there] = dgram::DescriptorLink::pair(io.get_executor());
  const dgram::NativeHandle sent[] = {socket.native_handle()};
  std::error_code ec;
  REQUIRE(here.try_send("socket", sent, ec));
  const int on = 1;  // as the other one does, on a duplicate
  const int udp_gro = 104;
  if (::setsockopt(socket.native_handle(), IPPROTO_UDP, udp_gro, &on, sizeof on) != 0) return;
  const std::string payload(1000, 'x');
  peer.async_send_segments(
      payload, 100, socket.local_endpoint(), [](std::error_code failure, std::size_t) {
        CHECK(!failure);
      });
  io.run();
  std::size_t count = 0;
  while (const auto one = socket.try_recv(ec)) {
    CHECK(one->size() == 100);
    ++count;
  }
  CHECK(count == 10);
}

TEST_CASE("a train comes cut also where the other process wants trains only later", "[shared]") {
  const bool into_a_buffer = GENERATE(false, true);
  INFO((into_a_buffer ? "into a buffer" : "as datagrams"));
  asio::io_context io;
  dgram::Socket socket = test::bound(io);
  dgram::Socket peer = test::bound(io);
  auto [here, there] = dgram::DescriptorLink::pair(io.get_executor());
  const dgram::NativeHandle sent[] = {socket.native_handle()};
  std::error_code ec;
  REQUIRE(here.try_send("socket", sent, ec));
  test::put(peer, socket, "between");
  CHECK(socket.try_recv(ec));
  CHECK_FALSE(socket.try_recv(ec));
  const int on = 1;  // as the other one does, on a duplicate
  const int udp_gro = 104;
  if (::setsockopt(socket.native_handle(), IPPROTO_UDP, udp_gro, &on, sizeof on) != 0) return;
  const std::string payload(1000, 'x');
  test::Outcome<std::size_t> outcome;
  peer.async_send_segments(payload, 100, socket.local_endpoint(), outcome.handler());
  test::run(io);
  REQUIRE(outcome.value == payload.size());
  for (int i = 0; i < 10; ++i) {
    INFO(i);
    std::size_t size = 0;
    std::array<std::byte, 1000> buffer;
    if (into_a_buffer) {
      test::Outcome<dgram::Received> received;
      socket.async_recv_into(buffer, received.handler());
      test::run(io);
      size = received.value.size;
    } else {
      const std::optional<dgram::Datagram> one = socket.try_recv(ec);
      size = one ? one->size() : 0;
    }
    REQUIRE(size == 100);
  }
  CHECK_FALSE(socket.try_recv(ec));
}

TEST_CASE("a socket that others have too wakes nobody who has closed or released it", "[shared]") {
  asio::io_context io;
  dgram::Socket peer = test::bound(io);
  const int before = watched();
  dgram::Socket socket = test::bound(io);
  CHECK(watched() == before + 1);
  const dgram::Descriptor kept(::dup(socket.native_handle()));
  SECTION("closed") {
    socket.close();
  }
  SECTION("destroyed") {
    socket = dgram::Socket(io);
  }
  SECTION("released") {
    const dgram::Descriptor released(socket.release());
  }
  CHECK(watched() == before);
  // It lives on where it is kept.
  dgram::Socket other(io);
  const int copy = ::dup(kept.get());
  other.adopt(dgram::Descriptor(copy));
  test::put(peer, other, "x");
  std::error_code ec;
  CHECK(other.try_recv(ec));
}

}  // namespace process_shared_socket_test
