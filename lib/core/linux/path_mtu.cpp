#include <netinet/in.h>
#include <sys/socket.h>

#include <asio/error.hpp>
#include <dgram/error.hpp>

#include "../kernel/descriptor.hpp"
#include "../kernel/path_mtu.hpp"
#include "../kernel/settings.hpp"
#include "../kernel/source_address.hpp"
#include "../values/address.hpp"

DGRAM_BEGIN_NAMESPACE
namespace detail {

namespace {

struct OwnedDescriptor {
  explicit OwnedDescriptor(NativeHandle h) noexcept : handle(h) {}
  OwnedDescriptor(const OwnedDescriptor&) = delete;
  ~OwnedDescriptor() {
    if (handle != invalid_handle) close_descriptor(handle);
  }
  NativeHandle handle;
};

}  // namespace

// The kernel tells IP_MTU of connected sockets only, and that of a long-lived one may be stale
// until its next send. So a new socket is connected: on the same device and from the same source,
// which both may decide about the route.
int path_mtu_of(NativeHandle handle, const Endpoint& to, std::error_code& ec) noexcept {
  const Endpoint peer(unmapped(to.address()), to.port());
  const Family family = family_of(peer);
  const OwnedDescriptor asking(make_descriptor(family, ec));
  // A new socket is in the network of the thread: of another it knows nothing.
  if (!ec && are_worlds_apart(asking.handle, handle)) ec = asio::error::operation_not_supported;
  if (ec) return 0;
  int device = 0;
  if (!get_number(handle, family, Setting::device, device) && device != 0)
    ec = set_number(asking.handle, family, Setting::device, device);
  if (ec) return 0;
  const asio::ip::address source = unmapped(bound_address_of(handle));
  const bool is_source = !source.is_unspecified() && !source.is_multicast();  // or a group it hears
  if (is_source && family_of(Endpoint(source, 0)) == family) {
    const Endpoint local(source, 0);
    const int bound = ::bind(asking.handle, local.data(), static_cast<socklen_t>(local.size()));
    if (bound != 0) ec = is_missing(source, handle) ? Errc::source_unavailable : last_error();
    if (ec) return 0;
  }
  const int on = 1;  // else a broadcast address is refused
  ::setsockopt(asking.handle, SOL_SOCKET, SO_BROADCAST, &on, sizeof on);
  if (::connect(asking.handle, peer.data(), static_cast<socklen_t>(peer.size())) != 0) {
    ec = last_error();
    return 0;
  }
  int mtu = 0;
  socklen_t size = sizeof mtu;
  const bool v6 = family == Family::ipv6;
  if (::getsockopt(
          asking.handle, v6 ? IPPROTO_IPV6 : IPPROTO_IP, v6 ? IPV6_MTU : IP_MTU, &mtu, &size) != 0)
    ec = last_error();
  return mtu;
}

}  // namespace detail
DGRAM_END_NAMESPACE
