// More than a receiver can take: what does not fit its buffer is counted by its socket.
#include <dgram/dgram.hpp>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include "adversary/path.hpp"
#include "support/catch2.hpp"
#include "support/offload.hpp"

namespace adversary_floods_test {

namespace {

using test::Ip;
using test::Path;

dgram::SocketOptions small(bool gro = false) {
  dgram::SocketOptions options;
  options.recv_buffer_size = 8'000;
  options.gro = gro;
  return options;
}

dgram::SocketOptions with(dgram::Segmentation segmentation) {
  dgram::SocketOptions options;
  options.segmentation = segmentation;
  return options;
}

}  // namespace

TEST_CASE("each datagram of a flood is received or counted", "[adversary][flood]") {
  const bool v6 = GENERATE(false, true);
  const bool runs = GENERATE(false, true);
  Path path(Ip(v6), small(), with(runs ? dgram::Segmentation::on : dgram::Segmentation::off));
  path.flood(test::flood_size(), 300);
  const bool balanced = path.balances();
  INFO(path.books());
  CHECK(balanced);
  CHECK(path.received > 0);
  CHECK(path.receiver.stats().kernel_drops > 0);
  CHECK(path.refused == 0);
  CHECK((path.sender.stats().gso_datagrams > 0) == (runs && test::granted("gso")));
}

// The kernel counts a train that it drops as one, however many datagrams it has.
TEST_CASE("a train that does not fit is lost whole and counted once", "[adversary][flood]") {
  if (!test::granted("gso") || !test::granted("gro")) return;
  const bool v6 = GENERATE(false, true);
  Path path(Ip(v6), small(true), with(dgram::Segmentation::on));
  constexpr std::uint64_t train = 30;  // a batch of flood()
  path.flood(test::flood_size() / train * train, 100, 1, false);
  path.take();
  std::uint64_t lost = 0, cut = 0;
  for (std::uint64_t first = 0; first < path.numbers(); first += train) {
    std::uint64_t come = 0;
    for (std::uint64_t i = 0; i < train; ++i) come += path.has_come(first + i);
    lost += come == 0;
    cut += come != 0 && come != train;
  }
  INFO(path.books());
  CHECK(cut == 0);
  CHECK(lost > 0);
  CHECK(path.receiver.stats().kernel_drops == lost);
  CHECK(path.received + lost * train == path.accepted);
}

TEST_CASE("a storm of empty datagrams is received or counted", "[adversary][flood]") {
  Path path(Ip(GENERATE(false, true)), small());
  std::uint64_t received = 0, sent = 0;
  const auto take = [&] {
    std::error_code ec;
    while (const std::optional<dgram::Datagram> datagram = path.receiver.try_recv(ec))
      received += datagram->size() == 0;
  };
  while (sent < test::flood_size()) {
    std::vector<dgram::Outgoing> batch(30);
    for (dgram::Outgoing& one : batch) one.to = path.to;
    std::error_code ec;
    sent += path.sender.try_send_many(batch, ec);
    REQUIRE(!ec);
    if (sent % 120 == 0) take();
  }
  take();
  CHECK(path.receiver.stats().kernel_drops > 0);
  CHECK(received + path.receiver.stats().kernel_drops == sent);
  test::send(path.sender, "after it", path.to);
  CHECK(test::receive(path.io, path.receiver).text() == "after it");
}

}  // namespace adversary_floods_test
