// A connected socket that sends to others as well, while nobody listens at its peer: what that one
// refuses is told, and fails nobody else.
#include <dgram/dgram.hpp>
#include <vector>

#include "support/catch2.hpp"
#include "support/channel_kind.hpp"
#include "support/offload.hpp"

namespace socket_refused_peer_test {

namespace {

struct Refused {
  explicit Refused(bool reports) {
    dgram::SocketOptions options;
    options.receive_errors = reports;
    sender.emplace(test::bound(io, options));
    nobody = test::dead_port(io);
    sender->connect(nobody);
  }
  /// `n` pairs, of which the first is for the peer and the second for somebody who lives.
  std::vector<dgram::Outgoing> pairs(std::size_t n, const dgram::Endpoint& peer) const {
    std::vector<dgram::Outgoing> batch;
    for (std::size_t i = 0; i < n; ++i) {
      batch.emplace_back(asio::buffer("p", 1), peer);
      batch.emplace_back(asio::buffer("q", 1), living.local_endpoint());
    }
    return batch;
  }
  /// How many of those for the living one have failed.
  static std::size_t wronged(const std::vector<dgram::Outgoing>& batch) {
    std::size_t count = 0;
    for (std::size_t i = 1; i < batch.size(); i += 2) count += static_cast<bool>(batch[i].result);
    return count;
  }
  /// Whether anybody has heard of a refusal: a datagram for the peer, or the next receive.
  bool is_told(const std::vector<dgram::Outgoing>& batch) {
    for (const dgram::Outgoing& one : batch)
      if (one.result == asio::error::connection_refused) return true;
    std::error_code ec;
    sender->try_recv(ec);
    return ec == asio::error::connection_refused;
  }

  asio::io_context io;
  dgram::Socket living = test::bound(io, test::roomy());
  std::optional<dgram::Socket> sender;
  dgram::Endpoint nobody;
};

}  // namespace

TEST_CASE(
    "in a batch the refusal of the connected peer fails nothing that goes to another, and is told",
    "[socket][offload][errors]") {
  const bool reports = test::is_linux_channel() && GENERATE(false, true);
  const bool named = GENERATE(false, true);
  const std::size_t n = GENERATE(1u, 2u, 3u, 8u, 9u, 16u, 40u);
  const int form = GENERATE(0, 1);
  Refused refused(reports);
  std::vector<dgram::Outgoing> batch = refused.pairs(n, named ? refused.nobody : dgram::Endpoint());
  if (form == 0) {
    test::send_all(refused.io, *refused.sender, batch);
  } else {
    std::error_code ec;
    refused.sender->try_send_many(batch, ec);
  }
  CHECK(Refused::wronged(batch) == 0);
  CHECK(test::take_texts(refused.living).size() == n);
  CHECK(refused.is_told(batch));
}

TEST_CASE("sends of one turn do not fail by the refusal of the connected peer, unless they are its",
          "[socket][offload][errors]") {
  const std::size_t n = GENERATE(1u, 2u, 8u, 16u);
  Refused refused(false);
  std::vector<test::Outcome<std::size_t>> to_living(n), to_peer(n);
  for (std::size_t i = 0; i < n; ++i) {
    refused.sender->async_send("p", to_peer[i].handler());
    refused.sender->async_send("q", refused.living.local_endpoint(), to_living[i].handler());
  }
  test::run(refused.io);
  for (const auto& outcome : to_living) CHECK(!outcome.ec);
  CHECK(test::take_texts(refused.living).size() == n);
}

TEST_CASE("after disconnect() a batch goes to many at once again", "[socket][offload][errors]") {
  Refused refused(false);
  refused.sender->disconnect();
  std::vector<dgram::Outgoing> batch;
  for (int i = 0; i < 10; ++i) {
    batch.emplace_back(asio::buffer("1", 1), refused.living.local_endpoint());
    batch.emplace_back(asio::buffer("22", 2), refused.living.local_endpoint());
  }
  const std::uint64_t before = refused.sender->stats().send_calls.calls();
  CHECK(test::send_all(refused.io, *refused.sender, batch) == 20);
  if (test::granted("batch_send")) CHECK(refused.sender->stats().send_calls.calls() - before == 1);
}

}  // namespace socket_refused_peer_test
