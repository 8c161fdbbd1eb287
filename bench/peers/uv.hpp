// What the programs over libuv share.
#pragma once

#include <unistd.h>
#include <uv.h>

#include <cstddef>
#include <cstdio>

#include "../support/datagram_buffer.hpp"

namespace bench::libuv {

/// libuv calls us from C, which no exception may cross: an error ends the process, which the parent
/// reports.
inline void check(int status, const char* what) {
  if (status >= 0) return;
  std::fprintf(stderr, "libuv: %s: %s\n", what, uv_strerror(status));
  ::_exit(1);
}

/// A loop with a UDP handle.
class Loop {
 public:
  explicit Loop(unsigned flags = 0) {
    check(uv_loop_init(&loop), "uv_loop_init");
    check(uv_udp_init_ex(&loop, &socket, flags), "uv_udp_init_ex");
  }
  Loop(const Loop&) = delete;

  /// Until the process ends: it is the parent that says when.
  void run() { uv_run(&loop, UV_RUN_DEFAULT); }

  uv_loop_t loop;
  uv_udp_t socket;
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
