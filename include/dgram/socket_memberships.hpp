// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// Multicast groups: joining and leaving them, and choosing whom to hear in them.
#pragma once

#include <asio/ip/address.hpp>
#include <dgram/config.hpp>
#include <dgram/interface.hpp>
#include <dgram/membership.hpp>
#include <dgram/socket_settings.hpp>
#include <system_error>
#include <vector>

DGRAM_BEGIN_NAMESPACE

namespace detail {
struct MembershipChange;
}

/// The memberships of a socket: a part of SocketBase, not used by itself.
/**
 * A membership is per socket, group *and interface*, and must be left on the interface on which it
 * was joined. It ends when the socket closes. Where no interface is named, it is that of
 * bind_to_device(), else the one to which the routes lead at that moment. Joining on a socket that
 * is not bound binds it first, as bind() does: any address, a port that the kernel chooses, the
 * family of the group. An IPv6 socket may also join IPv4 groups.
 *
 * A group with a zone (`ff02::fb%eth0`) names its interface itself. (Asio's make_address takes
 * names as zones of `ff02::` and `fe80::` only, and drops others in silence: give the interface.)
 *
 * Errors of all: Errc::not_multicast (`group` is no multicast address); `no_such_device` (no such
 * interface, or the system's choice without a route to the group); `address_family_not_supported`
 * (an IPv6 group on an IPv4 socket, an IPv4 group on a socket that is ipv6_only, a source of the
 * other family); `invalid_argument` (a source that is a group, or two interfaces that differ);
 * `bad_descriptor`. Source: RFC 3678, ip(7), ipv6(7), RFC 1112, RFC 4607.
 */
class DGRAM_API SocketMemberships : public SocketSettings {
 public:
  using Address = asio::ip::address;

  /// Receives what anybody sends to `group`.
  /**
   * @param group A multicast address.
   * @param on The interface. Interface::all() joins on every one that is up, can multicast and has
   * an address of the group's family: on all or, when one fails, on none; those that were joined
   * already stay.
   *
   * Errors: `address_in_use` (joined already); `no_buffer_space` (Linux:
   * net.ipv4.igmp_max_memberships, 20 groups per socket by default).
   */
  void add_membership(const Address& group, const Interface& on = {});
  void add_membership(const Address& group, const Interface& on, std::error_code& ec);

  /// Ends that. With Interface::all(): wherever it was joined. Errors: `address_not_available` (not
  /// joined).
  void drop_membership(const Address& group, const Interface& on = {});
  void drop_membership(const Address& group, const Interface& on, std::error_code& ec);

  /// Receives what `source` sends to `group`, and nobody else; further sources may be added.
  /**
   * Errors: `address_not_available` (this source was added already); `invalid_argument` (the group
   * was joined with add_membership); `no_buffer_space` (net.ipv4.igmp_max_msf, 10 sources per group
   * by default).
   */
  void add_source_specific_membership(const Address& source,
                                      const Address& group,
                                      const Interface& on = {});
  void add_source_specific_membership(const Address& source,
                                      const Address& group,
                                      const Interface& on,
                                      std::error_code& ec);

  /// Ends that. Errors: `address_not_available` or `invalid_argument` (not added).
  void drop_source_specific_membership(const Address& source,
                                       const Address& group,
                                       const Interface& on = {});
  void drop_source_specific_membership(const Address& source,
                                       const Address& group,
                                       const Interface& on,
                                       std::error_code& ec);

  /// Hears everybody in a joined group but `source`. Errors: `address_not_available` (blocked
  /// already); `invalid_argument` (the group was not joined with add_membership).
  void block_source(const Address& source, const Address& group, const Interface& on = {});
  void block_source(const Address& source,
                    const Address& group,
                    const Interface& on,
                    std::error_code& ec);

  /// Ends that. Errors: `address_not_available` (not blocked).
  void unblock_source(const Address& source, const Address& group, const Interface& on = {});
  void unblock_source(const Address& source,
                      const Address& group,
                      const Interface& on,
                      std::error_code& ec);

  /// As add_membership(), until the returned object is destroyed.
  [[nodiscard]] Membership join(const Address& group, const Interface& on = {});
  [[nodiscard]] Membership join(const Address& group, const Interface& on, std::error_code& ec);

  /// As add_source_specific_membership(), until the returned object is destroyed.
  [[nodiscard]] Membership join_source(const Address& source,
                                       const Address& group,
                                       const Interface& on = {});
  [[nodiscard]] Membership join_source(const Address& source,
                                       const Address& group,
                                       const Interface& on,
                                       std::error_code& ec);

  /// The interfaces of this host: for those who want to send by each of them. Needs no open socket;
  /// only of a moved-from one it is `bad_descriptor`.
  std::vector<InterfaceInfo> interfaces() const;
  std::vector<InterfaceInfo> interfaces(std::error_code& ec) const;

 protected:
  using SocketSettings::SocketSettings;
  SocketMemberships(SocketMemberships&& other) noexcept = default;
  SocketMemberships& operator=(SocketMemberships&& other) noexcept = default;
  ~SocketMemberships() = default;

 private:
  Membership join_as(detail::MembershipChange change, const Interface& on, std::error_code& ec);
};

DGRAM_END_NAMESPACE
