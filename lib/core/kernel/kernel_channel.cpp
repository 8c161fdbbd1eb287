// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0

#include "kernel_channel.hpp"

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <asio/error.hpp>
#include <cerrno>
#include <cstring>
#include <new>
#include <utility>

#include "../values/address.hpp"
#include "descriptor.hpp"
#include "message.hpp"
#include "system.hpp"
#if defined(__linux__)
#include <linux/sock_diag.h>
#endif

DGRAM_BEGIN_NAMESPACE

std::unique_ptr<Channel> make_kernel_channel(const asio::any_io_executor& executor) {
  return std::make_unique<detail::KernelChannel>(executor);
}

namespace detail {

namespace {

constexpr std::array<Setting, 5> metadata_settings = {Setting::receive_local_address,
                                                      Setting::receive_ecn,
                                                      Setting::receive_hop_limit,
                                                      Setting::receive_timestamp,
                                                      Setting::gro};

/// Passes the first address that Asio's resolver found to the LookupHandler.
class ResolveHandler {
 public:
  explicit ResolveHandler(LookupHandler done) noexcept : done_(std::move(done)) {}
  void operator()(std::error_code ec, const asio::ip::udp::resolver::results_type& results) {
    if (!ec && results.empty()) ec = asio::error::host_not_found;
    done_(ec, ec ? asio::ip::address() : results.begin()->endpoint().address());
  }

 private:
  LookupHandler done_;
};

/// Switches SO_REUSEADDR and SO_REUSEPORT off while the kernel chooses a port. Where they are on,
/// it may choose one that other sockets of this user share already (udp_lib_lport_inuse in
/// net/ipv4/udp.c), and these would take a part of what is sent to it.
class PortOfItsOwn {
 public:
  PortOfItsOwn(NativeHandle handle, Family family) noexcept : handle_(handle), family_(family) {
    for (std::size_t i = 0; i < shared_.size(); ++i) {
      was_on_[i] = is_on(handle, family, shared_[i]);
      if (was_on_[i]) set_number(handle, family, shared_[i], 0);
    }
  }
  PortOfItsOwn(const PortOfItsOwn&) = delete;
  ~PortOfItsOwn() {
    for (std::size_t i = 0; i < shared_.size(); ++i)
      if (was_on_[i]) set_number(handle_, family_, shared_[i], 1);
  }

 private:
  static constexpr std::array shared_ = {Setting::reuse_address, Setting::reuse_port};
  const NativeHandle handle_;
  const Family family_;
  std::array<bool, shared_.size()> was_on_{};
};

}  // namespace

std::error_code KernelChannel::open(Family family) {
  std::error_code ec;
  const NativeHandle handle = make_descriptor(family, ec);
  if (ec) return ec;
  ec = take_over(handle, family);
  if (ec) close_descriptor(handle);
  return ec;
}

std::error_code KernelChannel::adopt(NativeHandle handle, Family wanted) {
  Family family = Family::unspecified;
  if (const std::error_code ec = check_descriptor(handle, family)) return ec;
  if (wanted != Family::unspecified && wanted != family)
    return asio::error::address_family_not_supported;
  if (const std::error_code ec = make_nonblocking(handle)) return ec;
#if defined(__linux__)
  // Where control messages cannot be read (posix/), a train could not be split into datagrams, so
  // trains are switched off. Otherwise the option stays as it is, even if DGRAM_DISABLE names it:
  // for a train that is queued already, the kernel reports the segment size only while the option
  // is on. Kernels before 5.0 do not know the option, so it is not on there.
  const int off = 0;
  if (control_space_of(Setting::gro, family) == 0)
    ::setsockopt(handle, IPPROTO_UDP, udp_gro, &off, sizeof off);
#endif
  if (const std::error_code ec = take_over(handle, family)) return ec;
  may_have_foreign_control_ = true;
  note_metadata();
  note_peer();
  note_source();
  if (may_be_on(handle, family, Setting::receive_errors)) may_have_errors_ = true;
  std::error_code unconnected;
  remote_endpoint(unconnected);
  // On a connected socket, nothing tells whether the user or connect() chose the address and the
  // device.
  if (unconnected) {
    has_own_address_ = !bound_address_of(handle).is_unspecified();
    if (get_number(handle, family, Setting::device, device_)) device_ = 0;
  }
  return {};
}

std::error_code KernelChannel::take_over(NativeHandle handle, Family family) {
  std::error_code ec;
  socket_.assign(family == Family::ipv6 ? asio::ip::udp::v6() : asio::ip::udp::v4(), handle, ec);
  if (ec) return ec;
  sender_ = Sender();
  sender_.handle = handle;
  sender_.family = family;
  sender_.peer_over_ipv4 = family == Family::ipv4;
  control_ = ControlPlan();
  multicast_interface_ = 0;
  is_emptied_ = came_short_ = may_have_errors_ = has_own_address_ = false;
  may_have_foreign_control_ = is_shared_ = false;
  device_ = 0;
  drops_ = 0;
  return {};
}

void KernelChannel::note_peer() {
  std::error_code ec;
  const asio::ip::address peer = remote_endpoint(ec).address();
  sender_.connected = !ec;
  if (!ec) may_have_errors_ = true;
  sender_.peer_over_ipv4 = sender_.family == Family::ipv4 || (!ec && is_mapped(peer));
}

void KernelChannel::note_source() noexcept {
  sender_.source.reset();
  if (sender_.family != Family::ipv6 || !has(Feature::send_options)) return;
  const asio::ip::address local = bound_address_of(sender_.handle);
  // A link-local address has a zone, which ties it to its interface already. ::1 does not go away.
  if (!is_over_ipv4(local) && !local.is_unspecified() && !local.is_multicast() &&
      !local.is_loopback() && !local.to_v6().is_link_local())
    sender_.source = local.to_v6();
}

void KernelChannel::note_metadata() noexcept {
  control_ = ControlPlan();
  for (const Setting setting : metadata_settings) {
    const std::size_t space = control_space_of(setting, sender_.family);
    const bool is_possible = setting == Setting::gro && is_shared_;
    if (space == 0 || !(is_possible || may_be_on(sender_.handle, sender_.family, setting)))
      continue;
    control_.space += static_cast<std::uint32_t>(space);
    control_.trains = control_.trains || setting == Setting::gro;
  }
  if (control_.space != 0 && (control_.trains || may_have_foreign_control_))
    control_.space += foreign_control;
}

// Another process that has this socket may set options without telling this one. So from now on
// there is room for the control message with a train's segment size, and a receive may find an
// error instead of the next datagram.
void KernelChannel::note_sharing() noexcept {
  is_shared_ = may_have_errors_ = true;
  note_metadata();
}

NativeHandle KernelChannel::release(std::error_code& ec) {
  const NativeHandle handle = socket_.release(ec);
  if (ec) return invalid_handle;
  sender_ = Sender();
  cancel_timers();
  return handle;
}

std::error_code KernelChannel::bind(const Endpoint& local) {
  std::error_code ec;
  if (local.port() == 0) {
    const PortOfItsOwn while_it_is_chosen(sender_.handle, sender_.family);
    socket_.bind(local, ec);
  } else {
    socket_.bind(local, ec);
  }
  if (ec) return comparable(ec);
  has_own_address_ = !local.address().is_unspecified();
  note_source();
  return {};
}

std::error_code KernelChannel::connect(const Endpoint& remote) {
  std::error_code ec;
  const Endpoint former = remote_endpoint(ec);
  // A second connect(2) keeps the source address that the kernel chose for the first one, and the
  // new peer may be unreachable from that address. So the socket is disconnected first.
  if (ec || has_own_address_) return connect_to(remote);
  const unsigned short port = local_endpoint(ec).port();
  if (ec) return comparable(ec);
  ec = disconnect();
  if (!ec) ec = return_to_port(port);
  if (!ec) ec = connect_to(remote);
  if (!ec) return {};
  return_to_port(port);  // a bind that has failed once may succeed now
  connect_to(former);
  return ec;
}

std::error_code KernelChannel::connect_to(const Endpoint& remote) {
  // Not Asio's connect(), which turns EAGAIN into no_buffer_space.
  if (::connect(sender_.handle, remote.data(), static_cast<socklen_t>(remote.size())) != 0) {
    const std::error_code ec = last_error();
    return is_out_of_ports(ec) ? std::error_code(asio::error::address_in_use) : ec;
  }
  note_peer();
  note_source();
  return {};
}

// When the kernel disconnects a socket, it forgets the local address, port and interface, except an
// address and a port that the socket was bound to (__udp_disconnect in net/ipv4/udp.c).
std::error_code KernelChannel::disconnect() {
  sockaddr nobody;
  std::memset(&nobody, 0, sizeof nobody);
  nobody.sa_family = AF_UNSPEC;
  // The BSDs report EAFNOSUPPORT although they have disconnected.
  const bool done = ::connect(sender_.handle, &nobody, sizeof nobody) == 0 || errno == EAFNOSUPPORT;
  if (!done) return last_error();
  sender_.connected = false;
  note_source();
  if (device_ == 0) return {};
  return set_number(sender_.handle, sender_.family, Setting::device, device_);
}

std::error_code KernelChannel::return_to_port(unsigned short port) {
  std::error_code ec;
  Endpoint local = local_endpoint(ec);
  if (ec || local.port() == port) return comparable(ec);
  local.port(port);
  socket_.bind(local, ec);
  return comparable(ec);
}

// The kernel chooses a port at the first send or connect, and fails with EAGAIN when none is free
// (inet_autobind in net/ipv4/af_inet.c).
bool KernelChannel::is_out_of_ports(const std::error_code& ec) const noexcept {
  if (ec != asio::error::would_block) return false;
  std::error_code unknown;
  return local_endpoint(unknown).port() == 0 && !unknown;
}

void KernelChannel::close() noexcept {
  std::error_code ec;
  socket_.close(ec);
  sender_ = Sender();
  cancel_timers();
  resolver_.reset();  // destroyed, because its cancel() allocates memory
}

std::error_code KernelChannel::set(Setting setting, int value) {
  // The kernel accepts any index here, even one that no interface has.
  if (setting == Setting::device && value != 0 && !interface_exists(sender_.handle, value))
    return no_such_device();
  const std::error_code ec = set_number(sender_.handle, sender_.family, setting, value);
  if (control_space_of(setting, sender_.family) != 0) note_metadata();
  if (setting == Setting::receive_errors) may_have_errors_ = true;
  if (setting == Setting::device && !ec) device_ = value;
  return ec;
}

std::error_code KernelChannel::get(Setting setting, int& value) const {
  const std::error_code ec = get_number(sender_.handle, sender_.family, setting, value);
  // An adopted IPv6 socket may have the option on for its IPv4 peers only.
  const bool is_asked_for =
      setting == Setting::receive_errors || control_space_of(setting, sender_.family) != 0;
  if (!ec && is_asked_for) value = is_on(sender_.handle, sender_.family, setting);
  return ec;
}

std::error_code KernelChannel::set_buffer_size(Setting which, int asked, int& granted) {
  return set_buffer_size_of(sender_.handle, which, asked, granted);
}

std::error_code KernelChannel::set_pacing_rate(std::uint64_t bytes_per_second) {
  return set_pacing_rate_of(sender_.handle, bytes_per_second);
}

std::error_code KernelChannel::hold_departures() {
  return hold_departures_of(sender_.handle);
}

std::error_code KernelChannel::set_option(int level,
                                          int name,
                                          const void* value,
                                          std::size_t size) {
  int before = 0;
  int device = 0;
  get_number(sender_.handle, sender_.family, Setting::device, before);
  if (::setsockopt(sender_.handle, level, name, value, static_cast<socklen_t>(size)) != 0)
    return last_error();
  get_number(sender_.handle, sender_.family, Setting::device, device);
  if (device != before) device_ = device;
  may_have_foreign_control_ = true;
  note_metadata();
  may_have_errors_ = true;  // the option may be IP_RECVERR
  if (level == IPPROTO_IP && name == IP_MULTICAST_IF) multicast_interface_ = 0;
  return {};
}

std::error_code KernelChannel::get_option(int level,
                                          int name,
                                          void* value,
                                          std::size_t& size) const {
  socklen_t room = static_cast<socklen_t>(size);
  if (::getsockopt(sender_.handle, level, name, value, &room) != 0) return last_error();
  size = room;
  return {};
}

std::error_code KernelChannel::change_membership(MembershipAction action,
                                                 const GroupMembership& membership) {
  return change_membership_of(sender_.handle, action, membership);
}

std::error_code KernelChannel::set_multicast_interface(std::uint32_t index,
                                                       const asio::ip::address_v4& source) {
  const std::error_code ec =
      set_multicast_interface_of(sender_.handle, sender_.family, index, source);
  if (!ec) multicast_interface_ = index;
  return ec;
}

std::uint32_t KernelChannel::multicast_interface(std::error_code& ec) const {
  ec.clear();
  if (sender_.family == Family::ipv4) {
    if (multicast_interface_ != 0) return multicast_interface_;
    in_addr address = in_addr();  // the index is not known; the kernel returns an address
    std::size_t room = sizeof address;
    ec = get_option(IPPROTO_IP, IP_MULTICAST_IF, &address, room);
    if (ec || address.s_addr == INADDR_ANY) return 0;
    const std::vector<InterfaceInfo> all = list_interfaces(ec);
    const InterfaceInfo* const found = find(all, asio::ip::address_v4(ntohl(address.s_addr)));
    return found ? found->index : 0;
  }
  int index = 0;
  std::size_t size = sizeof index;
  ec = get_option(IPPROTO_IPV6, IPV6_MULTICAST_IF, &index, size);
  return static_cast<std::uint32_t>(index);
}

std::uint32_t KernelChannel::interface_index(const std::string& name, std::error_code& ec) const {
  return interface_index_of(sender_.handle, name, ec);
}

std::vector<InterfaceInfo> KernelChannel::interfaces(std::error_code& ec) const {
  return list_interfaces(ec);
}

std::uint32_t KernelChannel::route_interface(const asio::ip::address& to) const noexcept {
  return route_interface_of(sender_.handle, to);
}

int KernelChannel::path_mtu(const Endpoint& to, std::error_code& ec) const {
  return path_mtu_of(sender_.handle, to, ec);
}

std::error_code KernelChannel::take_error() noexcept {
  int number = 0;
  socklen_t size = sizeof number;
  if (::getsockopt(sender_.handle, SOL_SOCKET, SO_ERROR, &number, &size) != 0) return last_error();
  return comparable(std::error_code(number, asio::system_category()));
}

std::size_t KernelChannel::receive_reports(std::span<ErrorReport> reports) noexcept {
  return read_error_queue(sender_.handle, reports);
}

std::uint64_t KernelChannel::kernel_drops() const noexcept {
#if defined(SO_MEMINFO)
  std::uint32_t values[SK_MEMINFO_VARS] = {};
  socklen_t size = sizeof values;
  if (::getsockopt(sender_.handle, SOL_SOCKET, SO_MEMINFO, values, &size) == 0)
    drops_ = values[SK_MEMINFO_DROPS];
#endif
  return drops_;
}

bool KernelChannel::has(Feature feature) const noexcept {
#if defined(SO_MEMINFO)
  if (feature == Feature::kernel_drops) return true;
#endif
  return transfers_have(feature, sender_.handle);
}

bool KernelChannel::make_counts() noexcept {
  calls_.reset(new (std::nothrow) CallCounts);
  return static_cast<bool>(calls_);
}

void KernelChannel::wait(Event event, TimePoint deadline, WaitHandler handler) {
  if (event == Event::deadline || deadline != TimePoint::max()) {
    std::unique_ptr<asio::steady_timer>& timer = event == Event::deadline ? timer_ : pause_;
    if (!timer) timer = std::make_unique<asio::steady_timer>(socket_.get_executor());
    timer->expires_at(deadline);
    return timer->async_wait(std::move(handler));
  }
  // Valid for one wait only: once it ends, epoll's edge is consumed, whether something was received
  // or not.
  bool is_emptied = event == Event::read && std::exchange(is_emptied_, false);
  // When the last receive failed with EAGAIN, poll() confirms that the socket is empty: a filter of
  // system calls can also make a receive fail with EAGAIN.
  if (is_emptied && !came_short_ && !socket_.is_reported_by_level())
    is_emptied = !is_readable(sender_.handle);
  socket_.wait(event, std::move(handler), is_emptied);
}

void KernelChannel::cancel_wait(Event event) noexcept {
  if (event == Event::deadline) {
    if (timer_) timer_->cancel();
    return;
  }
  if (event == Event::write && pause_) pause_->cancel();
  socket_.cancel_wait(event);
}

void KernelChannel::cancel_timers() noexcept {
  if (timer_) timer_->cancel();
  if (pause_) pause_->cancel();
}

void KernelChannel::resolve(std::string host, Family family, LookupHandler done) {
  if (!resolver_) resolver_ = std::make_unique<asio::ip::udp::resolver>(socket_.get_executor());
  ResolveHandler handler(std::move(done));
  if (family == Family::unspecified)
    resolver_->async_resolve(host, std::string_view(), std::move(handler));
  else
    resolver_->async_resolve(family == Family::ipv6 ? asio::ip::udp::v6() : asio::ip::udp::v4(),
                             host,
                             std::string_view(),
                             asio::ip::resolver_base::v4_mapped,
                             std::move(handler));
}

}  // namespace detail
DGRAM_END_NAMESPACE
