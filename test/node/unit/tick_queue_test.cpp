// The tick queue of a context: turns, drains, exceptions, and its end.
#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <dgram/node/next_tick.hpp>
#include <functional>
#include <memory>
#include <node/tick_queue.hpp>
#include <stdexcept>
#include <string>
#include <support/catch2.hpp>
#include <support/run.hpp>
#include <thread>

namespace unit_node_tick_queue_test {

using dgram::node::next_tick;
using dgram::node::detail::TickQueue;

namespace {

/// A context whose ticks write their names.
struct LoggedTicks {
  std::function<void()> say(const std::string& name) {
    return [this, name] { log += name; };
  }
  std::function<void()> raise(const std::string& name) {
    return [this, name] {
      log += name;
      throw std::runtime_error(name);
    };
  }
  void turn(const std::function<void()>& f) { queue.turn(f); }
  void tick(std::function<void()> f) { queue.push(std::move(f)); }

  std::string log;
  asio::io_context io;
  TickQueue& queue = TickQueue::of(io);
};

}  // namespace

TEST_CASE("ticks run when the turn's callback has returned, in their order",
          "[unit][node][tick_queue]") {
  LoggedTicks f;
  f.turn([&] {
    f.tick(f.say("a"));
    f.tick(f.say("b"));
    f.log += "callback ";
  });
  CHECK(f.log == "callback ab");
  test::run(f.io);
  CHECK(f.log == "callback ab");
}

TEST_CASE("a tick that is added by a tick runs in the same drain, behind all others",
          "[unit][node][tick_queue]") {
  LoggedTicks f;
  f.turn([&] {
    f.tick([&] {
      f.log += 'a';
      f.tick([&] {
        f.log += 'c';
        f.tick(f.say("d"));
      });
    });
    f.tick(f.say("b"));
  });
  CHECK(f.log == "abcd");
}

TEST_CASE("ticks that add ticks for ever are left to their user, one at a time",
          "[unit][node][tick_queue]") {
  LoggedTicks f;
  int left = 10'000;
  std::function<void()> again = [&] {
    if (--left > 0) f.tick(again);
  };
  f.turn([&] { f.tick(again); });
  CHECK(left == 0);  // and no stack was needed for it
}

TEST_CASE("a turn inside of another leaves the ticks to that one", "[unit][node][tick_queue]") {
  LoggedTicks f;
  f.turn([&] {
    f.tick(f.say("a"));
    f.turn([&] {
      f.tick(f.say("b"));
      f.log += "inner ";
    });
    f.log += "outer ";
  });
  CHECK(f.log == "inner outer ab");
}

TEST_CASE("a turn inside of a tick leaves the ticks to the drain", "[unit][node][tick_queue]") {
  LoggedTicks f;
  f.turn([&] {
    f.tick([&] {
      f.turn([&] { f.tick(f.say("c")); });
      f.log += 'a';
    });
    f.tick(f.say("b"));
  });
  CHECK(f.log == "abc");
}

TEST_CASE("a drain in the middle of a turn runs what is there", "[unit][node][tick_queue]") {
  LoggedTicks f;
  f.turn([&] {
    f.tick(f.say("a"));
    f.queue.drain();
    f.log += '|';
    f.tick(f.say("b"));
  });
  CHECK(f.log == "a|b");
}

TEST_CASE("a drain inside of a tick calls none twice", "[unit][node][tick_queue]") {
  LoggedTicks f;
  f.turn([&] {
    f.tick([&] {
      f.log += 'a';
      f.queue.drain();
    });
    f.tick(f.say("b"));
  });
  CHECK(f.log == "ab");
}

TEST_CASE("a tick from outside of any turn runs in one of its own", "[unit][node][tick_queue]") {
  LoggedTicks f;
  asio::post(f.io, f.say("ready "));
  f.tick(f.say("a"));
  asio::post(f.io, f.say("later "));
  f.tick(f.say("b"));
  CHECK(f.log.empty());
  test::run(f.io);
  CHECK(f.log == "ready ablater ");  // both of them in the first drain
}

TEST_CASE("a tick from outside that waits runs with the next turn, if that comes first",
          "[unit][node][tick_queue]") {
  LoggedTicks f;
  f.tick(f.say("a"));
  f.turn([&] {
    f.tick(f.say("b"));
    f.log += "turn ";
  });
  CHECK(f.log == "turn ab");
  f.tick(f.say("c"));
  test::run(f.io);
  CHECK(f.log == "turn abc");
}

TEST_CASE("ticks from outside have a turn each time", "[unit][node][tick_queue]") {
  LoggedTicks f;
  for (const char* name : {"a", "b", "c"}) {
    f.tick(f.say(name));
    test::run(f.io);
  }
  CHECK(f.log == "abc");
}

TEST_CASE("a tick keeps run() going until it has run", "[unit][node][tick_queue]") {
  LoggedTicks f;
  f.tick([&] { asio::post(f.io, [&] { f.tick(f.say("a")); }); });
  test::run(f.io);
  CHECK(f.log == "a");
}

TEST_CASE("a tick that throws leaves run(); those behind it run when that is called again",
          "[unit][node][tick_queue]") {
  LoggedTicks f;
  f.tick(f.say("a"));
  f.tick(f.raise("b"));
  f.tick(f.say("c"));
  f.tick(f.raise("d"));
  f.tick(f.say("e"));
  CHECK_THROWS_WITH(test::run(f.io), "b");
  CHECK(f.log == "ab");
  CHECK_THROWS_WITH(test::run(f.io), "d");
  CHECK(f.log == "abcd");
  test::run(f.io);
  CHECK(f.log == "abcde");
}

TEST_CASE("a callback that throws loses no tick", "[unit][node][tick_queue]") {
  LoggedTicks f;
  const auto callback = [&] {
    f.tick(f.say("a"));
    throw std::runtime_error("callback");
  };
  CHECK_THROWS_WITH(f.turn(callback), "callback");
  CHECK(f.log.empty());
  test::run(f.io);
  CHECK(f.log == "a");
}

TEST_CASE("a tick that throws out of a turn loses none of those behind it",
          "[unit][node][tick_queue]") {
  LoggedTicks f;
  const auto callback = [&] {
    f.tick(f.raise("a"));
    f.tick(f.say("b"));
  };
  CHECK_THROWS_WITH(f.turn(callback), "a");
  f.tick(f.say("c"));
  test::run(f.io);
  CHECK(f.log == "abc");
}

TEST_CASE("an exception that an outer turn catches ends the inner one alone",
          "[unit][node][tick_queue]") {
  LoggedTicks f;
  f.turn([&] {
    f.tick(f.say("a"));
    try {
      f.turn([&] {
        f.tick(f.say("b"));
        throw std::runtime_error("inner");
      });
    } catch (const std::runtime_error&) {
      f.log += "caught ";
    }
  });
  CHECK(f.log == "caught ab");
}

TEST_CASE("an exception through two turns leaves the next turns as they should be",
          "[unit][node][tick_queue]") {
  LoggedTicks f;
  const auto outer = [&] {
    f.turn([&] {
      f.tick(f.say("a"));
      throw std::runtime_error("inner");
    });
  };
  CHECK_THROWS_WITH(f.turn(outer), "inner");
  f.turn([&] { f.tick(f.say("b")); });
  CHECK(f.log == "ab");
}

TEST_CASE("a turn without ticks asks for no handler", "[unit][node][tick_queue]") {
  LoggedTicks f;
  f.turn([] {});
  CHECK(f.io.poll() == 0);
}

TEST_CASE("each context has a queue of its own", "[unit][node][tick_queue]") {
  LoggedTicks a;
  LoggedTicks b;
  CHECK(&TickQueue::of(a.io) == &a.queue);
  CHECK(&a.queue != &b.queue);
  a.turn([&] {
    b.tick(b.say("b"));
    b.turn([&] { a.tick(a.say("a")); });
    CHECK(b.log == "b");
    CHECK(a.log.empty());
  });
  CHECK(a.log == "a");
}

TEST_CASE("a context that goes away frees its ticks, and runs none", "[unit][node][tick_queue]") {
  const auto held = std::make_shared<int>();
  int runs = 0;
  {
    asio::io_context io;
    for (int i = 0; i < 3; ++i) next_tick(io, [held, &runs] { ++runs; });
    CHECK(held.use_count() == 4);
  }
  CHECK(held.use_count() == 1);
  CHECK(runs == 0);
}

TEST_CASE("a context that goes away frees the ticks behind one that has thrown",
          "[unit][node][tick_queue]") {
  const auto held = std::make_shared<int>();
  {
    asio::io_context io;
    next_tick(io, [] { throw std::runtime_error("tick"); });
    next_tick(io, [held] {});
    CHECK_THROWS_WITH(test::run(io), "tick");
    CHECK(held.use_count() == 2);
  }
  CHECK(held.use_count() == 1);
}

// What goes with a tick may want a tick for its end, as a guard that closes a socket does.
TEST_CASE("a tick that comes while the context frees them is freed, too",
          "[unit][node][tick_queue]") {
  struct Guard {
    explicit Guard(std::function<void()> f) : at_end(std::move(f)) {}
    Guard(const Guard&) = delete;
    ~Guard() { at_end(); }
    std::function<void()> at_end;
  };
  const auto held = std::make_shared<int>();
  int runs = 0;
  {
    asio::io_context io;
    const auto push = [&io, &runs, held] { next_tick(io, [held, &runs] { ++runs; }); };
    for (int i = 0; i < 3; ++i)
      next_tick(io, [guard = std::make_shared<Guard>(push)] { guard->at_end(); });
  }
  CHECK(held.use_count() == 1);
  CHECK(runs == 0);
}

TEST_CASE("an interrupt of another thread waits for its turn, one of this thread for the next call",
          "[unit][node][tick_queue]") {
  asio::io_context io;
  TickQueue& ticks = TickQueue::of(io);
  int of_another = 0;
  int own = 0;
  std::thread([&] { ticks.interrupt([&] { ++of_another; }); }).join();
  ticks.heed();
  CHECK(of_another == 0);
  ticks.interrupt([&] { ++own; });
  CHECK(own == 0);
  ticks.heed();
  CHECK(own == 1);
  CHECK(of_another == 0);
  test::run(io);
  CHECK(own == 1);
  CHECK(of_another == 1);
}

TEST_CASE("owners are told that the context goes away, unless they are forgotten",
          "[unit][node][tick_queue]") {
  std::string log;
  const int owners[4] = {};
  {
    asio::io_context io;
    TickQueue& queue = TickQueue::of(io);
    queue.at_shutdown(&owners[0], [&] { log += 'a'; });
    queue.at_shutdown(&owners[1], [&] { log += 'b'; });
    queue.at_shutdown(&owners[2], [&] { log += 'c'; });
    queue.forget(&owners[1]);
    queue.forget(&owners[3]);
    next_tick(io, [&] { log += "never"; });
    CHECK(log.empty());
  }
  CHECK(log.size() == 2);
  CHECK(log.find('a') != std::string::npos);
  CHECK(log.find('c') != std::string::npos);
}

TEST_CASE("an owner's end may forget itself, and others", "[unit][node][tick_queue]") {
  int calls = 0;
  const int owners[3] = {};
  {
    asio::io_context io;
    TickQueue& queue = TickQueue::of(io);
    for (const int& owner : owners)
      queue.at_shutdown(&owner, [&] {
        ++calls;
        for (const int& each : owners) queue.forget(&each);
      });
  }
  CHECK(calls == 1);
}

TEST_CASE("an owner that is named twice is told once, by its newest word",
          "[unit][node][tick_queue]") {
  std::string log;
  const int owner = 0;
  {
    asio::io_context io;
    TickQueue::of(io).at_shutdown(&owner, [&] { log += 'a'; });
    TickQueue::of(io).at_shutdown(&owner, [&] { log += 'b'; });
  }
  CHECK(log == "b");
}

}  // namespace unit_node_tick_queue_test
