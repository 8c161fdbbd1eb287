// libuv: a handle for each socket, and one buffer.
#pragma once

#include "loop.hpp"

#if defined(BENCH_LIBUV)
#include <memory>

#include "../support/rounds.hpp"
#include "../support/uv_loop.hpp"

namespace bench::loop::libuv {

class Sockets {
 public:
  explicit Sockets(const std::vector<int>& descriptors) : sockets_(descriptors.size()) {
    using bench::libuv::check;
    for (std::size_t i = 0; i < sockets_.size(); ++i) {
      uv_udp_t* const socket = &sockets_[i];
      check(uv_udp_init(loop_.get(), socket), "uv_udp_init");
      check(uv_udp_open(socket, descriptors[i]), "uv_udp_open");
      socket->data = this;
      check(uv_udp_recv_start(
                socket, bench::libuv::give_buffer<bench::libuv::one_datagram>, on_datagram),
            "uv_udp_recv_start");
    }
    loop_.run(UV_RUN_NOWAIT);
  }
  Sockets(const Sockets&) = delete;
  Sockets& operator=(const Sockets&) = delete;
  ~Sockets() {
    for (uv_udp_t& socket : sockets_) uv_close(reinterpret_cast<uv_handle_t*>(&socket), nullptr);
    loop_.run(UV_RUN_DEFAULT);
  }

  void serve(int count) {
    left_ += count;
    while (left_ > 0) loop_.run(UV_RUN_ONCE);
  }

 private:
  static void on_datagram(
      uv_udp_t* socket, ssize_t size, const uv_buf_t*, const sockaddr* from, unsigned) {
    bench::libuv::check(size, "recv");
    if (!from) return;  // nothing more
    use(static_cast<std::size_t>(size));
    --static_cast<Sockets*>(socket->data)->left_;
  }

  bench::libuv::Loop loop_;
  std::vector<uv_udp_t> sockets_;
  int left_ = 0;
};

inline Loop plain() {
  return {"libuv", [](const std::vector<int>& descriptors) -> Serve {
            auto sockets = std::make_shared<Sockets>(descriptors);
            return [sockets](int count) { sockets->serve(count); };
          }};
}

}  // namespace bench::loop::libuv

#else

namespace bench::loop::libuv {
inline Loop plain() {
  return {"libuv", {}, "built without libuv"};
}
}  // namespace bench::loop::libuv

#endif
