// The datagrams of a path check: how they leave, and what has become of those that arrive.
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

/// Bytes of that datagram of its burst.
std::size_t datagram_size(const PathMessage& datagram) noexcept;

/// Header and filler. The filler is another one in each datagram, and at each place of it.
/// @param into datagram_size() bytes.
void write_datagram(const PathMessage& datagram, std::span<std::byte> into) noexcept;

/// True when `bytes` are what write_datagram() makes.
bool is_intact(const PathMessage& datagram, std::span<const std::byte> bytes) noexcept;

/// What has arrived of one burst; each of its datagrams counts once.
class BurstTally {
 public:
  void add(const PathMessage& datagram, std::span<const std::byte> bytes) noexcept;
  std::size_t arrived() const noexcept;
  std::size_t damaged() const noexcept;

 private:
  std::uint64_t intact_ = 0;   // a bit per datagram
  std::uint64_t spoiled_ = 0;  // may have come whole as well
};
static_assert(max_check_run <= 64);

/// What has left of a burst.
struct BurstSent {
  std::size_t sent = 0;
  std::size_t in_runs = 0;
  std::error_code why;  ///< Of one that was not sent.
};

/// Sends all datagrams of a burst at once: in a run, or each by itself.
/// @param ec As that of send_many(); must live until completion.
asio::awaitable<BurstSent> send_burst(
    Socket& socket, PathMessage burst, Endpoint to, SendOptions options, std::error_code& ec);

}  // namespace detail
DGRAM_END_NAMESPACE
