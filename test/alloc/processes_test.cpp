// What ends between processes without memory.
#include <unistd.h>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <dgram/dgram.hpp>
#include <dgram/node/cluster/worker.hpp>
#include <dgram/node/socket.hpp>
#include <dgram/process/descriptor_link.hpp>
#include <dgram/process/handover.hpp>
#include <string>
#include <support/catch2.hpp>
#include <support/run.hpp>
#include <support/run_until.hpp>
#include <utility>
#include <vector>

#include "counting.hpp"
#include "for_each_request.hpp"

namespace alloc_processes_test {

namespace {

namespace node = dgram::node;
namespace event = dgram::node::event;
using dgram::DescriptorLink;
using test::FailingAllocation;
using test::for_each_request;

/// The other end of a worker's link.
class PlayedPrimary {
 public:
  explicit PlayedPrimary(asio::io_context& io) : io_(io), link_(io.get_executor()) {
    auto [link, other_end] = DescriptorLink::pair(io.get_executor());
    link_ = std::move(link);
    other_end_ = std::move(other_end);
  }
  dgram::Descriptor take_other_end() { return std::move(other_end_); }

  std::string hear() {
    DescriptorLink::Message message;
    std::error_code ec;
    test::run_until(io_, [&] { return link_.try_receive(message, ec); });
    return message.bytes;
  }
  void grant(const std::string& ticket) {
    dgram::Socket socket(io_);
    socket.bind(dgram::Endpoint(asio::ip::address_v4::loopback(), 0));
    const std::vector<int> handles(1, socket.native_handle());
    std::error_code ec;
    REQUIRE(link_.try_send("reply " + ticket + " 0", handles, ec));
  }

 private:
  asio::io_context& io_;
  DescriptorLink link_;
  dgram::Descriptor other_end_;
};

}  // namespace

TEST_CASE("a handover is closed without memory, and leaves no path behind", "[alloc][failing]") {
  const std::string path = "/tmp/dgram-alloc-" + std::to_string(::getpid());
  for_each_request([&](std::size_t nth) {
    asio::io_context io;
    dgram::Handover serving(io.get_executor(), path);
    dgram::Handover waiting(io.get_executor(), path);
    std::error_code served, waited;
    const auto body = [&]() -> asio::awaitable<void> {
      co_await serving.ready(std::chrono::seconds(10), served);
      co_await serving.handed_over(std::chrono::minutes(1), served);
    };
    const auto asks = [&]() -> asio::awaitable<void> {
      co_await waiting.take_over(std::chrono::minutes(1), waited);
      co_await waiting.ready(std::chrono::minutes(1), waited);
    };
    asio::co_spawn(io, body(), asio::detached);
    io.poll();
    asio::co_spawn(io, asks(), asio::detached);
    for (int i = 0; i < 3; ++i) io.poll_one();
    REQUIRE(::access(path.c_str(), F_OK) == 0);
    bool fired = false;
    {
      FailingAllocation failing(nth);
      serving.close();
      waiting.close();
      fired = failing.fired();
    }
    CHECK(::access(path.c_str(), F_OK) != 0);
    test::run(io);
    CHECK(served == asio::error::operation_aborted);
    return fired;
  });
  ::unlink((path + ".lock").c_str());
}

TEST_CASE("a worker's socket is given back without memory, and the primary is told",
          "[alloc][failing]") {
  // A queue takes memory now and then: so with one more in it, or less.
  for (int read_before = 0; read_before < 8; ++read_before) {
    for_each_request([read_before](std::size_t nth) {
      asio::io_context io;
      PlayedPrimary primary(io);
      const node::cluster::Worker worker(io, primary.take_other_end(), 1);
      const node::Socket socket = node::create_socket(io, "udp4");
      bool listens = false;
      bool closed = false;
      socket.on(event::listening, [&] { listens = true; });
      socket.on(event::close, [&] { closed = true; });
      socket.bind(0, "127.0.0.1");
      REQUIRE(primary.hear() == "online 1");
      REQUIRE(primary.hear().starts_with("query 1 "));
      primary.grant("1");
      test::run_until(io, [&] { return listens; });
      while (worker.send("nobody reads this")) {
      }
      for (int i = 0; i < read_before; ++i) primary.hear();
      bool fired = false;
      {
        FailingAllocation failing(nth);
        try {
          socket.close();
        } catch (const std::bad_alloc&) {
        }
        fired = failing.fired();
      }
      try {
        socket.close();
      } catch (const node::Error&) {  // it was closed
      }
      test::run_until(io, [&] { return closed; });
      std::string heard;
      while (!heard.starts_with("close") && heard != "last") {
        if (!heard.empty()) worker.send("last");
        heard = primary.hear();
      }
      CHECK(heard == "close 1");
      return fired;
    });
  }
}

}  // namespace alloc_processes_test
