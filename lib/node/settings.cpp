// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0

#include "settings.hpp"

#include <asio/error.hpp>
#include <asio/ip/address.hpp>
#include <dgram/error.hpp>
#include <limits>
#include <string>

#include "arguments.hpp"
#include "errors.hpp"

DGRAM_BEGIN_NAMESPACE
namespace node::detail {

namespace {

void throw_if(const std::error_code& ec, std::string_view syscall) {
  if (ec) throw system_error(ec, syscall);
}

/// Reads an address, and drops its zone, which only an IPv6 address may have.
asio::ip::address parse(std::string_view text, std::string_view syscall) {
  const std::size_t zone = text.find('%');
  std::error_code ec;
  const asio::ip::address address = asio::ip::make_address(std::string(text.substr(0, zone)), ec);
  const bool has_zone = zone != std::string_view::npos;
  if (ec || (has_zone && address.is_v4()) || text.find('\0') != std::string_view::npos)
    throw system_error(asio::error::invalid_argument, syscall);
  return address;
}

std::error_code address_not_available() noexcept {
  return {static_cast<int>(std::errc::address_not_available), std::system_category()};
}

/// The interface that the zone of an IPv6 text names. A zone that is no interface's name is the
/// system's choice, as in libuv.
Interface zone_of(const dgram::Socket& socket, std::string_view text) {
  const std::size_t zone = text.find('%');
  if (zone == std::string_view::npos) return {};
  std::error_code ec;
  for (const InterfaceInfo& info : socket.interfaces(ec))
    if (info.name == text.substr(zone + 1)) return Interface(info.index);
  return {};
}

}  // namespace

void set_ttl(dgram::Socket& socket, int ttl) {
  std::error_code ec;
  socket.set_ttl(ttl, ec);
  throw_if(ec, "setTTL");
}

void set_multicast_ttl(dgram::Socket& socket, int ttl) {
  std::error_code ec;
  socket.set_multicast_ttl(ttl, ec);
  throw_if(ec, "setMulticastTTL");
}

void set_multicast_interface(dgram::Socket& socket, bool v6, std::string_view text) {
  constexpr std::string_view syscall = "setMulticastInterface";
  const asio::ip::address address = parse(text, syscall);
  std::error_code ec;
  if (address.is_v6() && !v6) {
    ec = socket.is_open() ? asio::error::no_protocol_option : asio::error::bad_descriptor;
  } else if (address.is_v6()) {
    socket.set_multicast_interface(zone_of(socket, text), ec);
  } else {
    socket.set_multicast_interface(Interface(address), ec);
    if (ec == std::errc::no_such_device) ec = address_not_available();
  }
  throw_if(ec, syscall);
}

void check_buffer_size(std::string_view which, std::int64_t size) {
  check_buffer_size(size);
  if (size > std::numeric_limits<int>::max())
    throw buffer_size(which, asio::error::invalid_argument);
}

void set_buffer_size(dgram::Socket& socket, bool receives, std::int64_t size) {
  const std::string_view which = receives ? "recv" : "send";
  check_buffer_size(which, size);
  if (!socket.is_open()) throw buffer_size(which, asio::error::bad_descriptor);
  if (size == 0) return;
  std::error_code ec;
  if (receives)
    socket.set_recv_buffer_size(static_cast<int>(size), ec);
  else
    socket.set_send_buffer_size(static_cast<int>(size), ec);
  if (ec) throw buffer_size(which, ec);
}

int get_buffer_size(const dgram::Socket& socket, bool receives) {
  std::error_code ec;
  const int size = receives ? socket.recv_buffer_size(ec) : socket.send_buffer_size(ec);
  if (ec) throw buffer_size(receives ? "recv" : "send", ec);
  return size;
}

void change_membership(dgram::Socket& socket,
                       bool v6,
                       bool joins,
                       std::string_view syscall,
                       const Membership& membership) {
  const bool any_source = !membership.source.has_value();
  asio::ip::address source;
  if (!any_source) source = parse(*membership.source, syscall);
  const asio::ip::address group = parse(membership.group, syscall);
  if (!any_source && source.is_v6() != group.is_v6())
    throw system_error(asio::error::invalid_argument, syscall);
  Interface on;
  if (!membership.interface_address.empty()) {
    const asio::ip::address address = parse(membership.interface_address, syscall);
    if (address.is_v6() != group.is_v6())
      throw system_error(asio::error::invalid_argument, syscall);
    on = address.is_v6() ? zone_of(socket, membership.interface_address) : Interface(address);
  }
  if (group.is_v6() && !v6) throw system_error(asio::error::no_protocol_option, syscall);
  if (group.is_v6() && group.to_v6().is_v4_mapped())  // for the kernel this is no group
    throw system_error(asio::error::invalid_argument, syscall);
  std::error_code ec;
  if (any_source && joins)
    socket.add_membership(group, on, ec);
  else if (any_source)
    socket.drop_membership(group, on, ec);
  else if (joins)
    socket.add_source_specific_membership(source, group, on, ec);
  else
    socket.drop_source_specific_membership(source, group, on, ec);
  // Turns codes of the core into those of Linux. IP_DROP_MEMBERSHIP only looks for a membership of
  // this group on this interface, so anything else is EADDRNOTAVAIL.
  const bool only_looks = any_source && !joins && group.is_v4();
  if (ec == Errc::not_multicast)
    ec = only_looks ? address_not_available() : asio::error::invalid_argument;
  else if (ec == asio::error::address_family_not_supported)
    ec = asio::error::no_protocol_option;
  else if (ec == std::errc::no_such_device && only_looks && on.kind() == Interface::Kind::address)
    ec = address_not_available();
  throw_if(ec, syscall);
}

}  // namespace node::detail
DGRAM_END_NAMESPACE
