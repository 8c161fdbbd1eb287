// send_segments with options of its own, and to the connected peer.
#include <asio/co_spawn.hpp>
#include <dgram/dgram.hpp>
#include <string>
#include <vector>

#include "support/catch2.hpp"
#include "support/channel_kind.hpp"
#include "support/loopback.hpp"
#include "support/offload.hpp"
#include "support/outcome.hpp"
#include "support/run.hpp"

namespace socket_send_segments_test {

namespace {

const std::string bytes = test::sized(250, 0);
const std::vector<std::string> pieces = {
    bytes.substr(0, 100), bytes.substr(100, 100), bytes.substr(200)};

}  // namespace

TEST_CASE("each segment has what was asked for of all", "[socket][send][offload]") {
  if (!test::is_linux_channel()) return;
  const bool coroutine = GENERATE(false, true);
  asio::io_context io;
  dgram::SocketOptions watching;
  watching.receive_ecn = watching.receive_hop_limit = true;
  dgram::Socket receiver = test::bound(io, watching);
  dgram::Socket sender = test::bound(io);
  dgram::SendOptions options;
  options.ecn = dgram::Ecn::ect1;
  options.hop_limit = 7;
  options.source_address = asio::ip::make_address("127.0.0.5");
  test::Outcome<std::size_t> outcome;
  const dgram::Endpoint to = receiver.local_endpoint();
  if (coroutine)
    asio::co_spawn(io,
                   sender.send_segments(bytes, 100, to, options),
                   [&](std::exception_ptr failed, std::size_t n) {
                     CHECK_FALSE(failed);
                     outcome.value = n;
                   });
  else
    sender.async_send_segments(bytes, 100, to, options, outcome.handler());
  test::run(io);
  CHECK_FALSE(outcome.ec);
  CHECK(outcome.value == bytes.size());
  for (const std::string& piece : pieces) {
    std::error_code ec;
    const std::optional<dgram::Datagram> d = receiver.try_recv(ec);
    REQUIRE(d);
    CHECK(d->text() == piece);
    CHECK(d->ecn() == dgram::Ecn::ect1);
    CHECK(d->hop_limit() == 7);
    CHECK(d->remote().address() == *options.source_address);
  }
}

TEST_CASE("segments go to the connected peer", "[socket][send][connect][offload]") {
  const bool coroutine = GENERATE(false, true);
  asio::io_context io;
  dgram::Socket receiver = test::bound(io);
  dgram::Socket sender = test::bound(io);
  sender.connect(receiver.local_endpoint());
  test::Outcome<std::size_t> outcome;
  if (coroutine)
    asio::co_spawn(
        io, sender.send_segments(bytes, 100), [&](std::exception_ptr failed, std::size_t n) {
          CHECK_FALSE(failed);
          outcome.value = n;
        });
  else
    sender.async_send_segments(bytes, 100, outcome.handler());
  test::run(io);
  CHECK_FALSE(outcome.ec);
  CHECK(outcome.value == bytes.size());
  CHECK((test::take_texts(receiver) == pieces));
}

TEST_CASE("segments without a receiver say not_connected", "[socket][send][input]") {
  asio::io_context io;
  const bool is_open = GENERATE(false, true);
  dgram::Socket sender(io);
  if (is_open) sender.bind(test::any_port());
  test::Outcome<std::size_t> outcome;
  sender.async_send_segments(bytes, 100, outcome.handler());
  test::run(io);
  CHECK(outcome.ec == asio::error::not_connected);
  CHECK(sender.is_open() == is_open);
}

}  // namespace socket_send_segments_test
