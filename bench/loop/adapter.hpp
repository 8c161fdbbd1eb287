// The Node adapter: a listener for each socket.
#pragma once

#include <dgram/node/socket.hpp>
#include <memory>
#include <vector>

#include "../support/rounds.hpp"
#include "loop.hpp"
#include "on_asio.hpp"

namespace bench::loop::adapter {

class Sockets {
 public:
  explicit Sockets(const std::vector<int>& descriptors) {
    for (const int descriptor : descriptors) {
      const dgram::node::Socket socket = dgram::node::create_socket(loop_.io, "udp4");
      socket.on(dgram::node::event::message,
                [this](const dgram::Datagram& message, const dgram::node::RemoteInfo&) {
                  use(message.size());
                  loop_.one_more();
                });
      dgram::node::BindOptions options;
      options.fd = descriptor;
      sockets_.push_back(socket.bind(options));
    }
    loop_.io.poll();
  }
  void serve(int count) { loop_.serve(count); }

 private:
  Counting loop_;
  std::vector<dgram::node::Socket> sockets_;
};

inline Loop messages() {
  return {"node_adapter", [](const std::vector<int>& descriptors) -> Serve {
            auto sockets = std::make_shared<Sockets>(descriptors);
            return [sockets](int count) { sockets->serve(count); };
          }};
}

}  // namespace bench::loop::adapter
