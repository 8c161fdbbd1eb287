// Node's rules for the arguments of calls: what is taken for what, and what is refused.
#pragma once

#include <asio/buffer.hpp>
#include <cstddef>
#include <cstdint>
#include <dgram/config.hpp>
#include <dgram/endpoint.hpp>
#include <dgram/payload.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

DGRAM_BEGIN_NAMESPACE
namespace node::detail {

/// Throws bad_port(): 1 to 65535.
void check_destination_port(int port);

/// Throws bad_port(): 0 to 65535.
/// @param name As Node's text begins: "Port", "options.port".
void check_local_port(int port, std::string_view name);

/// Throws bad_buffer_size(): 0 to 2^32 - 1.
void check_buffer_size(std::int64_t size);

/// The part of a message that offset and length name; throws out_of_bounds().
asio::const_buffer part_of(const Payload& message, std::size_t offset, std::size_t length);

/// An address that was not given: every one of this host, or its loopback.
std::string local_address_or_any(std::string_view address, bool v6);
std::string remote_address_or_loopback(std::string_view address, bool v6);

/// Throws no_literal(). `name` as Node's text has it: "address", "options.address".
void check_literal(std::string_view address, std::string_view name);

/// The end that a text names when it is a literal address, as net.isIP has it: with the zone of an
/// IPv6 address, of the signs that Node allows there. Else it is a name, to be looked up.
std::optional<Endpoint> literal_endpoint(std::string_view text, int port);

/// The same, as libuv reads it: a zone of any signs. One that names no interface is none.
Endpoint read_address(std::string_view text, int port, std::error_code& ec);

/// What a bind is to. What the system could not parse, or is of the other family, it calls EINVAL,
/// as libuv does.
Endpoint endpoint_for(std::string_view address, int port, bool v6, std::error_code& ec);

}  // namespace node::detail
DGRAM_END_NAMESPACE
