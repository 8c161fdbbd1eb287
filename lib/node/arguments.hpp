// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// Node's rules for the arguments of calls: how they are read, and which are refused.
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

/// Throws bad_destination_port() for a port outside 1 to 65535.
void check_destination_port(int port);

/// Throws bad_local_port() for a port outside 0 to 65535.
/// @param name The beginning of Node's text: "Port", "options.port".
void check_local_port(int port, std::string_view name);

/// Throws bad_buffer_size() for a size outside 0 to 2^32 - 1.
void check_buffer_size(std::int64_t size);

/// The part of a message that offset and length select. Throws out_of_bounds().
asio::const_buffer part_of(const Payload& message, std::size_t offset, std::size_t length);

/// The address, or what an empty one means: all addresses of this host, or its loopback address.
std::string local_address_or_any(std::string_view address, bool v6);
std::string remote_address_or_loopback(std::string_view address, bool v6);

/// Throws no_literal() for an address that is not a literal. `name` is the name of the argument in
/// Node's text: "address", "options.address".
void check_literal(std::string_view address, std::string_view name);

/// The endpoint that a text names if it is a literal address by the rules of net.isIP(): an IPv6
/// address may have a zone, of the characters that Node allows there. Otherwise nullopt: the text
/// is a name, to be looked up.
std::optional<Endpoint> literal_endpoint(std::string_view text, int port);

/// Reads a literal address by libuv's rules: a zone may have any characters. A zone that names no
/// interface counts as none.
Endpoint read_address(std::string_view text, int port, std::error_code& ec);

/// The endpoint of a bind. Text that is no address, and an address of the other family, is EINVAL,
/// as in libuv.
Endpoint endpoint_for(std::string_view address, int port, bool v6, std::error_code& ec);

}  // namespace node::detail
DGRAM_END_NAMESPACE
