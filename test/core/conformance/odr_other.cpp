// The other translation unit of odr_test.cpp. Each header twice: their guards hold.
#include <dgram/channel.hpp>
#include <dgram/dgram.hpp>
#include <dgram/fault_channel.hpp>

#include <asio/io_context.hpp>
#include <asio/use_future.hpp>
#include <future>

namespace conformance_odr_test {

std::future<dgram::Datagram> receive_elsewhere(
    dgram::BasicSocket<asio::io_context::executor_type>& socket) {
  return socket.async_recv(asio::use_future);
}

const std::error_category& category_elsewhere() {
  return dgram::error_category();
}

}  // namespace conformance_odr_test
