// When a socket is reported by level instead of by edges.
#include <core/kernel/waitable_socket.hpp>
#include <support/catch2.hpp>

namespace unit_epoll_trigger_test {

using dgram::detail::EpollTrigger;

namespace {

void wait_in_a_row(EpollTrigger& trigger, int times) {
  for (int i = 0; i < times; ++i) trigger.handled(true);
}

}  // namespace

TEST_CASE("a socket is reported by edges until a few waits have followed each other",
          "[unit][epoll]") {
  EpollTrigger trigger(true);
  CHECK(!trigger.is_level());
  CHECK(!trigger.wants_level());
  wait_in_a_row(trigger, 1);
  CHECK(!trigger.wants_level());
  wait_in_a_row(trigger, 1);
  CHECK(trigger.wants_level());
}

TEST_CASE("a handler that does not wait again begins the count anew", "[unit][epoll]") {
  EpollTrigger trigger(true);
  for (int i = 0; i < 100; ++i) {
    wait_in_a_row(trigger, 1);
    trigger.handled(false);
    CHECK(!trigger.wants_level());
  }
}

TEST_CASE("where several threads run the loop a socket is never reported by level",
          "[unit][epoll]") {
  EpollTrigger trigger(false);
  wait_in_a_row(trigger, 100000);
  CHECK(!trigger.wants_level());
}

TEST_CASE("a wait that ended for nothing keeps a socket at edges for long", "[unit][epoll]") {
  EpollTrigger trigger(true);
  wait_in_a_row(trigger, 10);
  trigger.woke_for_nothing();
  wait_in_a_row(trigger, 900);
  trigger.handled(false);  // is no reason to trust it again
  wait_in_a_row(trigger, 100);
  CHECK(!trigger.wants_level());
  wait_in_a_row(trigger, 10);
  CHECK(trigger.wants_level());
}

TEST_CASE("another socket begins at edges", "[unit][epoll]") {
  EpollTrigger trigger(true);
  wait_in_a_row(trigger, 10);
  trigger.set_level(true);
  trigger.reset();
  CHECK(!trigger.is_level());
  CHECK(!trigger.wants_level());
}

}  // namespace unit_epoll_trigger_test
