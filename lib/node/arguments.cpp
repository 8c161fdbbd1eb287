#include "arguments.hpp"

#include <asio/error.hpp>
#include <limits>

#include "errors.hpp"

DGRAM_BEGIN_NAMESPACE
namespace node::detail {

void check_destination_port(int port) {
  if (port < 1 || port > 65535) throw bad_destination_port(port);
}

void check_local_port(int port, std::string_view name) {
  if (port < 0 || port > 65535) throw bad_local_port(name, port);
}

void check_buffer_size(std::int64_t size) {
  if (size < 0 || size > std::numeric_limits<std::uint32_t>::max()) throw bad_buffer_size();
}

asio::const_buffer part_of(const Payload& message, std::size_t offset, std::size_t length) {
  const asio::const_buffer whole =
      message.buffers().empty() ? asio::const_buffer() : message.buffers().front();
  if (offset > whole.size()) throw out_of_bounds("offset");
  if (length > whole.size() - offset) throw out_of_bounds("length");
  return asio::buffer(whole + offset, length);
}

std::string local_address_or_any(std::string_view address, bool v6) {
  return std::string(!address.empty() ? address : v6 ? "::" : "0.0.0.0");
}

std::string remote_address_or_loopback(std::string_view address, bool v6) {
  return std::string(!address.empty() ? address : v6 ? "::1" : "127.0.0.1");
}

// Whether there is such a zone is the system's to say.
void check_literal(std::string_view address, std::string_view name) {
  std::error_code ec;
  make_endpoint(address.substr(0, address.find('%')), 0, ec);
  if (ec || address.ends_with('%')) throw no_literal(name, address);
}

Endpoint endpoint_for(std::string_view address, int port, bool v6, std::error_code& ec) {
  const Endpoint endpoint = make_endpoint(address, port, ec);
  if (ec || endpoint.address().is_v6() != v6) ec = asio::error::invalid_argument;
  return endpoint;
}

}  // namespace node::detail
DGRAM_END_NAMESPACE
