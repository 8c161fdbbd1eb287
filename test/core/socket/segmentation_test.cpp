// Where runs of datagrams may be lost without an error: what a socket, a destination and the
// process can say about them, and that nothing is lost by itself.
#include <cerrno>
#include <dgram/dgram.hpp>
#include <dgram/fault_channel.hpp>
#include <vector>

#include "support/catch2.hpp"
#include "support/channel_kind.hpp"
#include "support/faulty.hpp"
#include "support/offload.hpp"

namespace socket_segmentation_test {

namespace {

using dgram::Segmentation;
using enum dgram::Segmentation;

/// A host whose equal runs are accepted and lost, and whose kernel is known for that, or not.
struct Losing {
  explicit Losing(bool is_known = true, const dgram::SocketOptions& options = {})
      : first(at(io, "127.0.0.1")), second(at(io, "127.0.0.2")), script(test::make_faulty(io)) {
    script->gso = true;
    script->loses_equal_runs = true;
    script->equal_runs = !is_known;
    sender.emplace(test::bound(io, options));
  }
  ~Losing() { dgram::set_process_segmentation(automatic); }

  static dgram::Socket at(asio::io_context& io, const char* address) {
    dgram::Socket socket(io, test::roomy());
    socket.bind(dgram::make_endpoint(address, 0));
    return socket;
  }
  /// How many of `n` datagrams to `to` arrive; all of those that do are as they were sent.
  std::size_t arrived(dgram::Socket& to, std::size_t n = 40) {
    const std::vector<std::string> texts = test::all_sized(n, 40);
    std::vector<dgram::Outgoing> batch = test::outgoing(texts, to.local_endpoint());
    CHECK(test::send_all(io, *sender, batch) == n);
    CHECK(test::failures(batch) == 0);
    const std::vector<std::string> got = test::take_texts(to);
    CHECK((got.empty() || got == texts));
    return got.size();
  }

  asio::io_context io;
  dgram::Socket first, second;
  std::shared_ptr<dgram::FaultScript> script;
  std::optional<dgram::Socket> sender;
};

const dgram::Capability gso_of(const dgram::Socket& socket) {
  const std::vector<dgram::Capability> all = socket.capabilities();
  return *find(all, "gso");
}

}  // namespace

TEST_CASE("on a kernel known to lose equal runs nothing is lost, whatever the size of a batch",
          "[socket][offload][segmentation]") {
  if (!test::granted("gso")) return;
  Losing losing;
  for (const std::size_t n : {1u, 2u, 3u, 33u, 64u, 65u, 130u, 300u, 1000u}) {
    INFO(n);
    CHECK(losing.arrived(losing.first, n) == n);
  }
  CHECK(losing.sender->stats().gso_datagrams == 0);
}

TEST_CASE("on such a kernel runs that end with a shorter datagram still leave as one",
          "[socket][offload][segmentation]") {
  if (!test::granted("gso")) return;
  Losing losing;
  std::vector<std::string> texts = test::all_sized(200, 40);
  for (std::size_t i = 19; i < texts.size(); i += 20) texts[i].resize(7);
  std::vector<dgram::Outgoing> batch = test::outgoing(texts, losing.first.local_endpoint());
  CHECK(test::send_all(losing.io, *losing.sender, batch) == 200);
  CHECK((test::take_texts(losing.first) == texts));
  CHECK(losing.sender->stats().gso_datagrams == 200);
  CHECK(losing.sender->stats().send_calls.calls() <= 10);  // one for each run, without sendmmsg
}

TEST_CASE("on such a kernel send_segments and sends that wait together lose nothing either",
          "[socket][offload][segmentation]") {
  if (!test::granted("gso")) return;
  Losing losing;
  const dgram::Endpoint to = losing.first.local_endpoint();
  for (const std::size_t whole : {200u, 6400u, 64000u, 199u, 6399u, 63999u}) {
    const std::string payload = test::sized(whole, 5);
    test::Outcome<std::size_t> outcome;
    losing.sender->async_send_segments(payload, 100, to, outcome.handler());
    test::run(losing.io);
    CHECK(!outcome.ec);
    std::string got;
    for (const std::string& text : test::take_texts(losing.first)) got += text;
    CHECK((got == payload));
  }
  // The first finds no room, so that all wait.
  losing.script->send.push_back({asio::error::would_block});
  const std::vector<std::string> texts = test::all_sized(30, 40);
  std::vector<test::Outcome<std::size_t>> outcomes(texts.size());
  for (std::size_t i = 0; i < texts.size(); ++i)
    losing.sender->async_send(texts[i], to, outcomes[i].handler());
  test::run(losing.io);
  for (const auto& outcome : outcomes) CHECK(!outcome.ec);
  CHECK((test::take_texts(losing.first) == texts));
}

TEST_CASE("on and off hold for a socket from its next datagram on",
          "[socket][offload][segmentation]") {
  if (!test::granted("gso")) return;
  Losing losing;
  CHECK(losing.arrived(losing.first) == 40);
  losing.sender->set_segmentation(on);
  CHECK(losing.arrived(losing.first) == 0);  // as it was told: this host loses them
  losing.sender->set_segmentation(off);
  CHECK(losing.arrived(losing.first) == 40);
  losing.sender->set_segmentation(automatic);
  CHECK(losing.arrived(losing.first) == 40);
}

TEST_CASE("on a kernel that nobody knows of, off saves what runs lose",
          "[socket][offload][segmentation]") {
  if (!test::granted("gso")) return;
  Losing unknown(false);
  CHECK(unknown.arrived(unknown.first) == 0);
  unknown.sender->set_segmentation(off);
  CHECK(unknown.arrived(unknown.first) == 40);
  dgram::SocketOptions options;
  options.segmentation = off;
  Losing from_the_start(false, options);
  CHECK(from_the_start.arrived(from_the_start.first) == 40);
  CHECK(from_the_start.sender->stats().gso_datagrams == 0);
}

TEST_CASE("one destination may be sent no runs while others are, on any port",
          "[socket][offload][segmentation]") {
  if (!test::granted("gso")) return;
  Losing losing(false);
  const asio::ip::address there = losing.first.local_endpoint().address();
  losing.sender->set_segmentation(there, off);
  CHECK(losing.sender->segmentation(there) == off);
  CHECK(losing.sender->segmentation() == automatic);
  dgram::Socket neighbour = Losing::at(losing.io, "127.0.0.1");
  CHECK(losing.arrived(losing.first) == 40);
  CHECK(losing.arrived(neighbour) == 40);
  CHECK(losing.arrived(losing.second) == 0);
  losing.sender->set_segmentation(there, automatic);
  CHECK(losing.arrived(losing.first) == 0);
}

TEST_CASE("one destination may be sent runs while others are not",
          "[socket][offload][segmentation]") {
  if (!test::granted("gso")) return;
  Losing losing;
  losing.script->loses_equal_runs = false;
  losing.sender->set_segmentation(off);
  losing.sender->set_segmentation(losing.first.local_endpoint().address(), on);
  CHECK(losing.arrived(losing.first) == 40);
  CHECK(losing.sender->stats().gso_datagrams == 40);
  CHECK(losing.arrived(losing.second) == 40);
  CHECK(losing.sender->stats().gso_datagrams == 40);
}

TEST_CASE("what holds for a destination holds for it as the connected peer, and not for the next",
          "[socket][offload][segmentation]") {
  if (!test::granted("gso")) return;
  Losing losing(false);
  const auto peer_gets = [&](dgram::Socket& peer) {
    const std::vector<std::string> texts = test::all_sized(20, 40);
    std::vector<dgram::Outgoing> batch = test::outgoing(texts, dgram::Endpoint());
    CHECK(test::send_all(losing.io, *losing.sender, batch) == 20);
    return test::take_texts(peer).size();
  };
  const asio::ip::address there = losing.first.local_endpoint().address();
  const bool before = GENERATE(true, false);
  if (before) losing.sender->set_segmentation(there, off);
  losing.sender->connect(losing.first.local_endpoint());
  if (!before) losing.sender->set_segmentation(there, off);
  CHECK(peer_gets(losing.first) == 20);
  losing.sender->connect(losing.second.local_endpoint());
  CHECK(peer_gets(losing.second) == 0);
  losing.sender->connect(losing.first.local_endpoint());
  CHECK(peer_gets(losing.first) == 20);
}

TEST_CASE("an IPv4 destination of an IPv6 socket is the same in both spellings",
          "[socket][offload][segmentation]") {
  if (!test::granted("gso")) return;
  Losing losing(false);
  const bool is_mapped = GENERATE(false, true);
  dgram::SocketOptions options;
  options.family = dgram::Family::ipv6;
  dgram::Socket sender(losing.io, options);
  sender.bind();
  sender.set_segmentation(asio::ip::make_address(is_mapped ? "::ffff:127.0.0.1" : "127.0.0.1"),
                          off);
  const dgram::Endpoint to(asio::ip::make_address("::ffff:127.0.0.1"),
                           losing.first.local_endpoint().port());
  const std::vector<std::string> texts = test::all_sized(20, 40);
  std::vector<dgram::Outgoing> batch = test::outgoing(texts, to);
  CHECK(test::send_all(losing.io, sender, batch) == 20);
  CHECK(test::take_texts(losing.first).size() == 20);
}

TEST_CASE("off of the process holds at once for all sockets, and is taken back",
          "[socket][offload][segmentation]") {
  if (!test::granted("gso")) return;
  Losing losing(false);
  losing.sender->set_segmentation(on);
  losing.sender->set_segmentation(losing.first.local_endpoint().address(), on);
  CHECK(losing.arrived(losing.first) == 0);
  dgram::set_process_segmentation(off);
  CHECK(losing.arrived(losing.first) == 40);
  CHECK(gso_of(*losing.sender).state == dgram::Capability::State::refused);
  CHECK(gso_of(*losing.sender).why == dgram::Errc::disabled);
  dgram::set_process_segmentation(automatic);
  CHECK(losing.arrived(losing.first) == 0);
}

TEST_CASE("on of the process says that the kernel was mended, to sockets that say nothing",
          "[socket][offload][segmentation]") {
  if (!test::granted("gso")) return;
  Losing losing;
  losing.script->loses_equal_runs = false;
  dgram::set_process_segmentation(on);
  CHECK(losing.arrived(losing.first) == 40);
  CHECK(losing.sender->stats().gso_datagrams == 40);
  CHECK(gso_of(*losing.sender).state == dgram::Capability::State::granted);
  losing.sender->set_segmentation(off);
  CHECK(losing.arrived(losing.first) == 40);
  CHECK(losing.sender->stats().gso_datagrams == 40);
}

TEST_CASE("capabilities say what became of runs, and why", "[socket][offload][segmentation]") {
  if (!test::granted("gso")) return;
  using State = dgram::Capability::State;
  Losing losing;
  CHECK(to_string(gso_of(*losing.sender)) ==
        "gso: reduced (This kernel may send runs of datagrams of one length wrongly)");
  CHECK(gso_of(*losing.sender).why == dgram::Errc::equal_runs_unsafe);
  losing.sender->set_segmentation(on);
  CHECK(gso_of(*losing.sender).state == State::granted);
  losing.sender->set_segmentation(off);
  CHECK(gso_of(*losing.sender).state == State::not_asked);
  Losing unknown(false);
  CHECK(gso_of(*unknown.sender).state == State::granted);
}

TEST_CASE("that equal runs are not made is said once, and only where they are not",
          "[socket][offload][segmentation]") {
  if (!test::granted("gso")) return;
  for (const Segmentation segmentation : {automatic, on, off}) {
    Losing losing;
    std::vector<std::string> said;
    dgram::set_log_handler(losing.io, [&](dgram::LogLevel level, std::string_view text) {
      CHECK(level == dgram::LogLevel::warning);
      said.emplace_back(text);
    });
    dgram::SocketOptions options;
    options.segmentation = segmentation;
    const dgram::Socket one = test::bound(losing.io, options),
                        two = test::bound(losing.io, options);
    REQUIRE(said.size() == (segmentation == automatic ? 1 : 0));
    if (segmentation == automatic)
      CHECK(
          said[0].starts_with("gso: This kernel may send runs of datagrams of one length wrongly"));
  }
}

TEST_CASE("a destination takes an open socket that can send to it, and a segmentation",
          "[socket][segmentation][input]") {
  asio::io_context io;
  const asio::ip::address v4 = asio::ip::make_address("192.0.2.1");
  const asio::ip::address v6 = asio::ip::make_address("2001:db8::1");
  std::error_code ec;
  dgram::Socket fresh(io);
  fresh.set_segmentation(v4, off, ec);
  CHECK(ec == asio::error::bad_descriptor);
  CHECK(fresh.segmentation(v4, ec) == automatic);
  CHECK(ec == asio::error::bad_descriptor);
  dgram::Socket socket = test::bound(io);
  socket.set_segmentation(v6, off, ec);
  CHECK(ec == asio::error::address_family_not_supported);
  socket.set_segmentation(v4, static_cast<Segmentation>(3), ec);
  CHECK(ec == asio::error::invalid_argument);
  CHECK(socket.segmentation(v4, ec) == automatic);
  CHECK(!ec);
  dgram::SocketOptions options;
  options.family = dgram::Family::ipv6;
  options.ipv6_only = true;
  dgram::Socket only = test::bound(io, options);
  only.set_segmentation(v4, off, ec);
  CHECK(ec == asio::error::address_family_not_supported);
  only.set_segmentation(v6, off, ec);
  CHECK(!ec);
  CHECK_THROWS_AS(fresh.set_segmentation(v4, off), dgram::Error);
  CHECK_THROWS_AS(fresh.segmentation(v4), dgram::Error);
}

TEST_CASE("a socket that was opened anew by a failed bind keeps what it was told",
          "[socket][segmentation]") {
  asio::io_context io;
  dgram::SocketOptions options;
  options.segmentation = off;
  dgram::Socket socket(io, options);
  std::error_code ec;
  socket.bind(dgram::make_endpoint("192.0.2.1", 0), ec);
  REQUIRE(ec);
  socket.bind(test::any_port());
  CHECK(socket.segmentation() == off);
}

}  // namespace socket_segmentation_test
