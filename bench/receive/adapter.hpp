// The Node adapter: a listener for messages.
#pragma once

#include <dgram/node/socket.hpp>
#include <memory>

#include "../support/context.hpp"
#include "../support/rounds.hpp"
#include "receiver.hpp"

namespace bench::receive::adapter {

class Socket {
 public:
  explicit Socket(int descriptor) : socket_(dgram::node::create_socket(io_, "udp4")) {
    socket_.on(dgram::node::event::message,
               [this](const dgram::Datagram& message, const dgram::node::RemoteInfo&) {
                 use(message.size());
                 --left_;
               });
    dgram::node::BindOptions options;
    options.fd = descriptor;
    socket_.bind(options);
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  double drain(int count) {
    left_ = count;
    const Stopwatch watch;
    while (left_ > 0) io_.run_one();
    return watch.nanoseconds();
  }

 private:
  int left_ = 0;
  Context io_;
  dgram::node::Socket socket_;
};

inline Receivers receivers() {
  return {{"node_adapter", [](int descriptor, std::size_t) -> Drain {
             auto socket = std::make_shared<Socket>(descriptor);
             return [socket](int count) { return socket->drain(count); };
           }}};
}

}  // namespace bench::receive::adapter
