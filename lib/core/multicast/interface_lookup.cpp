#include "interface_lookup.hpp"

#include <algorithm>
#include <asio/error.hpp>
#include <charconv>

DGRAM_BEGIN_NAMESPACE
namespace detail {

namespace {

/// A zone may be a number (RFC 4007, section 11.2).
std::uint32_t number_in(const std::string& text) noexcept {
  std::uint32_t number = 0;
  const char* const end = text.data() + text.size();
  const std::from_chars_result result = std::from_chars(text.data(), end, number);
  return result.ec == std::errc() && result.ptr == end && number <= 0x7fffffff ? number : 0;
}

std::uint32_t index_by_name(const Channel& channel, const std::string& name, std::error_code& ec) {
  const std::uint32_t index = channel.interface_index(name, ec);
  if (!ec) return index;
  const std::uint32_t number = number_in(name);
  if (number != 0) ec.clear();
  return number;
}

std::uint32_t index_by_address(const Channel& channel,
                               const asio::ip::address& address,
                               std::error_code& ec) {
  const std::vector<InterfaceInfo> interfaces = channel.interfaces(ec);
  if (ec) return 0;
  const InterfaceInfo* const found = find(interfaces, address);
  if (!found) ec = no_such_device();
  return found ? found->index : 0;
}

}  // namespace

std::uint32_t find_interface(const Channel& channel,
                             const Interface& interface,
                             std::error_code& ec) {
  ec.clear();
  switch (interface.kind()) {
    case Interface::Kind::any:
      return 0;
    case Interface::Kind::index:
      if (interface.index() == 0) ec = no_such_device();
      return interface.index();
    case Interface::Kind::name:
      return index_by_name(channel, interface.name(), ec);
    case Interface::Kind::address:
      return index_by_address(channel, interface.address(), ec);
    case Interface::Kind::all:
      break;
  }
  ec = asio::error::invalid_argument;
  return 0;
}

std::vector<std::uint32_t> find_interfaces_to_join(const Channel& channel,
                                                   Family family,
                                                   std::error_code& ec) {
  std::vector<std::uint32_t> indices;
  for (const InterfaceInfo& info : channel.interfaces(ec)) {
    const bool has_family = std::any_of(
        info.addresses.begin(), info.addresses.end(), [family](const asio::ip::address& address) {
          return address.is_v6() == (family == Family::ipv6);
        });
    if (info.is_up && info.can_multicast && has_family) indices.push_back(info.index);
  }
  if (indices.empty() && !ec) ec = no_such_device();
  return indices;
}

std::vector<std::uint32_t> find_every_interface(const Channel& channel, std::error_code& ec) {
  std::vector<std::uint32_t> indices;
  for (const InterfaceInfo& info : channel.interfaces(ec)) indices.push_back(info.index);
  return indices;
}

}  // namespace detail
DGRAM_END_NAMESPACE
