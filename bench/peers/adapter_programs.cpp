// Node's benchmark programs on dgram::node.
#include <asio/buffer.hpp>
#include <asio/post.hpp>
#include <asio/steady_timer.hpp>
#include <chrono>
#include <cstdlib>
#include <dgram/node/socket.hpp>

#include "../support/context.hpp"
#include "node_programs.hpp"

namespace bench::adapter {

namespace {

namespace event = dgram::node::event;
using Kind = NodeProgram::Kind;
using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point began) {
  return std::chrono::duration<double>(Clock::now() - began).count();
}

class SelfSender {
 public:
  SelfSender(const NodeProgram& program, const ToParent& parent)
      : program_(program),
        parent_(parent),
        socket_(dgram::node::create_socket(io_, "udp4")),
        end_(io_),
        piece_(program.piece_length(), 'a'),
        list_(program.pieces, asio::buffer(piece_)) {}

  void run() {
    if (program_.hears_messages()) socket_.on(event::message, [this] { ++received_; });
    socket_.bind(0, [this] { start(); });
    io_.run();
  }

 private:
  void start() {
    port_ = socket_.address().port;
    began_ = Clock::now();
    end_.expires_after(std::chrono::duration_cast<Clock::duration>(
        std::chrono::duration<double>(program_.seconds)));
    end_.async_wait([this](std::error_code) {
      say_result(parent_, completed_ - 1, received_, seconds_since(began_));
      io_.stop();
    });
    completed();
  }

  void completed() {
    if (completed_++ % NodeProgram::burst == 0) asio::post(io_, [this] { send_burst(); });
  }

  void send_burst() {
    for (int i = 0; i < NodeProgram::burst; ++i) send();
  }

  void send() {
    const auto done = [this](const dgram::node::Error* error) {
      if (error) throw *error;
      completed();
    };
    const char* const address = "127.0.0.1";
    if (program_.is_list()) {
      socket_.send(list_, port_, address, done);
    } else if (program_.kind == Kind::concat) {
      std::string whole;
      whole.reserve(piece_.size() * list_.size());
      for (std::size_t i = 0; i < list_.size(); ++i) whole += piece_;
      socket_.send(whole, port_, address, done);
    } else if (program_.kind == Kind::offset_length) {
      socket_.send(piece_, 0, piece_.size(), port_, address, done);
    } else {
      socket_.send(piece_, port_, address, done);
    }
  }

  const NodeProgram& program_;
  const ToParent& parent_;
  Context io_;
  dgram::node::Socket socket_;
  asio::steady_timer end_;
  std::string piece_;
  std::vector<asio::const_buffer> list_;
  int port_ = 0;
  long completed_ = 0;  // one more than were sent: the first is called to start
  long received_ = 0;
  Clock::time_point began_;
};

void bind_one(const NodeProgram& program, const dgram::node::Socket& socket) {
  if (program.with_address)
    socket.bind(0, "0.0.0.0");
  else if (program.with_port)
    socket.bind(0);
  else
    socket.bind();
}

void bind(const NodeProgram& program, const ToParent& parent) {
  Context io;
  const auto report = [&, began = Clock::now()] {
    say_result(parent, program.sockets, 0, seconds_since(began));
  };
  int listening = 0;
  for (int i = 0; i < program.sockets; ++i) {
    dgram::node::Socket socket = dgram::node::create_socket(io, "udp4");
    bind_one(program, socket);
    if (program.kind == Kind::bind_calls) {
      socket.on(event::error, [] {});
    } else {
      socket.on(event::listening, [&] {
        if (++listening == program.sockets) report();
      });
    }
    socket.unref();
  }
  if (program.kind == Kind::bind_calls)
    report();
  else
    io.run();
}

void run(const NodeProgram& program, const ToParent& parent) {
  if (program.binds())
    bind(program, parent);
  else
    SelfSender(program, parent).run();
}

}  // namespace

NodePlatform platform() {
  return {"node_adapter", run};
}

}  // namespace bench::adapter
