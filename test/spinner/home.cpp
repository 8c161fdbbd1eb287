#include "spinner/home.hpp"

#include <pthread.h>
#include <sched.h>

#include <atomic>
#include <new>

#include "spinner/fail.hpp"
#include "spinner/failing_new.hpp"
#include "support/marking_executor.hpp"

namespace spinner {

namespace {

/// The thread stays on the processor on which it begins.
void stay_on_one_processor() {
  const int here = ::sched_getcpu();
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(here < 0 ? 0 : here, &one);
  ::pthread_setaffinity_np(::pthread_self(), sizeof one, &one);
}

/// Want of memory that a step has made may come out of run() when it cannot be told otherwise.
void run(asio::io_context& context) {
  static std::atomic<long> thrown = 0;
  for (;;) {
    try {
      context.run();
      return;
    } catch (const std::bad_alloc&) {
      if (++thrown > failures()) fail("bad_alloc leaves run(), and there is memory");
    }
  }
}

}  // namespace

Homes::Homes() {
  threads_.emplace_back([this] {
    stay_on_one_processor();
    run(single_);
  });
  for (int i = 0; i < 2; ++i) threads_.emplace_back([this] { run(shared_); });
}

Homes::~Homes() {
  finish();
}

std::vector<asio::execution_context*> Homes::contexts() {
  return {&single_, &shared_, &pool_};
}

void Homes::finish() {
  single_work_.reset();
  shared_work_.reset();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
  pool_.join();
}

Home Homes::make(std::size_t number) {
  Home home;
  const auto single = single_.get_executor();
  const auto strand = asio::make_strand(shared_);
  switch (number % 5) {
    case 0:
      home.name = "on the context of one thread";
      home.executor = home.of_socket = single;
      home.keeps_order = true;
      home.is_here = [single] { return single.running_in_this_thread(); };
      return home;
    case 1:
      home.name = "on a strand";
      home.executor = home.of_socket = strand;
      break;
    case 2:
      home.name = "on a context, used on a strand";
      home.executor = strand;
      home.of_socket = shared_.get_executor();
      home.takes_bare_handlers = false;
      break;
    case 3: {
      home.name = "on a user's executor over a strand";
      home.bears_failing_new = home.dispatches_at_once = false;
      home.executor = home.of_socket = test::MarkingExecutor(strand);
      home.is_here = [strand] { return strand.running_in_this_thread() && test::marked > 0; };
      return home;
    }
    default: {
      const auto on_pool = asio::make_strand(pool_.get_executor());
      home.name = "on a strand of a thread pool";
      home.bears_failing_new = false;
      home.executor = home.of_socket = on_pool;
      home.is_here = [on_pool] { return on_pool.running_in_this_thread(); };
      return home;
    }
  }
  home.is_here = [strand] { return strand.running_in_this_thread(); };
  return home;
}

}  // namespace spinner
