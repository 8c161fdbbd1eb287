// libuv with one static buffer, without and with UV_UDP_RECVMMSG.
#pragma once

#include "receiver.hpp"

#if defined(BENCH_LIBUV)
#include <memory>

#include "../support/rounds.hpp"
#include "../support/uv_loop.hpp"

namespace bench::receive::libuv {

using namespace bench::libuv;

class Socket {
 public:
  Socket(int descriptor, unsigned flags, uv_alloc_cb give) {
    check(uv_udp_init_ex(loop_.get(), &socket_, flags), "uv_udp_init_ex");
    check(uv_udp_open(&socket_, descriptor), "uv_udp_open");
    socket_.data = this;
    check(uv_udp_recv_start(&socket_, give, on_datagram), "uv_udp_recv_start");
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  ~Socket() { uv_close(reinterpret_cast<uv_handle_t*>(&socket_), nullptr); }

  double drain(int count) {
    left_ = count;
    const Stopwatch watch;
    loop_.run(UV_RUN_DEFAULT);
    return watch.nanoseconds();
  }

 private:
  static void on_datagram(
      uv_udp_t* socket, ssize_t size, const uv_buf_t*, const sockaddr* from, unsigned) {
    check(size, "recv");
    if (!from) return;  // nothing more, or the buffer is given back
    use(static_cast<std::size_t>(size));
    Socket& self = *static_cast<Socket*>(socket->data);
    if (--self.left_ == 0) self.loop_.stop();
  }

  Loop loop_;
  uv_udp_t socket_;
  int left_ = 0;
};

inline Receivers receivers() {
  const auto plain = [](int descriptor, std::size_t) -> Drain {
    auto socket = std::make_shared<Socket>(descriptor, 0u, give_buffer<one_datagram>);
    return [socket](int count) { return socket->drain(count); };
  };
  const auto recvmmsg = [](int descriptor, std::size_t) -> Drain {
    auto socket =
        std::make_shared<Socket>(descriptor, UV_UDP_RECVMMSG, give_buffer<batch_of_datagrams>);
    return [socket](int count) { return socket->drain(count); };
  };
  return {{"libuv", plain}, {"libuv_recvmmsg", recvmmsg}};
}

}  // namespace bench::receive::libuv

#else

namespace bench::receive::libuv {
inline Receivers receivers() {
  return {{"libuv", {}, "built without libuv"}, {"libuv_recvmmsg", {}, "built without libuv"}};
}
}  // namespace bench::receive::libuv

#endif
