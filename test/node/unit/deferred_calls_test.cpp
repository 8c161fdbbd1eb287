// The calls that wait for `listening`: their order, what becomes of them when one throws, and of
// those that come while they are made.
#include <functional>
#include <memory>
#include <node/deferred_calls.hpp>
#include <stdexcept>
#include <string>
#include <support/catch2.hpp>
#include <vector>

namespace unit_node_deferred_calls_test {

using dgram::node::detail::DeferredCalls;

namespace {

using Strings = std::vector<std::string>;

/// Calls that write what happens to them, and a tick queue.
struct LoggedCalls {
  DeferredCalls::Call call(const std::string& name) {
    return {[this, name] { log.push_back("make " + name); },
            [this, name] { log.push_back("cancel " + name); }};
  }
  DeferredCalls::Call throwing(const std::string& name) {
    return {[this, name] {
              log.push_back("throw in " + name);
              throw std::runtime_error(name);
            },
            [this, name] { log.push_back("cancel " + name); }};
  }
  DeferredCalls::Tick tick() {
    return [this](std::function<void()> f) { ticks.push_back(std::move(f)); };
  }
  void run_ticks() {
    log.push_back("ticks");
    for (const std::function<void()>& f : std::exchange(ticks, {})) f();
  }

  DeferredCalls calls;
  Strings log;
  std::vector<std::function<void()>> ticks;
};

}  // namespace

TEST_CASE("deferred calls are made at once, once, in their order", "[unit][node][deferred_calls]") {
  LoggedCalls f;
  CHECK(f.calls.empty());
  for (const char* name : {"a", "b", "c"}) f.calls.add(f.call(name));
  CHECK(!f.calls.empty());
  f.calls.make(f.tick());
  CHECK(f.log == Strings{"make a", "make b", "make c"});
  CHECK(f.calls.empty());
  CHECK(f.ticks.empty());
  f.calls.make(f.tick());
  f.calls.cancel(f.tick());
  CHECK(f.log == Strings{"make a", "make b", "make c"});
  CHECK(f.ticks.empty());
}

TEST_CASE("deferred calls are canceled in ticks, in their order", "[unit][node][deferred_calls]") {
  LoggedCalls f;
  for (const char* name : {"a", "b", "c"}) f.calls.add(f.call(name));
  f.calls.cancel(f.tick());
  CHECK(f.calls.empty());
  CHECK(f.log.empty());
  f.run_ticks();
  CHECK(f.log == Strings{"ticks", "cancel a", "cancel b", "cancel c"});
}

TEST_CASE("one that throws is canceled; those behind it are made the next time",
          "[unit][node][deferred_calls]") {
  LoggedCalls f;
  f.calls.add(f.call("a"));
  f.calls.add(f.throwing("b"));
  f.calls.add(f.throwing("c"));
  f.calls.add(f.call("d"));
  CHECK_THROWS_WITH(f.calls.make(f.tick()), "b");
  CHECK(!f.calls.empty());
  CHECK_THROWS_WITH(f.calls.make(f.tick()), "c");
  f.calls.make(f.tick());
  CHECK(f.calls.empty());
  f.run_ticks();
  CHECK(f.log ==
        Strings{"make a", "throw in b", "throw in c", "make d", "ticks", "cancel b", "cancel c"});
}

TEST_CASE("the first and the last may throw, too", "[unit][node][deferred_calls]") {
  LoggedCalls first;
  first.calls.add(first.throwing("a"));
  first.calls.add(first.call("b"));
  CHECK_THROWS_WITH(first.calls.make(first.tick()), "a");
  first.run_ticks();
  CHECK(first.log == Strings{"throw in a", "ticks", "cancel a"});
  first.calls.make(first.tick());
  CHECK(first.log.back() == "make b");

  LoggedCalls last;
  last.calls.add(last.call("a"));
  last.calls.add(last.throwing("b"));
  CHECK_THROWS_WITH(last.calls.make(last.tick()), "b");
  last.run_ticks();
  CHECK(last.log == Strings{"make a", "throw in b", "ticks", "cancel b"});
}

TEST_CASE("a call that comes while they are made waits for the next time",
          "[unit][node][deferred_calls]") {
  LoggedCalls f;
  f.calls.add({[&] {
                 f.log.push_back("empty " + std::to_string(f.calls.empty()));
                 f.calls.add(f.call("new"));
               },
               [] {}});
  f.calls.add(f.call("b"));
  f.calls.make(f.tick());
  CHECK(f.log == Strings{"empty 1", "make b"});
  CHECK(!f.calls.empty());
  f.calls.make(f.tick());
  CHECK(f.log == Strings{"empty 1", "make b", "make new"});
  CHECK(f.calls.empty());
}

TEST_CASE("a call that comes while they are made outlives one that throws",
          "[unit][node][deferred_calls]") {
  LoggedCalls f;
  f.calls.add({[&] { f.calls.add(f.call("new")); }, [] {}});
  f.calls.add(f.throwing("b"));
  CHECK_THROWS_WITH(f.calls.make(f.tick()), "b");
  CHECK(!f.calls.empty());
  f.calls.make(f.tick());
  CHECK(f.log == Strings{"throw in b", "make new"});
}

TEST_CASE("a call that comes while they are canceled waits for the next time",
          "[unit][node][deferred_calls]") {
  LoggedCalls f;
  f.calls.add({[] {}, [&] { f.calls.add(f.call("new")); }});
  f.calls.add(f.call("b"));
  // A tick that runs inside cancel(): as early as it can come.
  f.calls.cancel([](const std::function<void()>& now) { now(); });
  CHECK(f.log == Strings{"cancel b"});
  f.calls.make(f.tick());
  CHECK(f.log == Strings{"cancel b", "make new"});
}

TEST_CASE("calls that are made inside of one are not made twice", "[unit][node][deferred_calls]") {
  LoggedCalls f;
  f.calls.add({[&] { f.calls.make(f.tick()); }, [] {}});
  f.calls.add({[&] { f.calls.cancel(f.tick()); }, [] {}});
  f.calls.add(f.call("c"));
  f.calls.make(f.tick());
  f.run_ticks();
  CHECK(f.log == Strings{"make c", "ticks"});
}

TEST_CASE("what a call holds goes with it", "[unit][node][deferred_calls]") {
  const auto held = std::make_shared<int>();
  const DeferredCalls::Call holding{[held] {}, [held] {}};
  const long idle = held.use_count();
  LoggedCalls f;

  f.calls.add(holding);
  f.calls.make(f.tick());
  CHECK(held.use_count() == idle);

  f.calls.add(holding);
  f.calls.cancel(f.tick());
  CHECK(held.use_count() == idle + 1);  // what the tick has to call
  f.run_ticks();
  CHECK(held.use_count() == idle);

  f.calls.add(holding);
  f.calls.add(f.throwing("b"));
  f.calls.add(holding);
  CHECK_THROWS_WITH(f.calls.make(f.tick()), "b");
  f.run_ticks();
  f.calls.make(f.tick());
  CHECK(held.use_count() == idle);
}

}  // namespace unit_node_deferred_calls_test
