// The context that every contender on Asio runs on, dgram's and Asio's own: one thread runs it, and
// it is told so.
#pragma once

#include <asio/io_context.hpp>
#include <cstdlib>
#include <string_view>

namespace bench {

class Context : public asio::io_context {
 public:
  Context() : asio::io_context(hint()) {}

 private:
  /// `tools/bench --locks none` takes the mutexes out of Asio's scheduler and reactor.
  static int hint() {
    const char* const locks = std::getenv("DGRAM_BENCH_LOCKS");
    return locks && std::string_view(locks) == "none" ? ASIO_CONCURRENCY_HINT_UNSAFE : 1;
  }
};

}  // namespace bench
