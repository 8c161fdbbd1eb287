#include "system.hpp"

#include <sys/socket.h>

#include <asio/error.hpp>
#include <cerrno>
#include <dgram/error.hpp>

#include "descriptor.hpp"
#include "settings.hpp"

DGRAM_BEGIN_NAMESPACE
namespace detail {

asio::ip::address bound_address_of(NativeHandle handle) noexcept {
  Endpoint local;
  socklen_t size = static_cast<socklen_t>(local.capacity());
  if (::getsockname(handle, local.data(), &size) != 0) return {};
  local.resize(size);
  return local.address();
}

bool is_missing(const asio::ip::address& address, NativeHandle handle) noexcept {
  const Endpoint any_port(address, 0);
  std::error_code ec;
  const NativeHandle probe = make_descriptor(family_of(any_port), ec);
  if (ec) return false;
  const bool missing =
      !are_worlds_apart(probe, handle) &&
      ::bind(probe, any_port.data(), static_cast<socklen_t>(any_port.size())) != 0 &&
      errno == EADDRNOTAVAIL;
  close_descriptor(probe);
  return missing;
}

std::error_code explain_send_error(const std::error_code& ec,
                                   const Sender& sender,
                                   const SendItem& item) noexcept {
  const bool may_be = ec == asio::error::network_unreachable ||
                      ec == asio::error::invalid_argument || ec == std::errc::address_not_available;
  if (!may_be) return ec;
  // Over IPv4 the kernel says ENODEV itself.
  int device = 0;
  if (!get_number(sender.handle, sender.family, Setting::device, device) && device != 0 &&
      !interface_exists(sender.handle, device))
    return no_such_device();
  const bool chosen = item.options && item.options->source_address;
  const asio::ip::address source =
      chosen ? *item.options->source_address : bound_address_of(sender.handle);
  if (source.is_unspecified() || source.is_multicast() || !is_missing(source, sender.handle))
    return ec;
  return Errc::source_unavailable;
}

}  // namespace detail
DGRAM_END_NAMESPACE
