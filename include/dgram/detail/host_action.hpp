// What is done with the address that a host name stood for.
#pragma once

#include <dgram/detail/core.hpp>
#include <dgram/endpoint.hpp>
#include <system_error>

DGRAM_BEGIN_NAMESPACE
namespace detail {

enum class HostAction : unsigned char { bind, connect };

DGRAM_API std::error_code act(Core& core,
                              HostAction action,
                              const asio::ip::address& address,
                              int port);

/// An endpoint that a datagram can be sent to: the port is 1 to 65535.
DGRAM_API std::error_code make_destination(const asio::ip::address& address,
                                           int port,
                                           Endpoint& endpoint);

/// The same for a socket of the other family, where it can reach it: an IPv4 address, mapped.
DGRAM_API Endpoint reachable(const Core& core, const Endpoint& to);

/// The family that a lookup for this socket has to bring.
DGRAM_API Family lookup_family(const Core& core) noexcept;

}  // namespace detail
DGRAM_END_NAMESPACE
