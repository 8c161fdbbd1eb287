// send_many on a channel that fails in the middle: a result per datagram, each sent once or refused
// with its own error.
#include <algorithm>
#include <asio/error.hpp>
#include <cerrno>
#include <dgram/dgram.hpp>
#include <support/catch2.hpp>
#include <support/faulty.hpp>
#include <support/run.hpp>

namespace contract_fault_send_many_test {

using dgram::FaultScript;
using dgram::Outgoing;
using test::at_most;
using test::Faulty;
using test::os;

namespace {

constexpr std::size_t total = 40;  // more than one call takes

/// Numbered datagrams to the peer, and what has to become of them.
struct Batch {
  explicit Batch(const Faulty& f, std::size_t n = total) {
    texts.reserve(n);
    for (std::size_t i = 0; i < n; ++i) texts.push_back(std::to_string(i));
    for (const std::string& text : texts)
      records.emplace_back(asio::buffer(text), f.peer.local_endpoint());
  }

  /// Sends it and checks each record: no error and received once, but for those of `failed`.
  void check(Faulty& f, const std::vector<std::size_t>& failed, std::error_code why) {
    std::size_t accepted = 0;
    test::run(f.io, [&]() -> asio::awaitable<void> {
      accepted = co_await f.socket.send_many(records);
    }());
    CHECK(accepted == records.size() - failed.size());
    std::string expected;
    for (std::size_t i = 0; i < records.size(); ++i) {
      const bool fails = std::find(failed.begin(), failed.end(), i) != failed.end();
      INFO(i);
      CHECK(records[i].result == (fails ? why : std::error_code()));
      if (!fails) expected += texts[i] + '\n';
    }
    CHECK(f.received() == expected);
    CHECK(f.socket.stats().datagrams_sent == accepted);
    CHECK(f.socket.stats().send_errors == failed.size());
    CHECK(f.socket.send_queue_count() == 0);
    CHECK(f.socket.send_queue_size() == 0);
  }

  std::vector<std::string> texts;
  std::vector<Outgoing> records;
};

}  // namespace

TEST_CASE("a datagram that is refused at any place has its own error, the others go out once",
          "[contract][fault]") {
  for (const std::size_t at : std::initializer_list<std::size_t>{0, 1, 17, 31, 32, 39}) {
    for (const int number : {EMSGSIZE, ENOBUFS, ECONNREFUSED, EPERM}) {
      Faulty f;
      if (at >= 32) f.script->send = {{}};
      f.script->send.push_back(at_most(at % 32, os(number)));
      Batch(f).check(f, {at}, os(number));
    }
  }
}

TEST_CASE("several refusals in one batch are told apart", "[contract][fault]") {
  Faulty f;
  f.script->send = {at_most(3, os(EMSGSIZE)), at_most(0, os(EMSGSIZE)), at_most(10, os(EMSGSIZE))};
  Batch(f).check(f, {3, 4, 15}, os(EMSGSIZE));
}

TEST_CASE("EAGAIN at any place of a batch is followed by the rest, once", "[contract][fault]") {
  for (const std::size_t at : std::initializer_list<std::size_t>{0, 1, 17, 31, 32, 39}) {
    Faulty f;
    if (at >= 32) f.script->send = {{}};
    f.script->send.push_back(at_most(at % 32, os(EAGAIN)));
    f.script->send.push_back({os(EAGAIN)});
    Batch(f).check(f, {}, {});
    CHECK(f.script->waits == 2);
  }
}

TEST_CASE("short counts without an error are followed by the rest, once", "[contract][fault]") {
  Faulty f;
  f.script->send = {at_most(3), at_most(1), at_most(5), at_most(31)};
  Batch(f).check(f, {}, {});
}

TEST_CASE("a datagram that the rules refuse counts once, though the batch is put off behind it",
          "[contract][fault]") {
  Faulty f;
  f.script->send = {at_most(1, os(EAGAIN)), at_most(1, os(EAGAIN)), at_most(1, os(EAGAIN))};
  Batch batch(f);
  batch.records[20].to.port(0);
  batch.check(f, {20}, dgram::Errc::bad_port);
}

TEST_CASE("a batch that is cancelled halfway says what was sent and what was not attempted",
          "[contract][fault]") {
  Faulty f;
  f.script->send = {at_most(5, os(EAGAIN))};
  for (int i = 0; i < 100; ++i) f.script->send.push_back({os(EAGAIN)});
  Batch batch(f);
  int calls = 0;
  std::error_code result;
  std::size_t accepted = 99;
  f.socket.async_send_many(batch.records, [&](std::error_code ec, std::size_t n) {
    ++calls;
    result = ec;
    accepted = n;
  });
  while (f.script->send_calls < 3) REQUIRE(f.io.run_one_for(test::deadline) == 1);
  f.socket.cancel();
  test::run(f.io);
  CHECK(calls == 1);
  CHECK(result == asio::error::operation_aborted);
  CHECK(accepted == 5);
  for (std::size_t i = 0; i < total; ++i)
    CHECK(batch.records[i].result ==
          (i < 5 ? std::error_code() : std::error_code(asio::error::operation_aborted)));
  CHECK(f.received() == "0\n1\n2\n3\n4\n");
}

TEST_CASE("a write wait that fails ends a batch with its error and the results of what was sent",
          "[contract][fault]") {
  Faulty f;
  f.script->send = {at_most(5, os(EAGAIN))};
  f.script->wait = {{os(EBADF)}};
  Batch batch(f);
  std::error_code result;
  std::size_t accepted = 99;
  f.socket.async_send_many(batch.records, [&](std::error_code ec, std::size_t n) {
    result = ec;
    accepted = n;
  });
  test::run(f.io);
  CHECK(result == os(EBADF));
  CHECK(accepted == 5);
  CHECK(!batch.records[4].result);
  CHECK(batch.records[5].result == asio::error::operation_aborted);
}

TEST_CASE("a batch of thousands goes out whole, with other work in between", "[contract][fault]") {
  Faulty f;
  const std::string text = "x";
  std::vector<Outgoing> records(3000, Outgoing(asio::buffer(text), f.peer.local_endpoint()));
  bool batch_done = false;
  bool posted_before = false;
  f.socket.async_send_many(records, [&](std::error_code ec, std::size_t n) {
    CHECK(!ec);
    CHECK(n == 3000);
    batch_done = true;
  });
  asio::post(f.io, [&] { asio::post(f.io, [&] { posted_before = !batch_done; }); });
  test::run(f.io);
  CHECK(batch_done);
  CHECK(posted_before);
  CHECK(f.socket.stats().datagrams_sent == 3000);
}

}  // namespace contract_fault_send_many_test
