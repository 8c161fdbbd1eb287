// A numbered stream to workers that share a port: who takes what is the kernel's choice, that each
// datagram is taken once is not.
#include <csignal>
#include <dgram/socket.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "cluster.hpp"
#include "support/catch2.hpp"

namespace cluster_stream_test {

namespace event = dgram::node::cluster::event;
using dgram::node::cluster::WorkerProcess;
using test::Cluster;
using test::port_in;

namespace {

/// Sends numbers to a port, and counts how often each is answered. As many are on their way as fit
/// into the buffers of sockets.
class Stream {
 public:
  Stream(Cluster& cluster, int port, int count)
      : cluster_(cluster),
        to_(asio::ip::address_v4::loopback(), static_cast<unsigned short>(port)),
        socket_(cluster.io),
        answers_(static_cast<std::size_t>(count), 0) {
    socket_.bind(dgram::Endpoint(asio::ip::address_v4::loopback(), 0));
  }

  /// Until so many numbers have been sent, and all but `lost` of those were answered.
  void run(int until, int lost = 0) {
    cluster_.until([&] {
      while (sent_ < until && sent_ - answered_ < window) send();
      std::error_code ec;
      while (const auto answer = socket_.try_recv(ec)) take(answer->text());
      return sent_ == until && answered_ >= sent_ - lost;
    });
  }
  int answered() const { return answered_; }
  int doubled() const { return doubled_; }

 private:
  static constexpr int window = 64;

  void send() {
    std::error_code ec;
    const std::string number = std::to_string(sent_);
    if (socket_.try_send(number, to_, ec)) ++sent_;
  }
  void take(std::string_view answer) {
    const auto number = std::stoul(std::string(answer.substr(answer.find(' ') + 1)));
    if (answers_.at(number)++ == 0)
      ++answered_;
    else
      ++doubled_;
  }

  Cluster& cluster_;
  dgram::Endpoint to_;
  dgram::Socket socket_;
  std::vector<int> answers_;
  int sent_ = 0;
  int answered_ = 0;
  int doubled_ = 0;
};

}  // namespace

TEST_CASE("four workers take all of a numbered stream, each datagram once") {
  constexpr int count = 10'000;
  Cluster cluster;
  std::vector<WorkerProcess> workers;
  int port = 0;
  for (int i = 0; i < 4; ++i) {
    workers.push_back(cluster.fork());
    port = port_in(cluster.ask(workers.back(), "bind a udp4 127.0.0.1 0"));
  }
  Stream stream(cluster, port, count);
  stream.run(count);

  int taken = 0;
  for (const WorkerProcess& worker : workers) taken += std::stoi(cluster.ask(worker, "messages"));
  CHECK(stream.answered() == count);
  CHECK(stream.doubled() == 0);
  CHECK(taken == count);
}

TEST_CASE("the place of a killed worker is taken, and only what it had in its hands is lost") {
  constexpr int count = 10'000;
  constexpr int kills = 4;
  const std::string bind = "bind a udp4 127.0.0.1 0";
  Cluster cluster;
  const auto replace =
      cluster.primary.on(event::exit, [&](const WorkerProcess&) { cluster.primary.fork(); });
  const int port = port_in(cluster.ask(cluster.fork(), bind));
  cluster.ask(cluster.fork(), bind);
  cluster.primary.on(event::online, [&](const WorkerProcess& worker) { worker.send(bind); });

  Stream stream(cluster, port, count);
  for (int kill = 0; kill < kills; ++kill) {
    stream.run(count / (kills + 1) * (kill + 1), kill);
    cluster.listening.clear();
    cluster.primary.workers().front().kill(SIGKILL);
    cluster.until([&] { return !cluster.listening.empty(); });
  }
  stream.run(count, kills);

  CHECK(stream.answered() >= count - kills);
  CHECK(stream.doubled() == 0);
  CHECK(cluster.primary.workers().size() == 2);
  CHECK(cluster.primary.workers().back().id() == 2 + kills);
  cluster.primary.off(event::exit, replace);
}

TEST_CASE("what waits in the kernel when a worker dies is for the others") {
  Cluster cluster;
  const WorkerProcess first = cluster.fork();
  const WorkerProcess second = cluster.fork();
  const int port = port_in(cluster.ask(first, "bind a udp4 127.0.0.1 0"));
  cluster.ask(second, "bind a udp4 127.0.0.1 0");
  // Neither has anything in its hands, and neither takes anything.
  first.kill(SIGSTOP);
  second.kill(SIGSTOP);
  dgram::Socket peer(cluster.io);
  const dgram::Endpoint to(asio::ip::address_v4::loopback(), static_cast<unsigned short>(port));
  std::error_code ec;
  for (int i = 0; i < 100; ++i) peer.try_send("question", to, ec);

  cluster.kill(first);
  second.kill(SIGCONT);
  int answers = 0;
  cluster.until([&] {
    while (peer.try_recv(ec)) ++answers;
    return answers == 100;
  });
  CHECK(answers == 100);
}

}  // namespace cluster_stream_test
