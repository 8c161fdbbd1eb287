#include <algorithm>
#include <asio/error.hpp>
#include <bit>
#include <dgram/scale/steering.hpp>

DGRAM_BEGIN_NAMESPACE

namespace {

constexpr std::size_t longest_payload = 65527;  // over IPv6; 20 bytes less over IPv4

std::uint32_t key_in(std::span<const std::byte> payload, const PayloadKey& key) {
  const std::size_t width = static_cast<std::size_t>(key.width);
  if (payload.size() < width || payload.size() - width < key.offset) return 0;
  std::uint32_t bits = 0;
  for (const std::byte byte : payload.subspan(key.offset, width))
    bits = bits << 8 | std::to_integer<std::uint32_t>(byte);
  return (bits & key.mask) >> std::countr_zero(key.mask);
}

}  // namespace

std::error_code Steering::check() const noexcept {
  if (kind_ != Kind::key) return {};
  const bool has_width = key_.width == 1 || key_.width == 2 || key_.width == 4;
  if (!has_width || key_.offset > longest_payload - static_cast<std::size_t>(key_.width))
    return asio::error::invalid_argument;
  // A mask that selects nothing would send everything to one socket.
  return key_.mask << (32 - 8 * key_.width) == 0 ? asio::error::invalid_argument
                                                 : std::error_code();
}

std::optional<std::size_t> Steering::socket_of(std::span<const std::byte> payload,
                                               std::size_t sockets,
                                               std::span<const std::size_t> skipped) const {
  if (kind_ != Kind::key) return std::nullopt;
  const std::uint32_t key = key_in(payload, key_);
  std::size_t chosen = key % sockets;
  if (std::ranges::find(skipped, chosen) == skipped.end()) return chosen;
  chosen = key / sockets % (sockets - skipped.size());
  for (const std::size_t absent : skipped) chosen += chosen >= absent;
  return chosen;
}

DGRAM_END_NAMESPACE
