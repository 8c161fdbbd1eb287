// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// A membership in a multicast group that ends with this object.
#pragma once

#include <asio/ip/address.hpp>
#include <cstdint>
#include <dgram/config.hpp>
#include <dgram/detail/core.hpp>
#include <system_error>
#include <utility>
#include <vector>

DGRAM_BEGIN_NAMESPACE

/// Made by SocketMemberships::join() and join_source(); leaves the group when it is destroyed.
/**
 * It remembers the *interfaces* that it joined on, by index: it also leaves when one of them was
 * renamed or has vanished. Moving the socket does not disturb it; closing the socket ends the
 * membership, and then this object does nothing.
 *
 * Lives at most as long as the execution context. Thread safety: that of the socket: destroying it
 * uses the socket.
 */
class DGRAM_API Membership {
 public:
  /// Of no group.
  Membership() noexcept = default;
  Membership(Membership&& other) noexcept = default;
  Membership& operator=(Membership&& other) noexcept;
  ~Membership();

  /// True between join() and leave() or keep().
  explicit operator bool() const noexcept { return !interfaces_.empty(); }

  const asio::ip::address& group() const noexcept { return group_; }

  /// The indices that it was joined with. 0 stands for the system's choice where the system does
  /// not tell; it is then left by the routes of that moment.
  const std::vector<std::uint32_t>& interfaces() const noexcept { return interfaces_; }

  /// Leaves now; says whether that went well.
  void leave(std::error_code& ec) noexcept;
  void leave() noexcept;

  /// Forgets the group without leaving it: the membership ends with the socket.
  void keep() noexcept { interfaces_.clear(); }

 private:
  friend class SocketMemberships;
  detail::CoreRef core_;
  asio::ip::address group_;
  asio::ip::address source_;  // unspecified: any
  std::vector<std::uint32_t> interfaces_;
  std::uint32_t number_ = 0;
};

DGRAM_END_NAMESPACE
