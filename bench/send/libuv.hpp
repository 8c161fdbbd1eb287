// libuv: queued sends, sends at once, and batches of those where it has them (1.50).
#pragma once

#include "sender.hpp"

#if defined(BENCH_LIBUV)
#include <algorithm>
#include <array>
#include <memory>

#include "../support/rounds.hpp"
#include "../support/uv_loop.hpp"

namespace bench::send::libuv {

using namespace bench::libuv;

class Socket {
 public:
  Socket(int descriptor, const Work& work) : peers_(work.peers), payload_(work.size, 'x') {
    check(uv_udp_init(loop_.get(), &socket_), "uv_udp_init");
    check(uv_udp_open(&socket_, descriptor), "uv_udp_open");
    socket_.data = this;
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  ~Socket() { uv_close(reinterpret_cast<uv_handle_t*>(&socket_), nullptr); }

  double queued(int count) {
    requests_.resize(static_cast<std::size_t>(count));
    left_ = count;
    const uv_buf_t bytes = buffer();
    const Stopwatch watch;
    for (int i = 0; i < count; ++i)
      check(uv_udp_send(
                &requests_[static_cast<std::size_t>(i)], &socket_, &bytes, 1, peer(i), on_sent),
            "uv_udp_send");
    while (left_ > 0) loop_.run(UV_RUN_ONCE);
    return watch.nanoseconds();
  }

  double at_once(int count) {
    const uv_buf_t bytes = buffer();
    const Stopwatch watch;
    for (int i = 0; i < count; ++i)
      check(uv_udp_try_send(&socket_, &bytes, 1, peer(i)), "uv_udp_try_send");
    return watch.nanoseconds();
  }

#if UV_VERSION_HEX >= 0x013200
  double batches(int count) {
    constexpr int batch = 32;
    uv_buf_t bytes = buffer();
    std::array<uv_buf_t*, batch> all_bytes;
    std::array<unsigned, batch> pieces;
    std::array<sockaddr*, batch> to;
    all_bytes.fill(&bytes);
    pieces.fill(1);
    const Stopwatch watch;
    for (int i = 0; i < count;) {
      const int now = std::min(batch, count - i);
      for (int k = 0; k < now; ++k)
        to[static_cast<std::size_t>(k)] = const_cast<sockaddr*>(peer(i + k));
      const int sent = uv_udp_try_send2(
          &socket_, static_cast<unsigned>(now), all_bytes.data(), pieces.data(), to.data(), 0);
      check(sent, "uv_udp_try_send2");
      i += sent;
    }
    return watch.nanoseconds();
  }
#endif

 private:
  static void on_sent(uv_udp_send_t* request, int status) {
    check(status, "send");
    --static_cast<Socket*>(request->handle->data)->left_;
  }
  uv_buf_t buffer() {
    return uv_buf_init(payload_.data(), static_cast<unsigned>(payload_.size()));
  }
  const sockaddr* peer(int i) const {
    return reinterpret_cast<const sockaddr*>(&peers_[static_cast<std::size_t>(i) % peers_.size()]);
  }

  Loop loop_;
  uv_udp_t socket_;
  std::vector<sockaddr_in> peers_;
  std::string payload_;
  std::vector<uv_udp_send_t> requests_;
  int left_ = 0;
};

inline Sender sender(const char* name, double (Socket::*way)(int)) {
  return {name, [way](int descriptor, const Work& work) -> Send {
            auto socket = std::make_shared<Socket>(descriptor, work);
            return [socket, way](int count) { return (*socket.*way)(count); };
          }};
}

inline Sender queued() {
  return sender("libuv_send", &Socket::queued);
}
inline Sender at_once() {
  return sender("libuv_try_send", &Socket::at_once);
}
inline Sender batches() {
#if UV_VERSION_HEX >= 0x013200
  return sender("libuv_try_send2", &Socket::batches);
#else
  return {"libuv_try_send2",
          {},
          std::string("libuv ") + uv_version_string() + " has no uv_udp_try_send2"};
#endif
}

}  // namespace bench::send::libuv

#else

namespace bench::send::libuv {
inline Sender queued() {
  return {"libuv_send", {}, "built without libuv"};
}
inline Sender at_once() {
  return {"libuv_try_send", {}, "built without libuv"};
}
inline Sender batches() {
  return {"libuv_try_send2", {}, "built without libuv"};
}
}  // namespace bench::send::libuv

#endif
