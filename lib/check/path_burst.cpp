// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0

#include "path_burst.hpp"

#include <algorithm>
#include <asio/buffer.hpp>
#include <asio/redirect_error.hpp>
#include <asio/use_awaitable.hpp>
#include <bit>
#include <dgram/batch.hpp>
#include <new>
#include <vector>

#include "../core/socket/core.hpp"

DGRAM_BEGIN_NAMESPACE
namespace detail {

// Not in an anonymous namespace: the class is in the frame of a coroutine, and g++ warns about that
// where this file is included in another one.

/// Sets how datagrams to one address are sent, until the end of the scope. Holds the core, because
/// the scope may end after the socket: a waiting coroutine is destroyed with its context.
class SegmentationScope {
 public:
  SegmentationScope(const CoreRef& core,
                    const asio::ip::address& destination,
                    Segmentation segmentation)
      : core_(core), destination_(destination), before_(core->segmentation(destination)) {
    core_->set_segmentation(destination_, segmentation);
  }
  SegmentationScope(const SegmentationScope&) = delete;
  ~SegmentationScope() {
    try {
      core_->set_segmentation(destination_, before_);
    } catch (const std::bad_alloc&) {
      // The user has set it to `automatic` meanwhile, and it stays so.
    }
  }

 private:
  const CoreRef core_;
  const asio::ip::address destination_;
  const Segmentation before_;
};

namespace {

/// The seed of a datagram's filler. It differs with the check, the burst and the datagram;
/// path_filler() adds the position.
std::uint64_t path_seed(const PathMessage& datagram) noexcept {
  constexpr std::uint64_t odd = 0x9E3779B97F4A7C15;  // 2^64 / golden ratio: spreads the bits
  return datagram.token ^ (std::uint64_t{datagram.burst} << 16 | datagram.index) * odd;
}

std::byte path_filler(std::uint64_t seed, std::size_t at) noexcept {
  return static_cast<std::byte>((seed >> (at % 8 * 8)) + at);
}

}  // namespace

std::size_t datagram_size(const PathMessage& datagram) noexcept {
  const bool is_last = datagram.index + 1 == datagram.run;
  const bool is_shorter = is_last && datagram.kind == BurstKind::uneven_run;
  return is_shorter ? datagram.size - std::size_t{1} : datagram.size;
}

void write_datagram(const PathMessage& datagram, std::span<std::byte> into) noexcept {
  const PathHeader header = to_header(datagram);
  std::copy(header.begin(), header.end(), into.begin());
  const std::uint64_t seed = path_seed(datagram);
  for (std::size_t at = header.size(); at < into.size(); ++at) into[at] = path_filler(seed, at);
}

bool is_intact(const PathMessage& datagram, std::span<const std::byte> bytes) noexcept {
  if (bytes.size() != datagram_size(datagram)) return false;
  const std::uint64_t seed = path_seed(datagram);
  for (std::size_t at = path_header_size; at < bytes.size(); ++at)
    if (bytes[at] != path_filler(seed, at)) return false;
  return true;
}

void BurstTally::add(const PathMessage& datagram, std::span<const std::byte> bytes) noexcept {
  std::uint64_t& such = is_intact(datagram, bytes) ? intact_ : spoiled_;
  such |= std::uint64_t{1} << datagram.index;
}

std::size_t BurstTally::arrived() const noexcept {
  return static_cast<std::size_t>(std::popcount(intact_));
}

std::size_t BurstTally::damaged() const noexcept {
  return static_cast<std::size_t>(std::popcount(spoiled_ & ~intact_));
}

asio::awaitable<BurstSent> send_burst(
    Socket& socket, PathMessage burst, Endpoint to, SendOptions options, std::error_code& ec) {
  std::vector<std::byte> bytes(std::size_t{burst.run} * burst.size);
  std::vector<Outgoing> batch;
  batch.reserve(burst.run);
  std::span<std::byte> rest(bytes);
  for (burst.index = 0; burst.index < burst.run; ++burst.index) {
    const std::span<std::byte> one = rest.first(datagram_size(burst));
    write_datagram(burst, one);
    batch.emplace_back(asio::buffer(one.data(), one.size()), to, options);
    rest = rest.subspan(one.size());
  }

  const CoreRef core = core_of(socket);
  const std::uint64_t in_runs = core->stats().gso_datagrams;
  const bool single = burst.kind == BurstKind::single;
  const SegmentationScope scope(core, to.address(), single ? Segmentation::off : Segmentation::on);
  auto token = asio::redirect_error(asio::use_awaitable, ec);
  BurstSent outcome;
  outcome.sent = co_await socket.async_send_many(batch, token);
  outcome.in_runs = static_cast<std::size_t>(core->stats().gso_datagrams - in_runs);
  for (const Outgoing& one : batch)
    if (one.result) outcome.why = one.result;
  co_return outcome;
}

}  // namespace detail
DGRAM_END_NAMESPACE
