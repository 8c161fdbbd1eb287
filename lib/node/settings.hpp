// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// Node's settings of a socket, on top of those of the core: when they are checked, and with which
// errors they are refused.
#pragma once

#include <cstdint>
#include <dgram/socket.hpp>
#include <optional>
#include <string_view>

DGRAM_BEGIN_NAMESPACE
namespace node::detail {

void set_ttl(dgram::Socket& socket, int ttl);
void set_multicast_ttl(dgram::Socket& socket, int ttl);
void set_multicast_interface(dgram::Socket& socket, bool v6, std::string_view address);

/// Checks what is refused before the system is asked. Throws bad_buffer_size(), buffer_size().
/// @param which "recv" or "send".
void check_buffer_size(std::string_view which, std::int64_t size);

/// A size of 0 only asks for the size, as in libuv, and changes nothing.
void set_buffer_size(dgram::Socket& socket, bool receives, std::int64_t size);
int get_buffer_size(const dgram::Socket& socket, bool receives);

/// The texts of a membership, as the user gave them.
struct Membership {
  std::optional<std::string_view> source;  ///< nullopt: any source.
  std::string_view group;
  std::string_view interface_address;  ///< Empty: the system's choice.
};

/// @param v6 True for a socket of type udp6.
void change_membership(dgram::Socket& socket,
                       bool v6,
                       bool joins,
                       std::string_view syscall,
                       const Membership& membership);

}  // namespace node::detail
DGRAM_END_NAMESPACE
