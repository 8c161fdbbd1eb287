// unref() before the primary has answered holds for the socket that it gives.
#include <asio/ip/udp.hpp>
#include <dgram/node/socket.hpp>
#include <dgram/socket.hpp>
#include <memory>
#include <node/cluster/sharing.hpp>
#include <utility>

#include "support/catch2.hpp"
#include "support/run.hpp"

namespace cluster_unref_test {

namespace node = dgram::node;
using dgram::node::cluster::detail::Sharing;
using dgram::node::cluster::detail::SharingService;
using dgram::node::cluster::detail::Ticket;
using dgram::node::cluster::detail::Wanted;

namespace {

/// Answers when it is told to, without a link that would keep run().
class Played final : public Sharing {
 public:
  Ticket ask(const Wanted&, Answer answer, std::function<void()>) override {
    answer_ = std::move(answer);
    return 1;
  }
  void say_listening(Ticket, int) override { ++listening; }
  void give_back(Ticket) noexcept override { ++given_back; }
  void shut_down() noexcept override {}

  void grant(asio::io_context& io) {
    dgram::Socket socket(io);
    socket.bind(dgram::Endpoint(asio::ip::address_v4::loopback(), 0));
    dgram::Descriptor descriptor(socket.release());
    std::exchange(answer_, nullptr)({}, std::move(descriptor));
  }

  int listening = 0;
  int given_back = 0;

 private:
  Answer answer_;
};

}  // namespace

TEST_CASE("a socket that was unref'ed before the primary answered does not keep run()") {
  asio::io_context io;
  const auto primary = std::make_shared<Played>();
  SharingService::set(io, primary);
  const node::Socket socket = node::create_socket(io, "udp4").unref();
  bool listens = false;
  socket.bind(0, "127.0.0.1", [&] { listens = true; });
  test::run(io);
  CHECK_FALSE(listens);
  primary->grant(io);
  test::run(io);  // returns
  CHECK(listens);
  CHECK(primary->listening == 1);
  socket.close();
  CHECK(primary->given_back == 1);
  test::run(io);
}

}  // namespace cluster_unref_test
