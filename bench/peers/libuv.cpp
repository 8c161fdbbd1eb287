// libuv in plain use: one handle, one static buffer, requests from a pool.
#include <cstring>
#include <memory>

#include "peers.hpp"
#include "uv.hpp"

namespace bench::libuv {

namespace {

void count(uv_udp_t* socket, ssize_t size, const uv_buf_t*, const sockaddr* from, unsigned) {
  check(static_cast<int>(size), "recv");
  if (from) static_cast<Tally*>(socket->data)->take(static_cast<std::size_t>(size));
}

void receive(int descriptor, const ToParent& parent, unsigned flags, uv_alloc_cb give) {
  Loop loop(flags);
  Tally tally(parent);
  loop.socket.data = &tally;
  check(uv_udp_open(&loop.socket, descriptor), "uv_udp_open");
  check(uv_udp_recv_start(&loop.socket, give, count), "uv_udp_recv_start");
  parent.ready();
  loop.run();
}

/// A send that goes on while its bytes' buffer is used for the next read.
struct Answer {
  uv_udp_send_t request;
  char bytes[2048];
};

class AnswerPool {
 public:
  Answer* take() {
    if (free_.empty()) {
      all_.push_back(std::make_unique<Answer>());
      all_.back()->request.data = this;
      free_.push_back(all_.back().get());
    }
    Answer* const answer = free_.back();
    free_.pop_back();
    return answer;
  }
  void give_back(Answer* answer) { free_.push_back(answer); }

 private:
  std::vector<std::unique_ptr<Answer>> all_;
  std::vector<Answer*> free_;
};

void sent(uv_udp_send_t* request, int status) {
  check(status, "send");
  // The request is the first member of its answer.
  static_cast<AnswerPool*>(request->data)->give_back(reinterpret_cast<Answer*>(request));
}

void answer_later(
    uv_udp_t* socket, ssize_t size, const uv_buf_t* bytes, const sockaddr* from, unsigned) {
  check(static_cast<int>(size), "recv");
  if (!from) return;
  Answer* const answer = static_cast<AnswerPool*>(socket->data)->take();
  std::memcpy(answer->bytes, bytes->base, static_cast<std::size_t>(size));
  const uv_buf_t copy = uv_buf_init(answer->bytes, static_cast<unsigned>(size));
  check(uv_udp_send(&answer->request, socket, &copy, 1, from, sent), "uv_udp_send");
}

void answer_now(
    uv_udp_t* socket, ssize_t size, const uv_buf_t* bytes, const sockaddr* from, unsigned) {
  check(static_cast<int>(size), "recv");
  if (!from) return;
  const uv_buf_t same = uv_buf_init(bytes->base, static_cast<unsigned>(size));
  check(uv_udp_try_send(socket, &same, 1, from), "uv_udp_try_send");
}

void echo(int descriptor, const ToParent& parent, uv_udp_recv_cb answer) {
  Loop loop;
  AnswerPool answers;
  loop.socket.data = &answers;
  check(uv_udp_open(&loop.socket, descriptor), "uv_udp_open");
  check(uv_udp_recv_start(&loop.socket, give_buffer<one_datagram>, answer), "uv_udp_recv_start");
  parent.ready();
  loop.run();
}

}  // namespace

std::vector<Peer> receivers() {
  const auto plain = [](int socket, const ToParent& parent) {
    receive(socket, parent, 0, give_buffer<one_datagram>);
  };
  const auto recvmmsg = [](int socket, const ToParent& parent) {
    receive(socket, parent, UV_UDP_RECVMMSG, give_buffer<batch_of_datagrams>);
  };
  return {{"libuv", plain}, {"libuv_recvmmsg", recvmmsg}};
}

std::vector<Peer> echo_servers() {
  const auto later = [](int socket, const ToParent& parent) { echo(socket, parent, answer_later); };
  const auto now = [](int socket, const ToParent& parent) { echo(socket, parent, answer_now); };
  return {{"libuv", later}, {"libuv_try_send", now}};
}

}  // namespace bench::libuv
