// Two holders of one socket: what the one switches on holds for the other as well, and must not
// harm it.
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <core/kernel/message.hpp>
#include <core/planning/runs.hpp>
#include <dgram/dgram.hpp>
#include <utility>
#include <vector>

#include "core/planning/runs.hpp"
#include "number_settings.hpp"
#include "support/catch2.hpp"
#include "support/channel_kind.hpp"
#include "support/offload.hpp"
#include "support/options.hpp"

namespace socket_shared_options_test {

namespace {

/// A socket, and what another process that takes it over makes of a duplicate.
struct Shared {
  Shared(dgram::Family family, const dgram::SocketOptions& of_successor, int batch = 16)
      : first(test::bound(io, in(family, batch))),
        second(io, of_successor),
        sender(bound_sender(family)) {
    second.adopt(::dup(first.native_handle()));
  }
  // It holds for good, and for the whole process: other tests are to meet sockets without it.
  ~Shared() { dgram::detail::descriptors_shared_so_far = false; }

  static dgram::SocketOptions in(dgram::Family family, int batch) {
    dgram::SocketOptions options = test::of_family(family);
    options.batch = batch;
    return options;
  }
  dgram::Socket bound_sender(dgram::Family family) { return test::bound_in(io, family); }

  /// Ten datagrams of 100 bytes, in one run where runs are made.
  void send_train() {
    const std::string payload = test::sized(1000, 3);
    test::Outcome<std::size_t> outcome;
    sender.async_send_segments(payload, 100, first.local_endpoint(), outcome.handler());
    test::run(io);
    REQUIRE(!outcome.ec);
  }

  asio::io_context io;
  dgram::Socket first, second, sender;
};

dgram::SocketOptions wanting_trains() {
  dgram::SocketOptions options;
  options.gro = true;
  return options;
}
dgram::SocketOptions wanting_reports() {
  dgram::SocketOptions options;
  options.receive_errors = test::is_linux_channel();
  return options;
}

const std::vector<std::size_t> ten_of_100(10, 100);

dgram::Datagram next(Shared& shared) {
  test::Outcome<dgram::Datagram> outcome;
  shared.first.async_recv(outcome.handler());
  test::run(shared.io);
  if (outcome.ec) throw dgram::Error(outcome.ec, "next");
  return std::move(outcome.value);
}

}  // namespace

TEST_CASE("who shares a socket with one that wants trains gets each of their datagrams by itself",
          "[socket][offload][gro][sharing]") {
  const dgram::Family family = GENERATE(dgram::Family::ipv4, dgram::Family::ipv6);
  const int form = GENERATE(range(0, 4));
  const int batch = GENERATE(1, 16);  // one at a time goes past the ring, into the memory given
  Shared shared(family, wanting_trains(), batch);
  std::vector<std::size_t> sizes;
  std::error_code ec;
  shared.send_train();
  for (int i = 0; i < 10 && sizes.size() < 10; ++i) {
    if (form == 0) {
      if (const auto one = shared.first.try_recv(ec)) sizes.push_back(one->size());
    } else if (form == 1) {
      sizes.push_back(next(shared).size());
    } else if (form == 2) {
      std::vector<dgram::Datagram> many(16);
      test::Outcome<std::size_t> outcome;
      shared.first.async_recv_many(many, outcome.handler());
      test::run(shared.io);
      for (std::size_t k = 0; k < outcome.value; ++k) sizes.push_back(many[k].size());
    } else {
      std::array<std::byte, 2000> memory;
      test::Outcome<dgram::Received> outcome;
      shared.first.async_recv_into(memory, outcome.handler());
      test::run(shared.io);
      sizes.push_back(outcome.value.size);
    }
  }
  CHECK(sizes == ten_of_100);
}

TEST_CASE("a socket that has received before is told of trains by whoever takes it over",
          "[socket][offload][gro][sharing]") {
  asio::io_context io;
  dgram::Socket first = test::bound(io), sender = test::bound(io);
  test::put(sender, first, "before");
  std::error_code ec;
  REQUIRE(first.try_recv(ec)->text() == "before");
  dgram::Socket second(io, wanting_trains());
  second.adopt(::dup(first.native_handle()));
  const std::string payload = test::sized(1000, 3);
  test::Outcome<std::size_t> outcome;
  sender.async_send_segments(payload, 100, first.local_endpoint(), outcome.handler());
  test::run(io);
  std::vector<std::size_t> sizes;
  while (const auto one = first.try_recv(ec)) sizes.push_back(one->size());
  dgram::detail::descriptors_shared_so_far = false;
  CHECK(sizes == ten_of_100);
}

TEST_CASE("error reports that another holder asked for fail nothing that goes to living peers",
          "[socket][errors][sharing]") {
  if (!test::is_linux_channel()) return;
  const dgram::Family family = GENERATE(dgram::Family::ipv4, dgram::Family::ipv6);
  Shared shared(family, wanting_reports());
  const dgram::Endpoint nobody = test::dead_port(shared.io, family);
  std::error_code ec;
  for (int i = 0; i < 10; ++i) {
    shared.first.try_send("x", nobody, ec);
    CHECK(shared.first.try_send("y", shared.sender.local_endpoint(), ec));
    CHECK(!ec);
  }
  CHECK(test::take_texts(shared.sender).size() == 10);
  shared.first.try_send("x", nobody, ec);
  test::put(shared.sender, shared.first, "z");
  CHECK(next(shared).text() == "z");
}

TEST_CASE("a receive is not ended by a report that another holder asked for",
          "[socket][errors][sharing]") {
  if (!test::is_linux_channel()) return;
  const dgram::Family family = GENERATE(dgram::Family::ipv4, dgram::Family::ipv6);
  const bool waits = GENERATE(false, true);
  Shared shared(family, wanting_reports());
  const dgram::Endpoint nobody = test::dead_port(shared.io, family);
  test::Outcome<dgram::Datagram> outcome;
  if (waits) {
    shared.first.async_recv(outcome.handler());
    shared.io.poll();
    shared.io.restart();
  }
  std::error_code ec;
  CHECK(shared.first.try_send("x", nobody, ec));
  if (!waits) shared.first.async_recv(outcome.handler());
  test::put(shared.sender, shared.first, "z");
  test::run(shared.io);
  CHECK(!outcome.ec);
  CHECK(outcome.value.text() == "z");
}

TEST_CASE("trains that wait in a descriptor are cut, also where trains are switched off",
          "[socket][offload][gro][sharing]") {
  if (!test::is_linux_channel()) return;
  asio::io_context io;
  const int handle = ::socket(AF_INET, SOCK_DGRAM, 0);
  REQUIRE(handle >= 0);
  sockaddr_in local{};
  local.sin_family = AF_INET;
  local.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  REQUIRE(::bind(handle, reinterpret_cast<const sockaddr*>(&local), sizeof local) == 0);
  const int on = 1;
  if (::setsockopt(handle, IPPROTO_UDP, dgram::detail::udp_gro, &on, sizeof on) != 0) {
    ::close(handle);
    return;
  }
  dgram::Endpoint to;
  socklen_t size = static_cast<socklen_t>(to.capacity());
  REQUIRE(::getsockname(handle, to.data(), &size) == 0);
  dgram::Socket sender = test::bound(io);
  const std::string payload = test::sized(1000, 3);
  test::Outcome<std::size_t> outcome;
  sender.async_send_segments(payload, 100, to, outcome.handler());
  test::run(io);
  dgram::Socket heir(io);
  heir.adopt(handle);
  std::vector<std::size_t> sizes;
  std::error_code ec;
  while (const auto one = heir.try_recv(ec)) sizes.push_back(one->size());
  CHECK(sizes == ten_of_100);
}

}  // namespace socket_shared_options_test
