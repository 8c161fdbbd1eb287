// The option records, and what g++ 12 needs of them.
#include <dgram/batch.hpp>
#include <dgram/options.hpp>
#include <support/catch2.hpp>
#include <type_traits>

namespace unit_options_test {

// g++ 12 destroys an aggregate temporary in a co_await expression twice, unless there is nothing to
// destroy.
static_assert(std::is_trivially_destructible_v<dgram::SocketOptions>);
static_assert(std::is_trivially_destructible_v<dgram::SendOptions>);
#if !defined(ASIO_ENABLE_BUFFER_DEBUGGING)  // then Asio's buffers hold functions
static_assert(std::is_trivially_destructible_v<dgram::Outgoing>);
#endif
static_assert(std::is_trivially_destructible_v<dgram::Received>);

TEST_CASE("SendOptions are empty until one of them is set", "[unit][options]") {
  CHECK(dgram::SendOptions().empty());
  dgram::SendOptions source, interface, ecn, dscp, hops;
  source.source_address = asio::ip::address_v4::loopback();
  interface.interface_index = 1;
  ecn.ecn = dgram::Ecn::not_ect;  // 0, but asked for
  dscp.dscp = 0;
  hops.hop_limit = 1;
  CHECK(!source.empty());
  CHECK(!interface.empty());
  CHECK(!ecn.empty());
  CHECK(!dscp.empty());
  CHECK(!hops.empty());
}

TEST_CASE("an Outgoing that nobody sent says operation_aborted, never success", "[unit][options]") {
  CHECK(dgram::Outgoing().result == asio::error::operation_aborted);
  const dgram::Outgoing one(asio::buffer("x", 1), dgram::Endpoint());
  CHECK(one.result == asio::error::operation_aborted);
}

TEST_CASE("the queue of waiting sends is bounded by default", "[unit][options]") {
  const dgram::SocketOptions options;
  CHECK(options.send_queue_bytes == std::size_t{16} << 20);
  CHECK(options.send_queue_count == 4096);
}

}  // namespace unit_options_test
