// Node's settings of a socket, over those of the core: what is checked when, and what a refusal is
// called.
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

/// What is refused before the system is asked: throws bad_buffer_size(), buffer_size().
/// @param which "recv" or "send".
void check_buffer_size(std::string_view which, std::int64_t size);

/// 0 asks, as in libuv, and changes nothing.
void set_buffer_size(dgram::Socket& socket, bool receives, std::int64_t size);
int get_buffer_size(const dgram::Socket& socket, bool receives);

/// The texts of a membership, as they were given.
struct Membership {
  std::optional<std::string_view> source;  ///< nullopt: any.
  std::string_view group;
  std::string_view interface_address;  ///< Empty: the system's choice.
};

/// @param v6 Of which type the socket is.
void change_membership(dgram::Socket& socket,
                       bool v6,
                       bool joins,
                       std::string_view syscall,
                       const Membership& membership);

}  // namespace node::detail
DGRAM_END_NAMESPACE
