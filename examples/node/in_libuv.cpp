// A server in a program whose event loop is not Asio's: libuv's loop drives the io_context.
//
//   node_in_libuv 41234              # answers with what it gets, until it is interrupted
//   node_in_libuv 41234 localhost    # looks a name up first
#include <uv.h>

#include <array>
#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <csignal>
#include <cstdint>
#include <dgram/node/socket.hpp>
#include <exception>
#include <functional>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "../support.hpp"

namespace {

namespace event = dgram::node::event;

/// Runs the handlers of a context on the thread of a libuv loop, whenever that goes round.
class Guest {
 public:
  Guest(uv_loop_t* loop, asio::io_context& io) : loop_(loop), io_(io), work_(io.get_executor()) {
    uv_prepare_init(loop, &before_sleep_);
    before_sleep_.data = this;
    uv_prepare_start(&before_sleep_, [](uv_prepare_t* h) { of(h->data).turn(); });
    uv_idle_init(loop, &no_sleep_);
    uv_timer_init(loop, &look_);
    uv_timer_start(
        &look_, [](uv_timer_t*) {}, look_every, look_every);
    // Whether the loop goes on is for the sockets to say, and for the host.
    uv_unref(handle(&before_sleep_));
    uv_unref(handle(&no_sleep_));
    uv_unref(handle(&look_));
  }
  Guest(const Guest&) = delete;
  ~Guest() {
    for (uv_handle_t* each : {handle(&before_sleep_), handle(&no_sleep_), handle(&look_)})
      uv_close(each, nullptr);
    uv_run(loop_, UV_RUN_NOWAIT);  // until they are closed
  }

  /// Runs until the host and the sockets have nothing left to do.
  void run() {
    turn();
    do {
      uv_run(loop_, UV_RUN_DEFAULT);
      if (!failure_) turn();  // what the last round has left
      if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
    } while (uv_loop_alive(loop_) != 0);
  }

 private:
  // What has no descriptor in this loop has to wait so long: lookups, and Asio's own timers.
  static constexpr std::uint64_t look_every = 20;  // ms
  // So many handlers, then the host has its turn.
  static constexpr int at_once = 256;

  static Guest& of(void* data) { return *static_cast<Guest*>(data); }
  template <class Handle>
  static uv_handle_t* handle(Handle* h) {
    return reinterpret_cast<uv_handle_t*>(h);
  }

  void turn() {
    try {
      int left = at_once;
      while (left > 0 && io_.poll_one() != 0) --left;
      if (left > 0)
        uv_idle_stop(&no_sleep_);
      else
        uv_idle_start(&no_sleep_, [](uv_idle_t*) {});
    } catch (...) {  // must not pass through libuv, which is C
      failure_ = std::current_exception();
      uv_stop(loop_);
    }
  }

  uv_loop_t* loop_;
  asio::io_context& io_;
  // Without work poll_one() would stop the context, and do nothing from then on.
  asio::executor_work_guard<asio::io_context::executor_type> work_;
  uv_prepare_t before_sleep_ = {};
  uv_idle_t no_sleep_ = {};
  uv_timer_t look_ = {};
  std::exception_ptr failure_;
};

/// Wakes the loop when there is something for a socket, and keeps it while it is watched.
class Watch {
 public:
  Watch(uv_loop_t* loop, const dgram::node::Socket& socket) : poll_(std::make_unique<uv_poll_t>()) {
    uv_poll_init(loop, poll_.get(), socket.native_handle());
    uv_poll_start(poll_.get(), UV_READABLE, [](uv_poll_t*, int, int) {});
  }
  /// Before the socket is closed: the number of its descriptor may be another's then.
  void stop() {
    uv_close(reinterpret_cast<uv_handle_t*>(poll_.release()), [](uv_handle_t* handle) {
      const std::unique_ptr<uv_poll_t> forgotten(reinterpret_cast<uv_poll_t*>(handle));
    });
  }

 private:
  std::unique_ptr<uv_poll_t> poll_;
};

/// SIGINT and SIGTERM, as libuv has them. Keeps the loop until one has come.
class Interrupt {
 public:
  Interrupt(uv_loop_t* loop, std::function<void()> f) : loop_(loop), f_(std::move(f)) {
    for (std::size_t i = 0; i < signals_.size(); ++i) {
      uv_signal_init(loop, &signals_[i]);
      signals_[i].data = this;
      uv_signal_start(
          &signals_[i],
          [](uv_signal_t* signal, int) {
            Interrupt& self = *static_cast<Interrupt*>(signal->data);
            for (uv_signal_t& each : self.signals_) uv_signal_stop(&each);
            self.f_();
          },
          i == 0 ? SIGINT : SIGTERM);
    }
  }
  Interrupt(const Interrupt&) = delete;
  ~Interrupt() {
    for (uv_signal_t& each : signals_) uv_close(reinterpret_cast<uv_handle_t*>(&each), nullptr);
    uv_run(loop_, UV_RUN_NOWAIT);
  }

 private:
  uv_loop_t* loop_;
  std::function<void()> f_;
  std::array<uv_signal_t, 2> signals_ = {};
};

void serve(const example::Arguments& arguments) {
  if (arguments.empty() || arguments.size() > 2)
    throw example::UsageError("one or two arguments, please");
  const int port = example::port_number(arguments[0]);
  const std::string address = arguments.size() > 1 ? arguments[1] : "127.0.0.1";

  uv_loop_t* const loop = uv_default_loop();
  asio::io_context io;
  Guest guest(loop, io);
  std::optional<Watch> watch;
  dgram::node::Socket server = dgram::node::create_socket(io, "udp4");
  server.on(event::message, [&](const dgram::Datagram& msg, const dgram::node::RemoteInfo& rinfo) {
    server.send(msg, rinfo.endpoint());
  });
  server.on(event::listening, [&] {
    watch.emplace(loop, server);
    std::cout << "server listening " << server.address().address << ':' << server.address().port
              << std::endl;
  });
  server.on(event::close, [] { std::cout << "server closed" << std::endl; });
  server.bind(port, address);

  const Interrupt interrupt(loop, [&] {
    if (watch) watch->stop();
    server.close();
  });
  guest.run();
}

}  // namespace

int main(int argc, char** argv) {
  return example::run_main(
      argc,
      argv,
      "<port> [<address>]\n"
      "Answers every datagram with what is in it. SIGINT and SIGTERM close the\n"
      "socket, and that ends the program.",
      serve);
}
