// Runs that are refused: their datagrams go out all the same, once each and in order, and it is
// kept in mind for whom and how long.
#include <cerrno>
#include <dgram/dgram.hpp>
#include <dgram/forwarding_channel.hpp>
#include <vector>

#include "support/catch2.hpp"
#include "support/channel_kind.hpp"
#include "support/faulty.hpp"
#include "support/offload.hpp"

namespace socket_refused_runs_test {

namespace {

using namespace std::chrono_literals;

/// A channel whose clock stands still until the test moves it.
class ClockChannel final : public dgram::ForwardingChannel {
 public:
  ClockChannel(std::unique_ptr<dgram::Channel> inner, std::shared_ptr<dgram::TimePoint> now)
      : ForwardingChannel(std::move(inner)), now_(std::move(now)) {}
  dgram::TimePoint now() const noexcept override { return *now_; }

 private:
  std::shared_ptr<dgram::TimePoint> now_;
};

/// Two receivers, and a sender whose runs can be refused.
struct Refusing {
  Refusing() {
    script->gso = true;
    dgram::set_channel_factory(io, [this](const asio::any_io_executor& executor) {
      return std::make_unique<ClockChannel>(
          dgram::make_fault_channel(dgram::make_kernel_channel(executor), script), now);
    });
    sender.emplace(test::bound(io));
  }
  /// Sends `n` datagrams to one of them and checks that they arrive; returns how many left in runs.
  std::uint64_t send(dgram::Socket& to, std::size_t n, std::size_t size = 40) {
    const std::vector<std::string> texts = test::all_sized(n, size);
    std::vector<dgram::Outgoing> batch = test::outgoing(texts, to.local_endpoint());
    const std::uint64_t before = sender->stats().gso_datagrams;
    CHECK(test::send_all(io, *sender, batch) == n);
    CHECK(test::failures(batch) == 0);
    CHECK((test::take_texts(to) == texts));
    return sender->stats().gso_datagrams - before;
  }
  std::uint64_t refused() const { return sender->stats().gso_refused; }

  static dgram::SocketOptions watching() {
    dgram::SocketOptions options = test::roomy();
    options.receive_ecn = test::is_linux_channel();
    return options;
  }
  static dgram::Socket at(asio::io_context& io, const char* address) {
    dgram::Socket socket(io, watching());
    socket.bind(dgram::make_endpoint(address, 0));
    return socket;
  }

  asio::io_context io;
  dgram::Socket first = at(io, "127.0.0.1");
  dgram::Socket second = at(io, "127.0.0.2");
  std::shared_ptr<dgram::FaultScript> script = std::make_shared<dgram::FaultScript>();
  std::shared_ptr<dgram::TimePoint> now =
      std::make_shared<dgram::TimePoint>(std::chrono::steady_clock::now());
  std::optional<dgram::Socket> sender;
};

const std::initializer_list<int> reasons = {EIO, EINVAL, EMSGSIZE, EPERM, ENODEV};

}  // namespace

TEST_CASE(
    "a run that is refused, at any place of a batch, arrives whole, in order, with its ECN and "
    "source",
    "[socket][offload][refused_runs]") {
  if (!test::granted("gso")) return;
  Refusing r;
  dgram::SendOptions options;
  options.ecn = dgram::Ecn::ect0;
  options.source_address = asio::ip::make_address("127.0.0.3");
  std::size_t wrong = 0;
  for (const std::size_t n : {1u, 2u, 3u, 65u, 129u, 300u}) {
    const std::vector<std::string> texts = test::all_sized(n, 40);
    for (std::size_t at = 0; at<n; at += n> 100 ? 7 : 1) {
      // Two or three datagrams in the middle are for somebody to whom no run can be sent.
      std::vector<dgram::Outgoing> batch = test::outgoing(texts, r.first.local_endpoint(), options);
      std::vector<std::string> expected = texts;
      std::vector<std::string> others;
      const std::size_t run = std::min<std::size_t>(2 + at % 2, n - at);
      for (std::size_t i = at; i < at + run; ++i) {
        batch[i].to = r.second.local_endpoint();
        others.push_back(texts[i]);
      }
      const auto from = expected.begin() + static_cast<std::ptrdiff_t>(at);
      expected.erase(from, from + static_cast<std::ptrdiff_t>(run));

      const int reason = std::data(reasons)[at % reasons.size()];
      r.script->refused_runs = {{r.second.local_endpoint(), test::os(reason)}};
      *r.now += 1h;  // what was refused before is forgotten
      const dgram::Stats before = r.sender->stats();
      wrong += test::send_all(r.io, *r.sender, batch) != n;
      wrong += test::failures(batch);
      const dgram::Stats after = r.sender->stats();
      wrong += after.gso_refused - before.gso_refused != (run > 1);
      wrong += after.send_errors != 0;
      wrong += after.datagrams_sent - before.datagrams_sent != n;
      // The first receiver has its runs before and behind.
      const auto in_runs = [](std::size_t count) { return count - (count % 64 == 1); };
      wrong += after.gso_datagrams - before.gso_datagrams != in_runs(at) + in_runs(n - at - run);

      for (auto& [socket, texts_of] :
           {std::pair(&r.first, &expected), std::pair(&r.second, &others)}) {
        std::vector<std::string> got;
        std::error_code ec;
        while (const std::optional<dgram::Datagram> d = socket->try_recv(ec)) {
          got.emplace_back(d->text());
          wrong += d->ecn() != dgram::Ecn::ect0;
          wrong += d->remote().address() != *options.source_address;
        }
        wrong += got != *texts_of;
      }
    }
  }
  CHECK(wrong == 0);
}

TEST_CASE("where no run can be sent to the connected peer, each of them arrives whole",
          "[socket][offload][refused_runs]") {
  if (!test::granted("gso")) return;
  Refusing r;
  r.script->refused_runs = {{r.first.local_endpoint(), test::os(EIO)}};
  r.sender->connect(r.first.local_endpoint());
  const std::vector<std::string> texts = test::all_sized(40, 40);
  std::vector<dgram::Outgoing> batch = test::outgoing(texts, dgram::Endpoint());
  CHECK(test::send_all(r.io, *r.sender, batch) == 40);
  CHECK((test::take_texts(r.first) == texts));
  CHECK(r.refused() == 1);
}

TEST_CASE("every run of a batch is refused, and every datagram arrives",
          "[socket][offload][refused_runs]") {
  if (!test::granted("gso")) return;
  for (const int reason : reasons) {
    INFO(reason);
    Refusing r;
    r.script->refused_runs = {{r.first.local_endpoint(), test::os(reason)}};
    CHECK(r.send(r.first, 300) == 0);
    CHECK(r.refused() >= 1);
    CHECK(r.refused() <= 5);  // no more than there are runs
    CHECK(r.sender->stats().send_errors == 0);
  }
}

TEST_CASE("the n-th run of a batch is refused once, and every datagram arrives in order",
          "[socket][offload][refused_runs]") {
  if (!test::granted("gso")) return;
  for (const int reason : reasons) {
    for (std::size_t nth = 0; nth < 5; ++nth) {
      INFO(reason << ", run " << nth);
      Refusing r;
      if (nth < 4)
        r.script->send = {{test::os(reason), nth}};
      else
        r.script->send = {{}, {test::os(reason)}};  // there are four in the first call
      CHECK(r.send(r.first, 300) >= nth * 64);
      CHECK(r.refused() == 1);
    }
  }
}

TEST_CASE(
    "an error that no run can have is that of each of its datagrams, and is not taken for a "
    "refusal",
    "[socket][offload][refused_runs]") {
  if (!test::granted("gso")) return;
  Refusing r;
  const std::vector<std::string> texts = test::all_sized(10, 40);
  std::vector<dgram::Outgoing> batch = test::outgoing(texts, r.first.local_endpoint());
  r.script->send = {{test::os(ENETUNREACH)}};
  CHECK(test::send_all(r.io, *r.sender, batch) == 0);
  for (const dgram::Outgoing& one : batch) CHECK(one.result == asio::error::network_unreachable);
  CHECK(r.refused() == 0);
  CHECK(r.sender->stats().send_errors == 10);
  CHECK(r.send(r.first, 10) == 10);
}

TEST_CASE("what is refused to one is refused to nobody else", "[socket][offload][refused_runs]") {
  if (!test::granted("gso")) return;
  Refusing r;
  r.script->refused_runs = {{r.first.local_endpoint(), test::os(EIO)}};
  CHECK(r.send(r.first, 10) == 0);
  CHECK(r.send(r.second, 10) == 10);
  CHECK(r.refused() == 1);
}

TEST_CASE("a refusal holds for a minute, then for two, up to sixteen",
          "[socket][offload][refused_runs]") {
  if (!test::granted("gso")) return;
  Refusing r;
  const auto refuse = [&] {
    r.script->refused_runs = {{r.first.local_endpoint(), test::os(EINVAL)}};
  };
  refuse();
  CHECK(r.send(r.first, 10) == 0);
  std::uint64_t refusals = 1;
  for (const auto period : {1min, 2min, 4min, 8min, 16min, 16min}) {
    INFO(period.count() << " minutes");
    CHECK(r.refused() == refusals);
    // Not tried again, even though it would pass.
    r.script->refused_runs.clear();
    *r.now += period - 1s;
    CHECK(r.send(r.first, 10) == 0);
    CHECK(r.refused() == refusals);
    refuse();
    *r.now += 2s;
    CHECK(r.send(r.first, 10) == 0);
    ++refusals;
  }
  CHECK(r.refused() == refusals);
  r.script->refused_runs.clear();
  *r.now += 17min;
  CHECK(r.send(r.first, 10) == 10);
}

TEST_CASE("all refusals of one send count as one, for how long they hold",
          "[socket][offload][refused_runs]") {
  if (!test::granted("gso")) return;
  Refusing r;
  r.script->refused_runs = {{r.first.local_endpoint(), test::os(EIO)}};
  // Several runs that are planned before the first one is refused: pairs of one size each.
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < 60; ++i) texts.push_back(test::sized(100 + i / 2, i));
  std::vector<dgram::Outgoing> batch = test::outgoing(texts, r.first.local_endpoint());
  CHECK(test::send_all(r.io, *r.sender, batch) == texts.size());
  CHECK((test::take_texts(r.first) == texts));
  test::Outcome<std::size_t> outcome;
  const std::string payload(1000 * 10, 'x');
  r.sender->async_send_segments(payload, 10, r.first.local_endpoint(), outcome.handler());
  test::run(r.io);
  CHECK(outcome.value == payload.size());
  CHECK(test::take_texts(r.first).size() == 1000);
  r.script->refused_runs.clear();
  *r.now += 61s;
  CHECK(r.send(r.first, 10) == 10);
}

TEST_CASE("a send_segments of which every run is refused tries one, and arrives",
          "[socket][offload][refused_runs]") {
  if (!test::granted("gso")) return;
  Refusing r;
  r.script->refused_runs = {{r.first.local_endpoint(), test::os(EIO)}};
  const std::string payload(1000 * 10, 'x');
  test::Outcome<std::size_t> outcome;
  r.sender->async_send_segments(payload, 10, r.first.local_endpoint(), outcome.handler());
  test::run(r.io);
  CHECK(outcome.value == payload.size());
  CHECK(test::take_texts(r.first).size() == 1000);
  CHECK(r.refused() == 1);
}

TEST_CASE("EMSGSIZE leaves the runs of smaller datagrams alone",
          "[socket][offload][refused_runs]") {
  if (!test::granted("gso")) return;
  Refusing r;
  r.script->send = {{test::os(EMSGSIZE)}};
  CHECK(r.send(r.first, 10, 1400) == 0);
  CHECK(r.send(r.first, 10, 1400) == 0);
  CHECK(r.send(r.first, 10, 1500) == 0);
  CHECK(r.send(r.first, 10, 1200) == 10);
  CHECK(r.refused() == 1);
}

TEST_CASE("a run of send_segments that is refused, at any place, arrives whole and in order",
          "[socket][offload][refused_runs]") {
  if (!test::granted("gso")) return;
  for (const int reason : reasons) {
    for (std::size_t nth = 0; nth < 4; ++nth) {
      INFO(reason << ", run " << nth);
      Refusing r;
      const std::string payload = test::sized(200 * 100 + 1, 7);
      r.script->send.resize(nth);
      r.script->send.push_back({test::os(reason)});
      test::Outcome<std::size_t> outcome;
      r.sender->async_send_segments(payload, 100, r.first.local_endpoint(), outcome.handler());
      test::run(r.io);
      CHECK(!outcome.ec);
      CHECK(outcome.value == payload.size());
      const dgram::Stats stats = r.sender->stats();
      CHECK(stats.gso_refused == 1);
      CHECK(stats.gso_datagrams == nth * 64);  // the others go one by one for a while
      CHECK(stats.datagrams_sent == 201);
      CHECK(stats.send_errors == 0);
      const std::vector<std::string> got = test::take_texts(r.first);
      REQUIRE(got.size() == 201);
      std::string whole;
      for (const std::string& text : got) whole += text;
      CHECK((whole == payload));
    }
  }
}

TEST_CASE("send_segments that really fails says what was accepted before",
          "[socket][offload][refused_runs]") {
  if (!test::granted("gso")) return;
  Refusing r;
  const std::string payload(200 * 100, 'x');
  r.script->send = {{}, {test::os(EMSGSIZE)}, {test::os(EMSGSIZE), 3}};
  test::Outcome<std::size_t> outcome;
  r.sender->async_send_segments(payload, 100, r.first.local_endpoint(), outcome.handler());
  test::run(r.io);
  CHECK(outcome.calls == 1);
  CHECK(outcome.ec == asio::error::message_size);
  CHECK(outcome.value == (64 + 3) * 100);
  CHECK(test::take_texts(r.first).size() == 64 + 3);
}

TEST_CASE("a run to the connected peer that is refused arrives whole",
          "[socket][offload][refused_runs]") {
  if (!test::granted("gso")) return;
  for (const int reason : reasons) {
    INFO(reason);
    Refusing r;
    r.sender->connect(r.first.local_endpoint());
    const std::vector<std::string> texts = test::all_sized(100, 40);
    std::vector<dgram::Outgoing> batch = test::outgoing(texts, dgram::Endpoint());
    r.script->send = {{test::os(reason)}};
    CHECK(test::send_all(r.io, *r.sender, batch) == 100);
    CHECK(test::failures(batch) == 0);
    CHECK((test::take_texts(r.first) == texts));
    CHECK(r.refused() == 1);
  }
}

TEST_CASE("an error of the connected peer is that of one datagram of a run",
          "[socket][offload][refused_runs]") {
  if (!test::granted("gso")) return;
  Refusing r;
  r.sender->connect(r.first.local_endpoint());
  const std::vector<std::string> texts = test::all_sized(100, 40);
  std::vector<dgram::Outgoing> batch = test::outgoing(texts, dgram::Endpoint());
  r.script->send = {{test::os(ECONNREFUSED)}};
  CHECK(test::send_all(r.io, *r.sender, batch) == 99);
  CHECK(batch[0].result == asio::error::connection_refused);
  CHECK(test::failures(batch) == 1);
  CHECK(test::take_texts(r.first).size() == 99);
  CHECK(r.sender->stats().send_errors == 1);
}

TEST_CASE("a refusal to the connected peer is none to the next one",
          "[socket][offload][refused_runs]") {
  if (!test::granted("gso")) return;
  Refusing r;
  const std::vector<std::string> texts = test::all_sized(100, 40);
  std::vector<dgram::Outgoing> batch = test::outgoing(texts, dgram::Endpoint());
  r.sender->connect(r.first.local_endpoint());
  r.script->send = {{test::os(EIO)}};
  CHECK(test::send_all(r.io, *r.sender, batch) == 100);
  CHECK(test::send_all(r.io, *r.sender, batch) == 100);
  CHECK(r.sender->stats().gso_datagrams == 0);
  r.sender->connect(r.second.local_endpoint());
  CHECK(test::send_all(r.io, *r.sender, batch) == 100);
  CHECK(r.sender->stats().gso_datagrams == 100);
  CHECK((test::take_texts(r.second) == texts));
}

TEST_CASE("try_send_many in runs says would_block for what found no room, and keeps its promise",
          "[socket][offload][refused_runs]") {
  if (!test::granted("gso")) return;
  Refusing r;
  const std::vector<std::string> texts = test::all_sized(200, 40);
  std::vector<dgram::Outgoing> batch = test::outgoing(texts, r.first.local_endpoint());
  r.script->send = {{test::os(EAGAIN), 1}};
  std::error_code ec;
  CHECK(r.sender->try_send_many(batch, ec) == 64);
  CHECK(ec == asio::error::would_block);
  for (std::size_t i = 0; i < batch.size(); ++i)
    REQUIRE(batch[i].result ==
            (i < 64 ? std::error_code() : std::error_code(asio::error::would_block)));
  // What is left may be given to send_many.
  CHECK(test::send_all(r.io, *r.sender, std::span(batch).subspan(64)) == 136);
  CHECK((test::take_texts(r.first) == texts));
}

TEST_CASE("try_send_many of which a run is refused sends it one by one",
          "[socket][offload][refused_runs]") {
  if (!test::granted("gso")) return;
  for (const int reason : reasons) {
    INFO(reason);
    Refusing r;
    const std::vector<std::string> texts = test::all_sized(200, 40);
    std::vector<dgram::Outgoing> batch = test::outgoing(texts, r.first.local_endpoint());
    r.script->send = {{test::os(reason), 1}};
    std::error_code ec;
    CHECK(r.sender->try_send_many(batch, ec) == 200);
    CHECK(!ec);
    CHECK(test::failures(batch) == 0);
    CHECK((test::take_texts(r.first) == texts));
    CHECK(r.refused() == 1);
  }
}

TEST_CASE("would_block between a refusal and its proof loses nothing",
          "[socket][offload][refused_runs]") {
  if (!test::granted("gso")) return;
  for (std::size_t after = 0; after < 70; ++after) {
    Refusing r;
    r.script->send = {{test::os(EIO)}, {test::os(EAGAIN), after}};
    CHECK(r.send(r.first, 100) <= 36);
    CHECK(r.refused() <= 2);
  }
}

TEST_CASE("a run for which a queue or memory has no room arrives, and the next one is tried again",
          "[socket][offload][refused_runs]") {
  if (!test::granted("gso")) return;
  const int reason = GENERATE(ENOBUFS, ENOMEM);
  Refusing r;
  r.script->refused_runs = {{r.first.local_endpoint(), test::os(reason)}};
  CHECK(r.send(r.first, 20) == 0);
  CHECK(r.refused() == 1);
  const std::string bytes(200, 'x');
  test::Outcome<std::size_t> outcome;
  r.sender->async_send_segments(bytes, 40, r.first.local_endpoint(), outcome.handler());
  test::run(r.io);
  CHECK_FALSE(outcome.ec);
  CHECK(outcome.value == bytes.size());
  CHECK(test::take_texts(r.first).size() == 5);
  CHECK(r.refused() == 2);
  r.script->refused_runs.clear();
  CHECK(r.send(r.first, 20) == 20);
}

}  // namespace socket_refused_runs_test
