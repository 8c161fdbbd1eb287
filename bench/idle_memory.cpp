// How many bytes of the heap a socket takes that only waits. What the kernel needs is not counted.
//
// A round opens all sockets, lets them wait, asks malloc, and closes them: what it was before, the
// first socket and all that is not per socket, is subtracted.
#include <malloc.h>
#include <unistd.h>

#include <asio/awaitable.hpp>
#include <asio/co_spawn.hpp>
#include <asio/ip/udp.hpp>
#include <asio/use_awaitable.hpp>
#include <dgram/dgram.hpp>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <vector>

#include "support/context.hpp"
#include "support/many_sockets.hpp"
#include "support/rounds.hpp"
#if defined(BENCH_LIBUV)
#include "support/uv_loop.hpp"
#endif

namespace {

/// Sockets that wait; they end with it.
class Waiting {
 public:
  virtual ~Waiting() = default;
  /// Takes over the descriptor.
  virtual void add(int descriptor) = 0;
  /// Runs what is ready, until all of them wait.
  virtual void settle() = 0;
};

template <class Socket>
class OnAsio : public Waiting {
 public:
  void settle() override { io_.poll(); }

 protected:
  bench::Context io_;
  // A list of one allocation each, as a program has that owns each socket by itself.
  std::list<Socket> sockets_;
};

class PlainAsio : public OnAsio<asio::ip::udp::socket> {
 protected:
  asio::ip::udp::socket& open(int descriptor) {
    return sockets_.emplace_back(io_, asio::ip::udp::v4(), descriptor);
  }
};

class AsioCallback : public PlainAsio {
  void add(int descriptor) override {
    open(descriptor).async_wait(asio::ip::udp::socket::wait_read, [](std::error_code) {});
  }
};

class AsioCoroutine : public PlainAsio {
  static asio::awaitable<void> wait(asio::ip::udp::socket& socket) {
    co_await socket.async_wait(asio::ip::udp::socket::wait_read, asio::use_awaitable);
  }
  void add(int descriptor) override {
    asio::co_spawn(io_, wait(open(descriptor)), [](std::exception_ptr) {});
  }
};

class WithDgram : public OnAsio<dgram::Socket> {
 protected:
  dgram::Socket& open(int descriptor) {
    dgram::Socket& socket = sockets_.emplace_back(io_);
    socket.adopt(descriptor);
    return socket;
  }
};

class DgramCallback : public WithDgram {
  void add(int descriptor) override {
    open(descriptor).async_recv([](std::error_code, const dgram::Datagram&) {});
  }
};

class DgramCoroutine : public WithDgram {
  static asio::awaitable<void> receive(dgram::Socket& socket) {
    const dgram::Datagram datagram = co_await socket.recv();
    bench::use(datagram.size());
  }
  void add(int descriptor) override {
    asio::co_spawn(io_, receive(open(descriptor)), [](std::exception_ptr) {});
  }
};

#if defined(BENCH_LIBUV)
class Libuv : public Waiting {
 public:
  ~Libuv() override {
    for (uv_udp_t& socket : sockets_) uv_close(reinterpret_cast<uv_handle_t*>(&socket), nullptr);
    loop_.run(UV_RUN_DEFAULT);
  }

 private:
  void add(int descriptor) override {
    uv_udp_t* const socket = &sockets_.emplace_back();
    bench::libuv::check(uv_udp_init(loop_.get(), socket), "uv_udp_init");
    bench::libuv::check(uv_udp_open(socket, descriptor), "uv_udp_open");
    bench::libuv::check(
        uv_udp_recv_start(socket,
                          bench::libuv::give_buffer<bench::libuv::one_datagram>,
                          [](uv_udp_t*, ssize_t, const uv_buf_t*, const sockaddr*, unsigned) {}),
        "uv_udp_recv_start");
  }
  void settle() override { loop_.run(UV_RUN_NOWAIT); }

  bench::libuv::Loop loop_;
  std::list<uv_udp_t> sockets_;
};
#endif

struct Kind {
  std::string name;
  std::function<std::unique_ptr<Waiting>()> make = {};
  std::string missing = {};
};

template <class T>
Kind kind(const char* name) {
  return {name, [] { return std::make_unique<T>(); }};
}

double heap_in_use() {
  const struct mallinfo2 info = ::mallinfo2();
  return static_cast<double>(info.uordblks + info.hblkhd);
}

double bytes_per_socket(const Kind& kind, std::size_t count) {
  const bench::BoundSockets all = bench::bind_sockets(count + 1);
  const std::unique_ptr<Waiting> waiting = kind.make();
  waiting->add(all.descriptors.front());
  waiting->settle();
  const double before = heap_in_use();
  for (std::size_t i = 1; i <= count; ++i) waiting->add(all.descriptors[i]);
  waiting->settle();
  return (heap_in_use() - before) / static_cast<double>(count);
}

void measure(bench::Program& program) {
  const std::vector<Kind> all = {
    kind<AsioCallback>("asio_callback"),
    kind<AsioCoroutine>("asio_use_awaitable"),
#if defined(BENCH_LIBUV)
    kind<Libuv>("libuv"),
#else
    {"libuv", {}, "built without libuv"},
#endif
    kind<DgramCallback>("async_recv"),
    kind<DgramCoroutine>("recv"),
  };
  const std::vector<Kind> kinds = bench::wanted(program, all);
  for (const std::string& number : program.cases()) {
    const std::size_t count = program.once() ? 1000 : std::stoul(number);
    bench::allow_descriptors(count + 100);
    std::vector<bench::Way> ways;
    for (const Kind& each : kinds)
      ways.push_back({each.name, [&each, count] { return bytes_per_socket(each, count); }});
    bench::take_turns(program, number, ways, "bytes_per_socket");
  }
}

}  // namespace

int main(int argc, char** argv) {
  bench::Program program("idle_memory", "The heap that a waiting socket takes", {"10000"});
  program.parse(argc, argv);
  return bench::run_or_report("idle_memory", [&] { measure(program); });
}
