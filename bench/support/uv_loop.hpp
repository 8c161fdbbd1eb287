// What the contenders over libuv share. Included only where there is a libuv.
#pragma once

#include <uv.h>

#include <cstddef>
#include <cstdio>
#include <cstdlib>

#include "datagram_buffer.hpp"

namespace bench::libuv {

/// libuv calls us from C, which no exception may cross: an error ends the program.
inline void check(ssize_t status, const char* what) {
  if (status >= 0) return;
  std::fprintf(stderr, "error: libuv: %s: %s\n", what, uv_strerror(static_cast<int>(status)));
  std::exit(1);
}

class Loop {
 public:
  Loop() { check(uv_loop_init(&loop_), "uv_loop_init"); }
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;
  /// The handles were closed before.
  ~Loop() {
    uv_run(&loop_, UV_RUN_DEFAULT);
    check(uv_loop_close(&loop_), "uv_loop_close");
  }

  uv_loop_t* get() noexcept { return &loop_; }
  void run(uv_run_mode mode) { uv_run(&loop_, mode); }
  void stop() { uv_stop(&loop_); }

 private:
  uv_loop_t loop_;
};

/// Memory for reads, given out again and again, as it is used up inside the callback.
template <std::size_t size>
void give_buffer(uv_handle_t*, std::size_t, uv_buf_t* buffer) {
  alignas(DatagramBuffer) static std::array<char, size> memory;
  *buffer = uv_buf_init(memory.data(), static_cast<unsigned>(memory.size()));
}
inline constexpr std::size_t one_datagram = largest_datagram;
inline constexpr std::size_t batch_of_datagrams =
    20 * one_datagram;  // as much as libuv reads at once

}  // namespace bench::libuv
