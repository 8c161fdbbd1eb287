// Sends that wait behind each other leave together, and each has its own result all the same.
#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <cerrno>
#include <deque>
#include <dgram/dgram.hpp>
#include <stdexcept>
#include <vector>

#include "support/catch2.hpp"
#include "support/faulty.hpp"
#include "support/gated_channel.hpp"
#include "support/offload.hpp"

namespace socket_waiting_sends_test {

namespace {

/// Sends of numbered datagrams, each with its own outcome.
struct Sends {
  explicit Sends(std::size_t n) : texts(test::all_sized(n, 40)), outcomes(n) {}
  void start(dgram::Socket& sender, std::size_t i, const dgram::Endpoint& to) {
    sender.async_send(texts[i], to, outcomes[i].handler());
  }
  void start_all(dgram::Socket& sender, const dgram::Endpoint& to) {
    for (std::size_t i = 0; i < texts.size(); ++i) start(sender, i, to);
  }
  /// How many have another outcome than exactly one call, no error, and their size.
  std::size_t wrong() const {
    std::size_t count = 0;
    for (const test::Outcome<std::size_t>& outcome : outcomes)
      count += outcome.calls != 1 || outcome.ec || outcome.value != 40;
    return count;
  }

  std::vector<std::string> texts;
  std::deque<test::Outcome<std::size_t>> outcomes;
};

}  // namespace

TEST_CASE("many sends of one turn leave in few calls, in order, each with its own result",
          "[socket][offload][waiting_sends]") {
  const bool together = test::granted("batch_send") || test::granted("gso");
  for (const std::size_t n : {2u, 10u, 64u, 300u}) {
    INFO(n);
    asio::io_context io;
    dgram::Socket receiver = test::bound(io, test::roomy());
    dgram::Socket sender = test::bound(io);
    Sends sends(n);
    sends.start_all(sender, receiver.local_endpoint());
    test::run(io);
    CHECK(sends.wrong() == 0);
    CHECK((test::take_texts(receiver) == sends.texts));
    const std::uint64_t calls = sender.stats().send_calls.calls();
    if (together)
      CHECK(calls <= 2 + n / 16);
    else
      CHECK(calls == n);
    CHECK(sender.stats().datagrams_sent == n);
  }
}

TEST_CASE("many sends to many peers leave in few calls", "[socket][offload][waiting_sends]") {
  if (!test::granted("batch_send")) return;
  asio::io_context io;
  dgram::Socket first = test::bound(io, test::roomy());
  dgram::Socket second = test::bound(io, test::roomy());
  dgram::Socket sender = test::bound(io);
  Sends sends(64);
  for (std::size_t i = 0; i < 64; ++i)
    sends.start(sender, i, (i % 2 ? second : first).local_endpoint());
  test::run(io);
  CHECK(sends.wrong() == 0);
  CHECK(test::take_texts(first).size() == 32);
  CHECK(test::take_texts(second).size() == 32);
  CHECK(sender.stats().send_calls.calls() <= 6);
}

TEST_CASE("sends of many coroutines that wait for room leave together",
          "[socket][offload][waiting_sends]") {
  asio::io_context io;
  dgram::Socket receiver = test::bound(io, test::roomy());
  const std::shared_ptr<test::Gate> gate = test::gate(io);
  dgram::Socket sender = test::bound(io);
  const std::vector<std::string> texts = test::all_sized(64, 40);
  std::size_t sent = 0;
  const auto one = [&](std::size_t i) -> asio::awaitable<void> {
    sent += co_await sender.send(texts[i], receiver.local_endpoint());
  };
  gate->shut = true;
  for (std::size_t i = 0; i < 64; ++i) asio::co_spawn(io, one(i), asio::detached);
  while (sender.send_queue_count() != 64) REQUIRE(io.run_one_for(test::deadline) == 1);
  const std::uint64_t before = sender.stats().send_calls.calls();
  asio::post(io, [&] { gate->open(); });
  test::run(io);
  CHECK(sent == 64 * 40);
  CHECK((test::take_texts(receiver) == texts));
  if (test::granted("batch_send")) CHECK(sender.stats().send_calls.calls() - before <= 6);
}

TEST_CASE("a bad send among many that wait, at any place, fails alone",
          "[socket][offload][waiting_sends]") {
  constexpr std::size_t n = 40;
  const std::string huge(65508, 'x');
  std::size_t wrong = 0;
  for (std::size_t bad = 0; bad < n; ++bad) {
    for (int kind = 0; kind < 4; ++kind) {
      asio::io_context io;
      dgram::Socket receiver = test::bound(io, test::roomy());
      dgram::Socket sender = test::bound(io);
      Sends sends(n);
      std::error_code expected;
      for (std::size_t i = 0; i < n; ++i) {
        dgram::Endpoint to = receiver.local_endpoint();
        dgram::Payload payload = sends.texts[i];
        if (i == bad) {
          switch (kind) {
            case 0:
              payload = huge;
              expected = asio::error::message_size;
              break;
            case 1:
              to = dgram::Endpoint(asio::ip::address_v6::loopback(), 9);
              expected = asio::error::address_family_not_supported;
              break;
            case 2:
              to = dgram::make_endpoint("127.255.255.255", 9);
              expected = asio::error::access_denied;
              break;
            default:
              to = test::any_port();
              expected = dgram::Errc::bad_port;
          }
        }
        sender.async_send(payload, to, sends.outcomes[i].handler());
      }
      test::run(io);
      for (std::size_t i = 0; i < n; ++i) {
        const test::Outcome<std::size_t>& outcome = sends.outcomes[i];
        wrong += outcome.calls != 1;
        wrong += outcome.ec != (i == bad ? expected : std::error_code());
        wrong += outcome.value != (i == bad ? 0 : 40);
      }
      std::vector<std::string> good = sends.texts;
      good.erase(good.begin() + static_cast<std::ptrdiff_t>(bad));
      wrong += test::take_texts(receiver) != good;
      wrong += sender.stats().send_errors != 1;
      wrong += sender.send_queue_count() != 0;
      wrong += sender.send_queue_size() != 0;
    }
  }
  CHECK(wrong == 0);
}

TEST_CASE(
    "a waiting send to no address and port 0 is refused, and never goes to the connected peer",
    "[socket][offload][waiting_sends]") {
  asio::io_context io;
  dgram::Socket receiver = test::bound(io, test::roomy());
  dgram::Socket sender = test::bound(io);
  sender.connect(receiver.local_endpoint());
  Sends sends(10);
  for (std::size_t i = 0; i < 10; ++i)
    sends.start(sender, i, i == 5 ? dgram::Endpoint() : receiver.local_endpoint());
  test::run(io);
  CHECK(sends.outcomes[5].calls == 1);
  CHECK(sends.outcomes[5].ec == dgram::Errc::bad_port);
  CHECK(sends.wrong() == 1);
  std::vector<std::string> others = sends.texts;
  others.erase(others.begin() + 5);
  CHECK((test::take_texts(receiver) == others));
}

TEST_CASE("a run of waiting sends that is refused leaves one by one",
          "[socket][offload][waiting_sends]") {
  test::Faulty f(test::roomy());
  if (!test::granted("gso")) return;
  f.script->gso = true;
  dgram::Socket sender = test::bound(f.io);
  f.script->refused_runs = {{f.peer.local_endpoint(), test::os(EIO)}};
  Sends sends(50);
  sends.start_all(sender, f.peer.local_endpoint());
  test::run(f.io);
  CHECK(sends.wrong() == 0);
  CHECK((test::take_texts(f.peer) == sends.texts));
  CHECK(sender.stats().gso_refused == 1);
  CHECK(sender.stats().send_errors == 0);
}

TEST_CASE("handlers that throw keep nobody from being called", "[socket][offload][waiting_sends]") {
  asio::io_context io;
  dgram::Socket receiver = test::bound(io, test::roomy());
  dgram::Socket sender = test::bound(io);
  Sends sends(60);
  for (std::size_t i = 0; i < 60; ++i)
    sender.async_send(sends.texts[i],
                      receiver.local_endpoint(),
                      [&outcome = sends.outcomes[i], i](std::error_code ec, std::size_t size) {
                        outcome.handler()(ec, size);
                        if (i % 3 == 0) throw std::runtime_error("of the user");
                      });
  int thrown = 0;
  for (bool ended = false; !ended;) {
    try {
      test::run(io);
      ended = true;
    } catch (const std::runtime_error& error) {
      REQUIRE(error.what() == std::string("of the user"));
      REQUIRE(++thrown <= 20);
    }
  }
  CHECK(thrown == 20);
  CHECK(sends.wrong() == 0);
  CHECK((test::take_texts(receiver) == sends.texts));
}

TEST_CASE("a handler that cancels the others takes nothing back that has left",
          "[socket][offload][waiting_sends]") {
  asio::io_context io;
  dgram::Socket receiver = test::bound(io, test::roomy());
  dgram::Socket sender = test::bound(io);
  Sends sends(60);
  std::deque<asio::cancellation_signal> signals(60);
  for (std::size_t i = 0; i < 60; ++i)
    sender.async_send(sends.texts[i],
                      receiver.local_endpoint(),
                      asio::bind_cancellation_slot(signals[i].slot(),
                                                   [&, i](std::error_code ec, std::size_t size) {
                                                     sends.outcomes[i].handler()(ec, size);
                                                     for (asio::cancellation_signal& each : signals)
                                                       each.emit(asio::cancellation_type::terminal);
                                                   }));
  test::run(io);
  std::vector<std::string> sent;
  for (std::size_t i = 0; i < 60; ++i) {
    INFO(i);
    REQUIRE(sends.outcomes[i].calls == 1);
    if (!sends.outcomes[i].ec)
      sent.push_back(sends.texts[i]);
    else
      CHECK(sends.outcomes[i].ec == asio::error::operation_aborted);
  }
  CHECK(!sent.empty());
  CHECK((test::take_texts(receiver) == sent));
}

TEST_CASE("a handler that closes the socket takes nothing back that has left",
          "[socket][offload][waiting_sends]") {
  const bool destroys = GENERATE(false, true);
  asio::io_context io;
  dgram::Socket receiver = test::bound(io, test::roomy());
  std::optional<dgram::Socket> sender(test::bound(io));
  Sends sends(60);
  for (std::size_t i = 0; i < 60; ++i)
    sender->async_send(
        sends.texts[i], receiver.local_endpoint(), [&, i](std::error_code ec, std::size_t size) {
          sends.outcomes[i].handler()(ec, size);
          if (destroys)
            sender.reset();
          else
            sender->close();
        });
  test::run(io);
  std::vector<std::string> sent;
  for (std::size_t i = 0; i < 60; ++i) {
    REQUIRE(sends.outcomes[i].calls == 1);
    if (!sends.outcomes[i].ec)
      sent.push_back(sends.texts[i]);
    else
      CHECK(sends.outcomes[i].ec == asio::error::operation_aborted);
  }
  CHECK(!sent.empty());
  CHECK((test::take_texts(receiver) == sent));
}

TEST_CASE("handlers that send again keep the order", "[socket][offload][waiting_sends]") {
  asio::io_context io;
  dgram::Socket receiver = test::bound(io, test::roomy());
  dgram::Socket sender = test::bound(io);
  const std::vector<std::string> texts = test::all_sized(400, 40);
  std::size_t next = 0;
  std::size_t calls = 0;
  std::function<void()> send = [&] {
    const std::size_t i = next++;
    sender.async_send(texts[i], receiver.local_endpoint(), [&](std::error_code ec, std::size_t) {
      calls += !ec;
      if (next < texts.size()) send();
    });
  };
  for (int i = 0; i < 50; ++i) send();
  test::run(io);
  CHECK(calls == texts.size());
  CHECK((test::take_texts(receiver) == texts));
}

TEST_CASE("sends, batches, runs and gathered sends that wait leave in the order of their start",
          "[socket][offload][waiting_sends]") {
  asio::io_context io;
  dgram::Socket receiver = test::bound(io, test::roomy());
  dgram::Socket sender = test::bound(io);
  const dgram::Endpoint to = receiver.local_endpoint();
  const std::vector<std::string> texts = test::all_sized(60, 40);
  std::vector<dgram::Outgoing> batch = test::outgoing({texts[20], texts[21], texts[22]}, to);
  batch[0].bytes = asio::buffer(texts[20]);
  batch[1].bytes = asio::buffer(texts[21]);
  batch[2].bytes = asio::buffer(texts[22]);
  const std::string segments = texts[40] + texts[41] + texts[42];
  const std::array<asio::const_buffer, 2> pieces = {asio::buffer(texts[50].data(), 10),
                                                    asio::buffer(texts[50].data() + 10, 30)};
  std::size_t calls = 0;
  const auto done = [&](std::error_code ec, std::size_t) { calls += !ec; };
  for (std::size_t i = 0; i < 20; ++i) sender.async_send(texts[i], to, done);
  sender.async_send_many(batch, done);
  for (std::size_t i = 23; i < 40; ++i) sender.async_send(texts[i], to, done);
  sender.async_send_segments(segments, 40, to, done);
  for (std::size_t i = 43; i < 50; ++i) sender.async_send(texts[i], to, done);
  sender.async_send(pieces, to, done);
  for (std::size_t i = 51; i < 60; ++i) sender.async_send(texts[i], to, done);
  test::run(io);
  CHECK(calls == 20 + 1 + 17 + 1 + 7 + 1 + 9);
  CHECK((test::take_texts(receiver) == texts));
}

TEST_CASE("a fresh socket is opened by the first of many sends",
          "[socket][offload][waiting_sends]") {
  asio::io_context io;
  dgram::Socket receiver = test::bound(io, test::roomy());
  dgram::Socket sender(io);
  Sends sends(30);
  sends.start_all(sender, receiver.local_endpoint());
  test::run(io);
  CHECK(sends.wrong() == 0);
  CHECK((test::take_texts(receiver) == sends.texts));
}

}  // namespace socket_waiting_sends_test
