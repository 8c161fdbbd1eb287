// What a datagram costs when a loop has many sockets: 64 datagrams go to 64 of them.
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <string>
#include <utility>
#include <vector>

#include "loop/libuv.hpp"
#include "loop/plain_asio.hpp"
#include "loop/raw.hpp"
#include "loop/with_dgram.hpp"
#include "support/core.hpp"
#include "support/many_sockets.hpp"
#include "support/rounds.hpp"
#include "support/udp_socket.hpp"

namespace {

constexpr std::size_t together = 64;
constexpr int batches = 20;  // of a turn, and as many before it that are not timed

/// Sends to some of the sockets, and to others the next time: the memory of neighbours is warm.
class Sender {
 public:
  explicit Sender(std::vector<sockaddr_in> to) : to_(std::move(to)) {}

  void send() {
    static std::array<char, 64> payload{};
    std::array<mmsghdr, together> messages{};
    iovec bytes{payload.data(), payload.size()};
    for (std::size_t i = 0; i < together; ++i) {
      msghdr& header = messages[i].msg_hdr;
      header.msg_name = &to_[(next_ + i) % to_.size()];
      header.msg_namelen = sizeof(sockaddr_in);
      header.msg_iov = &bytes;
      header.msg_iovlen = 1;
    }
    next_ = (next_ + 7 * together) % to_.size();
    if (::sendmmsg(socket_.descriptor(), messages.data(), together, 0) != int{together})
      throw std::system_error(errno, std::generic_category(), "sendmmsg");
  }

 private:
  bench::UdpSocket socket_;
  std::vector<sockaddr_in> to_;
  std::size_t next_ = 0;
};

/// Returns the nanoseconds that it takes to receive a batch.
double batch_cost(Sender& sender, const bench::loop::Serve& serve) {
  sender.send();
  const bench::Stopwatch watch;
  serve(static_cast<int>(together));
  return watch.nanoseconds();
}

/// The sockets live for one turn: those of all contenders at once would be more than most systems
/// allow a process.
double turn(const bench::loop::Loop& loop, std::size_t count) {
  bench::BoundSockets sockets = bench::bind_sockets(count);
  const bench::loop::Serve serve = loop.make(sockets.descriptors);
  Sender sender(std::move(sockets.addresses));
  for (int i = 0; i < batches; ++i) batch_cost(sender, serve);
  double spent = 0;
  for (int i = 0; i < batches; ++i) spent += batch_cost(sender, serve);
  return spent / static_cast<double>(batches * together);
}

void measure(bench::Program& program) {
  namespace loop = bench::loop;
  const loop::Loops all = {loop::raw::epoll_recvmmsg(),
                           loop::plain_asio::use_awaitable(),
                           loop::libuv::plain(),
                           loop::with_dgram::recv()};
  const loop::Loops loops = bench::wanted(program, all);
  for (const std::string& number : program.cases()) {
    const std::size_t count = std::stoul(number);
    bench::allow_descriptors(count + 100);
    std::vector<bench::Way> ways;
    for (const loop::Loop& each : loops)
      ways.push_back({each.name, [&each, count] { return turn(each, count); }});
    bench::take_turns(program, number, ways);
  }
}

}  // namespace

int main(int argc, char** argv) {
  bench::Program program("sockets",
                         "The cost of a datagram when a loop has many sockets",
                         {"1", "100", "1000", "10000"});
  program.parse(argc, argv);
  return bench::run_or_report("sockets", [&] {
    bench::pin(bench::Core::child);
    measure(program);
  });
}
