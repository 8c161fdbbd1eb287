// The network interfaces of this host.
#pragma once

#include <cstdint>
#include <dgram/channel.hpp>
#include <dgram/interface.hpp>
#include <string>
#include <system_error>
#include <vector>

DGRAM_BEGIN_NAMESPACE
namespace detail {

/// By name, in the network namespace of the descriptor, which need not be that of the thread.
std::uint32_t interface_index_of(NativeHandle handle,
                                 const std::string& name,
                                 std::error_code& ec) noexcept;

bool interface_exists(NativeHandle handle, int index) noexcept;

/// Those in the network namespace of the calling thread: nothing tells those of a descriptor.
std::vector<InterfaceInfo> list_interfaces(std::error_code& ec);

/// Unspecified when the interface has none.
asio::ip::address_v4 first_ipv4_address(const std::vector<InterfaceInfo>& interfaces,
                                        std::uint32_t index) noexcept;

}  // namespace detail
DGRAM_END_NAMESPACE
