// Node's benchmark programs over libuv's C interface, as a C programmer would write them: requests
// from a static pool, one static buffer to read into, an idle handle as the immediate.
//
// What they do not have to do: keep the bytes of a send (they are static), or make anything per
// message. uv_udp_bind() binds inside the call, which Node does later.
#include <array>
#include <chrono>
#include <cstring>
#include <deque>

#include "node_programs.hpp"
#include "uv.hpp"

namespace bench::libuv {

namespace {

using Kind = NodeProgram::Kind;
using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point began) {
  return std::chrono::duration<double>(Clock::now() - began).count();
}

sockaddr_in ip4(const char* address, int port) {
  sockaddr_in result;
  check(uv_ip4_addr(address, port, &result), "uv_ip4_addr");
  return result;
}

const sockaddr* generic(const sockaddr_in& address) {
  return reinterpret_cast<const sockaddr*>(&address);
}

class SelfSender {
 public:
  SelfSender(const NodeProgram& program, const ToParent& parent)
      : program_(program),
        parent_(parent),
        piece_(program.piece_length(), 'a'),
        list_(program.pieces, uv_buf_init(piece_.data(), static_cast<unsigned>(piece_.size()))) {
    check(uv_idle_init(&loop_.loop, &immediate_), "uv_idle_init");
    check(uv_timer_init(&loop_.loop, &end_), "uv_timer_init");
    for (Request& request : requests_) {
      request.send.data = this;
      request.whole.resize(piece_.size() * list_.size());
    }
    loop_.socket.data = immediate_.data = end_.data = this;
  }

  void run() {
    const sockaddr_in any = ip4("0.0.0.0", 0);
    check(uv_udp_bind(&loop_.socket, generic(any), 0), "uv_udp_bind");
    int size = sizeof to_;
    check(uv_udp_getsockname(&loop_.socket, reinterpret_cast<sockaddr*>(&to_), &size),
          "uv_udp_getsockname");
    to_ = ip4("127.0.0.1", ntohs(to_.sin_port));
    check(uv_udp_recv_start(&loop_.socket, give_buffer<one_datagram>, on_message),
          "uv_udp_recv_start");
    began_ = Clock::now();
    check(uv_timer_start(&end_, on_end, static_cast<std::uint64_t>(program_.seconds * 1000), 0),
          "uv_timer_start");
    next_burst();
    loop_.run();
  }

 private:
  struct Request {
    uv_udp_send_t send;
    std::vector<char> whole;  // for concat: must live until the send has completed
  };

  static void on_message(
      uv_udp_t* socket, ssize_t size, const uv_buf_t*, const sockaddr* from, unsigned) {
    check(static_cast<int>(size), "recv");
    auto* const self = static_cast<SelfSender*>(socket->data);
    if (from && self->program_.hears_messages()) ++self->received_;
  }
  static void on_sent(uv_udp_send_t* request, int status) {
    check(status, "send");
    auto* const self = static_cast<SelfSender*>(request->data);
    if (++self->completed_ % NodeProgram::burst == 0) self->next_burst();
  }
  static void on_immediate(uv_idle_t* immediate) {
    check(uv_idle_stop(immediate), "uv_idle_stop");
    static_cast<SelfSender*>(immediate->data)->send_burst();
  }
  static void on_end(uv_timer_t* timer) {
    auto* const self = static_cast<SelfSender*>(timer->data);
    say_result(self->parent_, self->completed_, self->received_, seconds_since(self->began_));
    uv_stop(timer->loop);
  }

  void next_burst() { check(uv_idle_start(&immediate_, on_immediate), "uv_idle_start"); }

  void send_burst() {
    for (Request& request : requests_) {
      if (program_.kind == Kind::concat)
        send(request, &concatenate(request), 1);
      else
        send(request, list_.data(), static_cast<unsigned>(list_.size()));
    }
  }

  const uv_buf_t& concatenate(Request& request) {
    char* end = request.whole.data();
    for (const uv_buf_t& piece : list_) {
      std::memcpy(end, piece.base, piece.len);
      end += piece.len;
    }
    whole_ = uv_buf_init(request.whole.data(), static_cast<unsigned>(request.whole.size()));
    return whole_;
  }

  void send(Request& request, const uv_buf_t* buffers, unsigned count) {
    check(uv_udp_send(&request.send, &loop_.socket, buffers, count, generic(to_), on_sent),
          "uv_udp_send");
  }

  const NodeProgram& program_;
  const ToParent& parent_;
  Loop loop_;
  uv_idle_t immediate_;
  uv_timer_t end_;
  std::vector<char> piece_;
  std::vector<uv_buf_t> list_;
  uv_buf_t whole_{};
  std::array<Request, NodeProgram::burst> requests_{};
  sockaddr_in to_{};
  long completed_ = 0;
  long received_ = 0;
  Clock::time_point began_;
};

/// A handle is bound, and listens, when the calls return; what is left out is left to the system.
void bind(const NodeProgram& program, const ToParent& parent) {
  const sockaddr_in any = ip4("0.0.0.0", 0);
  uv_loop_t loop;
  check(uv_loop_init(&loop), "uv_loop_init");
  const auto ignore = [](uv_udp_t*, ssize_t, const uv_buf_t*, const sockaddr*, unsigned) {};
  std::deque<uv_udp_t> sockets;
  const Clock::time_point began = Clock::now();
  for (int i = 0; i < program.sockets; ++i) {
    uv_udp_t& socket = sockets.emplace_back();
    check(uv_udp_init(&loop, &socket), "uv_udp_init");
    check(uv_udp_bind(&socket, generic(any), 0), "uv_udp_bind");
    check(uv_udp_recv_start(&socket, give_buffer<one_datagram>, ignore), "uv_udp_recv_start");
    uv_unref(reinterpret_cast<uv_handle_t*>(&socket));
  }
  // Its first turn makes the kernel watch the sockets.
  uv_run(&loop, UV_RUN_NOWAIT);
  say_result(parent, program.sockets, 0, seconds_since(began));
}

void run(const NodeProgram& program, const ToParent& parent) {
  if (program.binds())
    bind(program, parent);
  else
    SelfSender(program, parent).run();
}

}  // namespace

NodePlatform platform() {
  return {"libuv", run};
}

}  // namespace bench::libuv
