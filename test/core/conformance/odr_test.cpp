// Two translation units of one program that both use everything: each inline thing must exist once.
// The other one is odr_other.cpp.
#include <asio/io_context.hpp>
#include <asio/use_future.hpp>
#include <dgram/dgram.hpp>
#include <future>

#include "support/catch2.hpp"
#include "support/loopback.hpp"
#include "support/run.hpp"

namespace conformance_odr_test {

// In odr_other.cpp.
std::future<dgram::Datagram> receive_elsewhere(
    dgram::BasicSocket<asio::io_context::executor_type>& socket);
const std::error_category& category_elsewhere();

TEST_CASE("two translation units share one library", "[conformance][odr]") {
  asio::io_context io;
  dgram::BasicSocket<asio::io_context::executor_type> socket(io);
  socket.bind(test::any_port());
  std::future<std::size_t> sent = socket.async_send("x", socket.local_endpoint(), asio::use_future);
  std::future<dgram::Datagram> received = receive_elsewhere(socket);
  test::run(io);
  CHECK(sent.get() == 1);
  CHECK(received.get().text() == "x");
  CHECK(&category_elsewhere() == &dgram::error_category());
}

}  // namespace conformance_odr_test
