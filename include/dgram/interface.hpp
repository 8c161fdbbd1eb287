// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// A network interface, as a program names it: by index, by name, by an address, by a zone.
#pragma once

#include <asio/ip/address.hpp>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <dgram/config.hpp>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

DGRAM_BEGIN_NAMESPACE

/// Which interface is meant. Looked up when it is used: names and indices in the network namespace
/// of the socket, addresses and all() in that of the calling thread.
/**
 * Example:
 * @code
 * socket.add_membership(group, "eth0");         // by name
 * socket.add_membership(group, 2);              // by index
 * socket.add_membership(group, "192.0.2.7");    // the interface that has this address
 * socket.add_membership(group, "%eth0");        // by zone; also "::%eth0", "fe80::1%2"
 * socket.add_membership(group);                 // the system chooses: by the route to the group
 * socket.add_membership(group, dgram::Interface::all());
 * @endcode
 */
class Interface {
 public:
  /// The system's choice.
  Interface() noexcept = default;

  /// By index, as in SendOptions::interface_index; 0 is the system's choice.
  template <class Index>
  requires(std::integral<Index> && !std::same_as<Index, bool> && !std::same_as<Index, char>)
      Interface(Index index)
  noexcept
      : kind_(index == 0 ? Kind::any : Kind::index),
        index_(index > 0 && static_cast<std::uintmax_t>(index) <= max_index
                   ? static_cast<std::uint32_t>(index)
                   : none) {}

  /// By name, address or zone: "eth0", "192.0.2.7", "2001:db8::7", "%eth0", "::%2". "", "0.0.0.0"
  /// and "::" are the system's choice.
  Interface(std::string_view text) : Interface(std::string(text)) {}
  Interface(const char* text) : Interface(std::string(text)) {}
  DGRAM_API Interface(std::string text);
  Interface(std::nullptr_t) = delete;

  /// The interface that has this address; the zone decides where there is one.
  DGRAM_API Interface(const asio::ip::address& address);

  /// Every interface that is up, can multicast, and has an address of the group's family. For
  /// memberships only.
  static Interface all() noexcept {
    Interface interface;
    interface.kind_ = Kind::all;
    return interface;
  }

  enum class Kind : std::uint8_t { any, index, name, address, all };
  Kind kind() const noexcept { return kind_; }

  /// Of Kind::index. 0 when the number given cannot be one.
  std::uint32_t index() const noexcept { return index_; }

  /// Of Kind::name, without `%`.
  const std::string& name() const noexcept { return name_; }

  /// Of Kind::address.
  const asio::ip::address& address() const noexcept { return address_; }

 private:
  static constexpr std::uintmax_t max_index = 0x7fffffff;  // int in the kernel
  static constexpr std::uint32_t none = 0;

  Kind kind_ = Kind::any;
  std::uint32_t index_ = none;
  std::string name_;
  asio::ip::address address_;
};

/// For messages: "eth0", "interface 2", "192.0.2.7", "all interfaces", "any interface".
DGRAM_API std::string to_string(const Interface& interface);

/// What is reported where an interface is not there, by whichever way that was found out.
inline std::error_code no_such_device() noexcept {
  return {static_cast<int>(std::errc::no_such_device), std::system_category()};
}

/// An interface of this host, as a channel lists it.
struct InterfaceInfo {
  std::uint32_t index = 0;
  std::string name;
  bool is_up = false;
  bool can_multicast = false;
  std::vector<asio::ip::address> addresses;
};

/// The one that has this address, scopes aside; nullptr when there is none.
DGRAM_API const InterfaceInfo* find(const std::vector<InterfaceInfo>& interfaces,
                                    const asio::ip::address& address) noexcept;

DGRAM_END_NAMESPACE
