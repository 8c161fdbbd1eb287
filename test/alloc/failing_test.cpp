// The n-th request to the heap fails, for every n, while an operation is started and completed: no
// crash, no leak, no datagram lost.
#include <asio/any_io_executor.hpp>
#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/error.hpp>
#include <asio/post.hpp>
#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/strand.hpp>
#include <cerrno>
#include <dgram/dgram.hpp>
#include <dgram/fault_channel.hpp>
#include <functional>
#include <support/catch2.hpp>
#include <support/faulty.hpp>
#include <support/run.hpp>

#include "counting.hpp"

namespace alloc_failing_test {

namespace {

/// What became of the operation.
struct Outcome {
  bool threw = false;  ///< The initiating call.
  int calls = 0;       ///< Of the handler.
  std::error_code ec;
  std::string received;
};

/// Where the socket is at home.
enum class Home { context, strand };

/// One try: sockets, the operation, and the memory that fails.
struct Try {
  asio::io_context io;
  dgram::Socket peer = test::bound(io);
  std::shared_ptr<dgram::FaultScript> script = test::make_faulty(io);
  dgram::Socket socket;
  dgram::Datagram one[4];
  std::byte memory[16];
  std::vector<dgram::Outgoing> batch =
      std::vector<dgram::Outgoing>(3, dgram::Outgoing(asio::buffer("x", 1), peer.local_endpoint()));
  Outcome outcome;

  explicit Try(Home home = Home::context)
      : socket(home == Home::context ? asio::any_io_executor(io.get_executor())
                                     : asio::any_io_executor(asio::make_strand(io))) {
    socket.bind(test::any_port());
    test::put(peer, peer, "x");  // what the peer counts with is there before memory fails
  }

  template <class... Result>
  void done(std::error_code ec, Result&&...) {
    ++outcome.calls;
    outcome.ec = ec;
  }
};

struct Scenario {
  const char* name;
  /// What is prepared while memory is there.
  std::function<void(Try&)> prepare;
  /// Starts the operation, which calls Try::done.
  std::function<void(Try&)> start;
  /// Happens after the start, before the context runs: a datagram that comes, for receives that
  /// wait.
  std::function<void(Try&)> then;
  /// True for receives: the datagram "hello" must reach either the operation or the next recv.
  bool receives;
};

void put(Try& t) {
  test::put(t.peer, t.socket, "hello");
}
void nothing(Try&) {}

/// Runs the context to its end. Memory that fails inside an asynchronous wait may come out of
/// run(): the rest must go on without it.
void run_all(Try& t) {
  for (int exceptions = 0;;) {
    try {
      return test::run(t.io);
    } catch (const std::bad_alloc&) {
      if (++exceptions > 3) throw;
    }
  }
}

/// One try with the n-th request failing; true when there was an n-th request.
bool attempt(const Scenario& scenario, Home home, std::size_t nth) {
  Try t(home);
  bool fired = false;
  scenario.prepare(t);
  {
    test::FailingAllocation failing(nth);
    try {
      scenario.start(t);
    } catch (const std::bad_alloc&) {
      t.outcome.threw = true;
    }
    scenario.then(t);
    try {
      run_all(t);
    } catch (...) {
      failing.disarm();
      throw;
    }
    fired = failing.fired();
  }
  // Asio's strand queues a handler before it finds no memory to schedule itself. From then on it
  // runs nothing, and what is queued ends with it.
  bool is_alive = false;
  asio::post(t.socket.get_executor(), [&is_alive] { is_alive = true; });
  t.io.restart();
  t.io.poll();
  if (!is_alive) return fired;
  INFO(scenario.name << (home == Home::strand ? " on a strand" : "") << ", request " << nth);
  CHECK(t.outcome.calls == (t.outcome.threw ? 0 : 1));
  if (nth == 0) CHECK(!t.outcome.ec);
  if (t.outcome.ec) CHECK(t.outcome.ec == asio::error::no_memory);
  CHECK(t.socket.send_queue_count() == 0);
  if (scenario.receives) {
    std::error_code ec;
    // An operation that did not take the datagram has left it for the next one.
    if (t.outcome.received.empty())
      if (const std::optional<dgram::Datagram> datagram = t.socket.try_recv(ec))
        t.outcome.received = datagram->text();
    CHECK(t.outcome.received == "hello");
    CHECK(!t.socket.try_recv(ec));
    CHECK(ec == asio::error::would_block);
  }
  // And the socket still works.
  std::string text;
  t.socket.async_recv(
      [&text](std::error_code, dgram::Datagram datagram) { text = datagram.text(); });
  test::put(t.peer, t.socket, "after");
  test::run(t.io);
  CHECK(text == "after");
  return fired;
}

void fail_each(const Scenario& scenario, Home home) {
  attempt(scenario, home, 0);  // what is allocated once and for ever is, now
  long leaked = 0;
  std::size_t nth = 1;
  for (bool fired = true; fired && nth < 1000; ++nth) {
    const long before = test::live_blocks();
    fired = attempt(scenario, home, nth);
    leaked += test::live_blocks() - before;
  }
  INFO(scenario.name);
  CHECK(nth < 1000);
  CHECK(leaked == 0);
}

void fail_each(const Scenario& scenario) {
  fail_each(scenario, Home::context);
#if defined(DGRAM_HAS_REACTOR_WAIT)  // async_wait() loses what finds no memory to get to its strand
  fail_each(scenario, Home::strand);
#endif
}

/// A receive in its three situations: the datagram is there, comes later, or lies in the ring
/// already.
void fail_receive(const char* name, const std::function<void(Try&)>& start) {
  fail_each({name, put, start, nothing, true});
  fail_each({name, nothing, start, put, true});
  const auto hold = [](Try& t) {
    for (const char* text : {"first", "hello"}) test::put(t.peer, t.socket, text);
    t.socket.async_recv([](std::error_code, dgram::Datagram) {});
    test::run(t.io);
    if (t.socket.stats().held != 1) throw std::runtime_error("the ring holds nothing");
  };
  fail_each({name, hold, start, nothing, true});
}

dgram::Endpoint peer_of(Try& t) {
  return t.peer.local_endpoint();
}

/// A send in its two situations: the kernel takes it, or puts it off.
void fail_send(const char* name, const std::function<void(Try&)>& start) {
  fail_each({name, nothing, start, nothing, false});
  const auto block = [](Try& t) { t.script->send = {{test::os(EAGAIN)}}; };
  fail_each({name, block, start, nothing, false});
}

}  // namespace

TEST_CASE("recv without memory throws or says no_memory, and the datagram is received later",
          "[alloc][failing]") {
  fail_receive("recv", [](Try& t) {
    t.socket.async_recv([&t](std::error_code ec, dgram::Datagram datagram) {
      t.outcome.received = datagram.text();
      t.done(ec);
    });
  });
}

#if defined(DGRAM_HAS_FAST_AWAITABLE)  // a coroutine around it needs memory for its frame
TEST_CASE("an awaited recv without memory says no_memory, and the datagram is received later",
          "[alloc][failing]") {
  for (const bool is_cancellable : {false, true}) {
    // Spawned while memory is there; it comes to its recv() when that fails.
    struct Receiving {
      explicit Receiving(Try& t) : gate(t.io, asio::steady_timer::time_point::max()) {}
      asio::steady_timer gate;
      asio::cancellation_signal signal;
    };
    std::unique_ptr<Receiving> receiving;
    const auto body = [](Try& t, Receiving& r) -> asio::awaitable<void> {
      std::error_code ec;
      co_await r.gate.async_wait(asio::redirect_error(asio::use_awaitable, ec));
      const dgram::Datagram datagram = co_await t.socket.recv(ec);
      test::FailingAllocation::disarm();  // the coroutine's end is Asio's
      t.outcome.received = datagram.text();
      t.done(ec);
    };
    const auto spawn = [&](Try& t) {
      receiving = std::make_unique<Receiving>(t);
      if (is_cancellable)
        asio::co_spawn(t.io,
                       body(t, *receiving),
                       asio::bind_cancellation_slot(receiving->signal.slot(), asio::detached));
      else
        asio::co_spawn(t.io, body(t, *receiving), asio::detached);
      t.io.poll();
    };
    const auto start = [&](Try& t) {
      receiving->gate.cancel();
      t.io.poll();
    };
    const auto put_and_spawn = [&](Try& t) {
      put(t);
      spawn(t);
    };
    fail_each({"recv, awaited, with a datagram there", put_and_spawn, start, nothing, true});
    fail_each({"recv, awaited, with a datagram to come", spawn, start, put, true});
  }
}
#endif

TEST_CASE("recv_for without memory throws or says no_memory, and the datagram is received later",
          "[alloc][failing]") {
  fail_receive("recv_for", [](Try& t) {
    t.socket.async_recv_for(std::chrono::hours(1),
                            [&t](std::error_code ec, std::optional<dgram::Datagram> datagram) {
                              if (datagram) t.outcome.received = datagram->text();
                              t.done(ec);
                            });
  });
}

TEST_CASE("recv_into without memory throws or says no_memory, and the datagram is received later",
          "[alloc][failing]") {
  fail_receive("recv_into", [](Try& t) {
    t.socket.async_recv_into(t.memory, [&t](std::error_code ec, const dgram::Received& got) {
      t.outcome.received.assign(reinterpret_cast<const char*>(t.memory), got.size);
      t.done(ec);
    });
  });
}

TEST_CASE("recv_many without memory throws or says no_memory, and the datagram is received later",
          "[alloc][failing]") {
  fail_receive("recv_many", [](Try& t) {
    t.socket.async_recv_many(t.one, [&t](std::error_code ec, std::size_t count) {
      if (count > 0) t.outcome.received = t.one[0].text();
      t.done(ec);
    });
  });
}

TEST_CASE("wait_readable without memory throws or says no_memory, and takes nothing",
          "[alloc][failing]") {
  fail_receive("wait_readable", [](Try& t) {
    t.socket.async_wait_readable([&t](std::error_code ec) { t.done(ec); });
  });
}

TEST_CASE("send without memory throws or says no_memory, and the socket sends on",
          "[alloc][failing]") {
  fail_send("send", [](Try& t) {
    t.socket.async_send("x", peer_of(t), [&t](std::error_code ec, std::size_t) { t.done(ec); });
  });
}

TEST_CASE("send_many without memory throws or says no_memory, and the socket sends on",
          "[alloc][failing]") {
  fail_send("send_many", [](Try& t) {
    t.socket.async_send_many(t.batch, [&t](std::error_code ec, std::size_t) { t.done(ec); });
  });
}

TEST_CASE("send_segments without memory throws or says no_memory, and the socket sends on",
          "[alloc][failing]") {
  fail_send("send_segments", [](Try& t) {
    t.socket.async_send_segments(
        "abcdef", 2, peer_of(t), [&t](std::error_code ec, std::size_t) { t.done(ec); });
  });
}

TEST_CASE("a lookup without memory throws or ends, once, and the socket looks up again",
          "[alloc][failing]") {
  // Too long to be kept in the string itself.
  const std::string host = "a-name-that-has-memory-of-its-own.test";
  const auto answer = [](std::string, dgram::Family, dgram::LookupHandler done) {
    done({}, asio::ip::address_v4::loopback());
  };
  std::size_t nth = 1;
  for (bool fired = true; fired && nth < 1000; ++nth) {
    Try t;
    t.socket.set_lookup(answer);
    {
      const test::FailingAllocation failing(nth);
      try {
        t.socket.async_resolve(host,
                               [&t](std::error_code ec, const asio::ip::address&) { t.done(ec); });
      } catch (const std::bad_alloc&) {
        t.outcome.threw = true;
      }
      try {
        run_all(t);
      } catch (...) {
        failing.disarm();
        throw;
      }
      fired = failing.fired();
    }
    INFO("request " << nth);
    CHECK(t.outcome.calls == (t.outcome.threw ? 0 : 1));
    std::error_code again = asio::error::would_block;
    t.socket.async_resolve(host,
                           [&again](std::error_code ec, const asio::ip::address&) { again = ec; });
    run_all(t);
    CHECK(!again);
  }
  CHECK(nth < 1000);
}

TEST_CASE("two receives that wait both end, whichever request fails", "[alloc][failing]") {
  for (std::size_t nth = 0; nth < 60; ++nth) {
    Try t;
    int started = 0;
    int calls = 0;
    std::string received;
    {
      test::FailingAllocation failing(nth);
      for (int i = 0; i < 2; ++i) {
        try {
          t.socket.async_recv([&](std::error_code ec, dgram::Datagram datagram) {
            ++calls;
            if (!ec) received += datagram.text();
          });
          ++started;
        } catch (const std::bad_alloc&) {
        }
      }
      put(t);
      put(t);
      run_all(t);
    }
    std::error_code ec;
    while (const std::optional<dgram::Datagram> datagram = t.socket.try_recv(ec))
      received += datagram->text();
    INFO(nth);
    CHECK(calls == started);
    CHECK(received == "hellohello");
  }
}

TEST_CASE("a large datagram is whole, or says that it was cut, or is received later",
          "[alloc][failing]") {
  const std::string large(9000, 'x');
  for (std::size_t nth = 0; nth < 30; ++nth) {
    Try t;
    test::put(t.peer, t.socket, large);
    std::optional<dgram::Datagram> datagram;
    std::error_code ec;
    {
      test::FailingAllocation failing(nth);
      datagram = t.socket.try_recv(ec);
    }
    INFO(nth);
    if (!datagram) {
      CHECK(ec == asio::error::no_memory);
      datagram = t.socket.try_recv(ec);
      REQUIRE(datagram);
    }
    CHECK(datagram->full_size() == 9000);
    CHECK(datagram->truncated() == (datagram->size() < 9000));
    CHECK(t.socket.stats().truncated == (datagram->truncated() ? 1u : 0u));
  }
}

TEST_CASE(
    "making, binding, connecting and copying without memory throws, and leaves nothing behind",
    "[alloc][failing]") {
  const auto scenario = [](asio::io_context& io, dgram::Socket& peer) {
    dgram::Socket socket(io);
    socket.bind(test::any_port());
    socket.connect(peer.local_endpoint());
    test::put(peer, socket, "x");
    std::error_code ec;
    const std::optional<dgram::Datagram> datagram = socket.try_recv(ec);
    if (ec == asio::error::no_memory) throw std::bad_alloc();
    if (datagram) datagram->copy();
  };
  bool fired = true;
  for (std::size_t nth = 0; fired || nth == 1; ++nth) {
    REQUIRE(nth < 1000);
    std::optional<asio::io_context> io(std::in_place);
    std::optional<dgram::Socket> peer(test::bound(*io));
    bool threw = false;
    bool other = false;
    {
      test::FailingAllocation failing(nth);
      try {
        scenario(*io, *peer);
      } catch (const std::bad_alloc&) {
        threw = true;
      } catch (const std::system_error& error) {
        threw = error.code() == asio::error::no_memory;
        other = !threw;
      }
      fired = failing.fired();
    }
    INFO(nth);
    CHECK(!other);
    CHECK(threw == fired);
    scenario(*io, *peer);  // with memory it works, on the same context
  }
}

}  // namespace alloc_failing_test
