// A loop that is an io_context: what plain Asio, dgram and the Node adapter share.
#pragma once

#include "../support/context.hpp"

namespace bench::loop {

class Counting {
 public:
  void one_more() noexcept { --left_; }

  /// One handler at a time, as run() does it, which waits in the kernel when there is none.
  void serve(int count) {
    left_ += count;
    while (left_ > 0) io.run_one();
  }

  Context io;

 private:
  int left_ = 0;
};

}  // namespace bench::loop
