// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// The datagrams of a path check: how they are sent, and the count of those that arrive.
#pragma once

#include <asio/awaitable.hpp>
#include <cstddef>
#include <cstdint>
#include <dgram/endpoint.hpp>
#include <dgram/options.hpp>
#include <dgram/socket.hpp>
#include <span>
#include <system_error>

#include "path_message.hpp"

DGRAM_BEGIN_NAMESPACE
namespace detail {

/// The size of this datagram of its burst, in bytes.
std::size_t datagram_size(const PathMessage& datagram) noexcept;

/// Writes the header and the filler. The filler differs in each datagram and at each position in
/// it.
/// @param into datagram_size() bytes.
void write_datagram(const PathMessage& datagram, std::span<std::byte> into) noexcept;

/// True when `bytes` have the size and the filler that write_datagram() makes.
bool is_intact(const PathMessage& datagram, std::span<const std::byte> bytes) noexcept;

/// What has arrived of one burst. Each datagram of the burst counts once.
class BurstTally {
 public:
  void add(const PathMessage& datagram, std::span<const std::byte> bytes) noexcept;
  std::size_t arrived() const noexcept;
  std::size_t damaged() const noexcept;

 private:
  std::uint64_t intact_ = 0;   // a bit per datagram
  std::uint64_t spoiled_ = 0;  // a bit per datagram; it may have arrived intact as well
};
static_assert(max_check_run <= 64);

/// What was sent of a burst.
struct BurstSent {
  std::size_t sent = 0;
  std::size_t in_runs = 0;
  std::error_code why;  ///< The error of a datagram that was not sent.
};

/// Sends all datagrams of a burst at once: in a run, or each one singly.
/// @param ec The error of send_many(). Must live until completion.
asio::awaitable<BurstSent> send_burst(
    Socket& socket, PathMessage burst, Endpoint to, SendOptions options, std::error_code& ec);

}  // namespace detail
DGRAM_END_NAMESPACE
