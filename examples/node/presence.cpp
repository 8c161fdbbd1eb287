// Tells a group every second that it is there, and says who else is. Usage: node_presence
// <interface address> <name>

#include <array>
#include <asio/buffer.hpp>
#include <asio/io_context.hpp>
#include <asio/signal_set.hpp>
#include <asio/steady_timer.hpp>
#include <chrono>
#include <csignal>
#include <dgram/node/socket.hpp>
#include <iostream>
#include <map>
#include <regex>
#include <string>

namespace node = dgram::node;
using namespace std::chrono_literals;

namespace {

constexpr const char* group = "239.255.41.234";
constexpr int port = 41234;

class Presence {
 public:
  Presence(asio::io_context& io, std::string interface_address, std::string name)
      : socket_(node::create_socket(io, {.type = "udp4", .reuse_addr = true})),
        timer_(io),
        interface_(std::move(interface_address)),
        name_(std::move(name)) {}

  void start() {
    socket_.on(node::event::message,
               [this](const dgram::Datagram& message, const node::RemoteInfo& rinfo) {
                 hear(std::string(message.text()), rinfo);
               });
    socket_.bind(port, [this] {
      socket_.add_membership(group, interface_);
      socket_.set_multicast_interface(interface_);
      socket_.set_multicast_ttl(1);
      announce();
    });
  }

  void stop() {
    timer_.cancel();
    socket_.drop_membership(group, interface_);
    socket_.close();
  }

 private:
  void hear(const std::string& text, const node::RemoteInfo& rinfo) {
    static const std::regex pattern(R"((\w+) is here)");
    std::smatch match;
    if (!std::regex_match(text, match, pattern) || match[1] == name_) return;
    if (!seen_.emplace(match[1], rinfo.address()).second) return;
    std::cout << match[1] << " is at " << rinfo.address() << std::endl;
  }

  void announce() {
    const std::array<asio::const_buffer, 2> pieces{asio::buffer(name_),
                                                   asio::buffer(" is here", 8)};
    socket_.send(pieces, port, group, [](const node::Error* error) {
      if (error) std::cerr << error->what() << '\n';
    });
    timer_.expires_after(1s);
    timer_.async_wait([this](std::error_code ec) {
      if (!ec) announce();
    });
  }

  node::Socket socket_;
  asio::steady_timer timer_;
  std::string interface_;
  std::string name_;
  std::map<std::string, std::string> seen_;
};

}  // namespace

int main(int argc, char* argv[]) {
  if (argc != 3) {
    std::cerr << "usage: node_presence <interface address> <name>\n";
    return 2;
  }
  asio::io_context io;
  Presence presence(io, argv[1], argv[2]);
  presence.start();
  asio::signal_set signals(io, SIGTERM);
  signals.async_wait([&](std::error_code, int) { presence.stop(); });
  io.run();
}
