// Asks a server, again when no answer comes, and prints the answer. Usage: node_query <host> <port>
// <question>

#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>
#include <chrono>
#include <cstdlib>
#include <dgram/node/socket.hpp>
#include <iostream>
#include <string>

namespace node = dgram::node;
using namespace std::chrono_literals;

namespace {

class Query {
 public:
  Query(asio::io_context& io, std::string question)
      : socket_(node::create_socket(io, "udp4")), timer_(io), question_(std::move(question)) {}

  void start(const std::string& host, int port) {
    socket_.on(node::event::message, [this](const dgram::Datagram& answer) {
      timer_.cancel();
      std::cout << answer.text() << '\n';
      answered_ = true;
      socket_.close();
    });

    // Nobody has the port: an answer may come all the same, when its owner starts.
    socket_.on(node::event::error, [this](const node::Error& error) { complain(error); });

    socket_.connect(port, host, [this, host, port](const node::Error* error) {
      if (!error) return ask(host, port);
      std::cerr << error->what() << '\n';
      socket_.close();
    });
  }

  bool answered() const { return answered_; }

 private:
  void ask(const std::string& host, int port) {
    if (++attempts_ > 3) {
      std::cerr << "no answer from " << host << ':' << port << '\n';
      socket_.close();
      return;
    }
    socket_.send(question_, [this](const node::Error* error) {
      if (error) complain(*error);
    });
    timer_.expires_after(200ms);
    timer_.async_wait([this, host, port](std::error_code ec) {
      if (!ec) ask(host, port);
    });
  }

  void complain(const node::Error& error) {
    std::cerr << "attempt " << attempts_ << ": " << error.code() << '\n';
  }

  node::Socket socket_;
  asio::steady_timer timer_;
  std::string question_;
  int attempts_ = 0;
  bool answered_ = false;
};

}  // namespace

int main(int argc, char* argv[]) {
  if (argc != 4) {
    std::cerr << "usage: node_query <host> <port> <question>\n";
    return 2;
  }
  asio::io_context io;
  Query query(io, argv[3]);
  query.start(argv[1], std::atoi(argv[2]));
  io.run();
  return query.answered() ? 0 : 1;
}
