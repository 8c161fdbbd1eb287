// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0

#include <algorithm>
#include <asio/error.hpp>
#include <chrono>
#include <cstring>
#include <dgram/error.hpp>
#include <dgram/socket_settings.hpp>
#include <limits>
#include <string>

#include "../multicast/membership_change.hpp"
#include "../socket/core.hpp"
#include "../socket/guard.hpp"
#include "options.hpp"
#include "throwing.hpp"

DGRAM_BEGIN_NAMESPACE

namespace {

/// The socket's channel; nullptr, with the reason in `ec`, when it has none.
Channel* channel_of(const detail::CoreRef& core, std::error_code& ec) noexcept {
  const bool open = core && core->is_open();
  ec = open ? std::error_code() : std::error_code(asio::error::bad_descriptor);
  return open ? core->channel() : nullptr;
}

constexpr int ecn_bits = 3;

}  // namespace

std::error_code SocketSettings::set_number(Setting setting, int value) {
  const detail::Guard guard(core());
  if (!detail::is_in_range(setting, value)) return asio::error::invalid_argument;
  if (!has_descriptor()) return asio::error::bad_descriptor;
  return core()->set(setting, value);
}

int SocketSettings::get_number(Setting setting, std::error_code& ec) const {
  const detail::Guard guard(core_if_any());
  int value = 0;
  const Channel* const channel = channel_of(core_if_any(), ec);
  if (channel) ec = channel->get(setting, value);
  return ec ? 0 : value;
}

int SocketSettings::get_number(Setting setting) const {
  return detail::or_throw(
      name_of(setting), {}, [&](std::error_code& ec) { return get_number(setting, ec); });
}

// ---- unicast and broadcast

void SocketSettings::set_broadcast(bool allowed) {
  detail::throw_refused(set_number(Setting::broadcast, allowed), Setting::broadcast, allowed);
}
void SocketSettings::set_broadcast(bool allowed, std::error_code& ec) {
  ec = set_number(Setting::broadcast, allowed);
}
bool SocketSettings::broadcast() const {
  return get_number(Setting::broadcast) != 0;
}
bool SocketSettings::broadcast(std::error_code& ec) const {
  return get_number(Setting::broadcast, ec) != 0;
}

void SocketSettings::set_ttl(int hops) {
  detail::throw_refused(set_number(Setting::ttl, hops), Setting::ttl, hops);
}
void SocketSettings::set_ttl(int hops, std::error_code& ec) {
  ec = set_number(Setting::ttl, hops);
}
int SocketSettings::ttl() const {
  return get_number(Setting::ttl);
}
int SocketSettings::ttl(std::error_code& ec) const {
  return get_number(Setting::ttl, ec);
}

void SocketSettings::set_dscp(int code_point) {
  detail::or_throw("set_dscp", std::to_string(code_point), [&](std::error_code& ec) {
    set_dscp(code_point, ec);
  });
}
void SocketSettings::set_dscp(int code_point, std::error_code& ec) {
  if (code_point < 0 || code_point > 63) {
    ec = asio::error::invalid_argument;
    return;
  }
  const int now = get_number(Setting::traffic_class, ec);
  if (!ec) ec = set_number(Setting::traffic_class, code_point << 2 | (now & ecn_bits));
}
int SocketSettings::dscp() const {
  return detail::or_throw("dscp", {}, [&](std::error_code& ec) { return dscp(ec); });
}
int SocketSettings::dscp(std::error_code& ec) const {
  return get_number(Setting::traffic_class, ec) >> 2;
}

void SocketSettings::set_ecn(Ecn ecn) {
  detail::or_throw("set_ecn", std::to_string(static_cast<int>(ecn)), [&](std::error_code& ec) {
    set_ecn(ecn, ec);
  });
}
void SocketSettings::set_ecn(Ecn ecn, std::error_code& ec) {
  const int bits = static_cast<int>(ecn);
  if (bits > ecn_bits) {
    ec = asio::error::invalid_argument;
    return;
  }
  const int now = get_number(Setting::traffic_class, ec);
  if (!ec) ec = set_number(Setting::traffic_class, (now & ~ecn_bits) | bits);
}
Ecn SocketSettings::ecn() const {
  return detail::or_throw("ecn", {}, [&](std::error_code& ec) { return ecn(ec); });
}
Ecn SocketSettings::ecn(std::error_code& ec) const {
  return static_cast<Ecn>(get_number(Setting::traffic_class, ec) & ecn_bits);
}

void SocketSettings::bind_to_device(const Interface& interface) {
  detail::or_throw("bind_to_device", to_string(interface), [&](std::error_code& ec) {
    bind_to_device(interface, ec);
  });
}
void SocketSettings::bind_to_device(const Interface& interface, std::error_code& ec) {
  const detail::Guard guard(core_if_any());
  const Channel* const channel = channel_of(core_if_any(), ec);
  if (!channel) return;
  const std::uint32_t index = detail::find_interface(*channel, interface, ec);
  if (!ec) ec = set_number(Setting::device, static_cast<int>(index));
}
std::uint32_t SocketSettings::bound_device() const {
  return static_cast<std::uint32_t>(get_number(Setting::device));
}
std::uint32_t SocketSettings::bound_device(std::error_code& ec) const {
  return static_cast<std::uint32_t>(get_number(Setting::device, ec));
}

// ---- multicast

void SocketSettings::set_multicast_ttl(int hops) {
  detail::throw_refused(set_number(Setting::multicast_ttl, hops), Setting::multicast_ttl, hops);
}
void SocketSettings::set_multicast_ttl(int hops, std::error_code& ec) {
  ec = set_number(Setting::multicast_ttl, hops);
}
int SocketSettings::multicast_ttl() const {
  return get_number(Setting::multicast_ttl);
}
int SocketSettings::multicast_ttl(std::error_code& ec) const {
  return get_number(Setting::multicast_ttl, ec);
}

void SocketSettings::set_multicast_loopback(bool enabled) {
  detail::throw_refused(
      set_number(Setting::multicast_loopback, enabled), Setting::multicast_loopback, enabled);
}
void SocketSettings::set_multicast_loopback(bool enabled, std::error_code& ec) {
  ec = set_number(Setting::multicast_loopback, enabled);
}
bool SocketSettings::multicast_loopback() const {
  return get_number(Setting::multicast_loopback) != 0;
}
bool SocketSettings::multicast_loopback(std::error_code& ec) const {
  return get_number(Setting::multicast_loopback, ec) != 0;
}

void SocketSettings::set_multicast_interface(const Interface& interface) {
  detail::or_throw("set_multicast_interface", to_string(interface), [&](std::error_code& ec) {
    set_multicast_interface(interface, ec);
  });
}
void SocketSettings::set_multicast_interface(const Interface& interface, std::error_code& ec) {
  const detail::Guard guard(core_if_any());
  Channel* const channel = channel_of(core_if_any(), ec);
  if (!channel) return;
  const std::uint32_t index = detail::find_interface(*channel, interface, ec);
  if (ec) return;
  const bool by_ipv4 = interface.kind() == Interface::Kind::address && interface.address().is_v4();
  ec = channel->set_multicast_interface(
      index, by_ipv4 ? interface.address().to_v4() : asio::ip::address_v4());
  // For an interface that does not exist, Linux returns EADDRNOTAVAIL over IPv4 and ENODEV over
  // IPv6.
  if (ec == std::errc::address_not_available) ec = no_such_device();
}
std::uint32_t SocketSettings::multicast_interface() const {
  return detail::or_throw(
      "multicast_interface", {}, [&](std::error_code& ec) { return multicast_interface(ec); });
}
std::uint32_t SocketSettings::multicast_interface(std::error_code& ec) const {
  const detail::Guard guard(core_if_any());
  const Channel* const channel = channel_of(core_if_any(), ec);
  return channel ? channel->multicast_interface(ec) : 0;
}

void SocketSettings::set_multicast_all(bool enabled) {
  detail::throw_refused(
      set_number(Setting::multicast_all, enabled), Setting::multicast_all, enabled);
}
void SocketSettings::set_multicast_all(bool enabled, std::error_code& ec) {
  ec = set_number(Setting::multicast_all, enabled);
}
bool SocketSettings::multicast_all() const {
  return get_number(Setting::multicast_all) != 0;
}
bool SocketSettings::multicast_all(std::error_code& ec) const {
  return get_number(Setting::multicast_all, ec) != 0;
}

// ---- buffers

void SocketSettings::set_recv_buffer_size(int bytes) {
  detail::throw_refused(
      set_number(Setting::recv_buffer_size, bytes), Setting::recv_buffer_size, bytes);
}
void SocketSettings::set_recv_buffer_size(int bytes, std::error_code& ec) {
  ec = set_number(Setting::recv_buffer_size, bytes);
}
int SocketSettings::recv_buffer_size() const {
  return get_number(Setting::recv_buffer_size);
}
int SocketSettings::recv_buffer_size(std::error_code& ec) const {
  return get_number(Setting::recv_buffer_size, ec);
}

void SocketSettings::set_send_buffer_size(int bytes) {
  detail::throw_refused(
      set_number(Setting::send_buffer_size, bytes), Setting::send_buffer_size, bytes);
}
void SocketSettings::set_send_buffer_size(int bytes, std::error_code& ec) {
  ec = set_number(Setting::send_buffer_size, bytes);
}
int SocketSettings::send_buffer_size() const {
  return get_number(Setting::send_buffer_size);
}
int SocketSettings::send_buffer_size(std::error_code& ec) const {
  return get_number(Setting::send_buffer_size, ec);
}

// ---- path MTU

void SocketSettings::set_path_mtu_discovery(PathMtuDiscovery mode) {
  const int number = static_cast<int>(mode);
  detail::throw_refused(
      set_number(Setting::path_mtu_discovery, number), Setting::path_mtu_discovery, number);
}
void SocketSettings::set_path_mtu_discovery(PathMtuDiscovery mode, std::error_code& ec) {
  ec = set_number(Setting::path_mtu_discovery, static_cast<int>(mode));
}
PathMtuDiscovery SocketSettings::path_mtu_discovery() const {
  return static_cast<PathMtuDiscovery>(get_number(Setting::path_mtu_discovery));
}
PathMtuDiscovery SocketSettings::path_mtu_discovery(std::error_code& ec) const {
  return static_cast<PathMtuDiscovery>(get_number(Setting::path_mtu_discovery, ec));
}

int SocketSettings::path_mtu(const Endpoint& to) const {
  return detail::or_throw(
      "path_mtu", to_string(to), [&](std::error_code& ec) { return path_mtu(to, ec); });
}
int SocketSettings::path_mtu(const Endpoint& to, std::error_code& ec) const {
  const detail::Guard guard(core());
  const Channel* const channel = channel_of(core_if_any(), ec);
  if (!channel) return 0;
  if (family_of(to) != core()->family()) {
    ec = asio::error::address_family_not_supported;
    return 0;
  }
  return channel->path_mtu(to, ec);
}
int SocketSettings::path_mtu() const {
  return detail::or_throw("path_mtu", {}, [&](std::error_code& ec) { return path_mtu(ec); });
}
int SocketSettings::path_mtu(std::error_code& ec) const {
  const detail::Guard guard(core_if_any());
  const Channel* const channel = channel_of(core_if_any(), ec);
  if (!channel) return 0;
  const Endpoint peer = channel->remote_endpoint(ec);
  return ec ? 0 : channel->path_mtu(peer, ec);
}

// ---- several sockets on one port

void SocketSettings::set_reuse_port(bool shared) {
  detail::throw_refused(set_number(Setting::reuse_port, shared), Setting::reuse_port, shared);
}
void SocketSettings::set_reuse_port(bool shared, std::error_code& ec) {
  ec = set_number(Setting::reuse_port, shared);
}

// ---- set when the socket is opened

bool SocketSettings::reuse_address() const {
  return get_number(Setting::reuse_address) != 0;
}
bool SocketSettings::reuse_address(std::error_code& ec) const {
  return get_number(Setting::reuse_address, ec) != 0;
}
bool SocketSettings::reuse_port() const {
  return get_number(Setting::reuse_port) != 0;
}
bool SocketSettings::reuse_port(std::error_code& ec) const {
  return get_number(Setting::reuse_port, ec) != 0;
}
bool SocketSettings::ipv6_only() const {
  return get_number(Setting::ipv6_only) != 0;
}
bool SocketSettings::ipv6_only(std::error_code& ec) const {
  return get_number(Setting::ipv6_only, ec) != 0;
}

// ---- everything else

SocketSettings::Protocol SocketSettings::protocol() const noexcept {
  const detail::Guard guard(core_if_any());
  return core_if_any() && core_if_any()->family() == Family::ipv6 ? Protocol::v6() : Protocol::v4();
}

std::error_code SocketSettings::set_raw(int level, int name, const void* value, std::size_t size) {
  const detail::Guard guard(core());
  if (!has_descriptor()) return asio::error::bad_descriptor;
  if (const std::error_code ec = core()->channel()->set_option(level, name, value, size)) return ec;
  return core()->update_after_option();
}

std::error_code SocketSettings::get_raw(int level, int name, void* value, std::size_t& size) const {
  const detail::Guard guard(core());
  if (!has_descriptor()) return asio::error::bad_descriptor;
  return core()->channel()->get_option(level, name, value, size);
}

void SocketSettings::throw_raw(const std::error_code& ec,
                               std::string_view operation,
                               int level,
                               int name,
                               const void* value,
                               std::size_t size) {
  std::string subject = "level " + std::to_string(level) + " name " + std::to_string(name);
  int number = 0;
  if (value && size == sizeof number) {
    std::memcpy(&number, value, sizeof number);
    subject += " value " + std::to_string(number);
  }
  throw Error(ec, operation, subject);
}

namespace {
// Outside the range of an int: outside that of the setting as well.
int number_of(std::chrono::microseconds time) noexcept {
  const bool fits = time.count() >= 0 && time.count() <= std::numeric_limits<int>::max();
  return fits ? static_cast<int>(time.count()) : -1;
}
}  // namespace

void SocketSettings::set_busy_poll(std::chrono::microseconds time) {
  detail::throw_refused(
      set_number(Setting::busy_poll, number_of(time)), Setting::busy_poll, time.count());
}
void SocketSettings::set_busy_poll(std::chrono::microseconds time, std::error_code& ec) {
  ec = set_number(Setting::busy_poll, number_of(time));
}
std::chrono::microseconds SocketSettings::busy_poll() const {
  return std::chrono::microseconds(get_number(Setting::busy_poll));
}
std::chrono::microseconds SocketSettings::busy_poll(std::error_code& ec) const {
  return std::chrono::microseconds(get_number(Setting::busy_poll, ec));
}

void SocketSettings::set_prefer_busy_poll(bool preferred) {
  detail::throw_refused(
      set_number(Setting::prefer_busy_poll, preferred), Setting::prefer_busy_poll, preferred);
}
void SocketSettings::set_prefer_busy_poll(bool preferred, std::error_code& ec) {
  ec = set_number(Setting::prefer_busy_poll, preferred);
}
bool SocketSettings::prefer_busy_poll() const {
  return get_number(Setting::prefer_busy_poll) != 0;
}
bool SocketSettings::prefer_busy_poll(std::error_code& ec) const {
  return get_number(Setting::prefer_busy_poll, ec) != 0;
}

void SocketSettings::set_incoming_cpu(int processor) {
  detail::throw_refused(
      set_number(Setting::incoming_cpu, processor), Setting::incoming_cpu, processor);
}
void SocketSettings::set_incoming_cpu(int processor, std::error_code& ec) {
  ec = set_number(Setting::incoming_cpu, processor);
}
int SocketSettings::incoming_cpu() const {
  return get_number(Setting::incoming_cpu);
}
int SocketSettings::incoming_cpu(std::error_code& ec) const {
  return get_number(Setting::incoming_cpu, ec);
}

DGRAM_END_NAMESPACE
