#include "offload_refusals.hpp"

#include <algorithm>
#include <asio/error.hpp>
#include <cerrno>
#include <span>

#include "peer_error.hpp"

DGRAM_BEGIN_NAMESPACE
namespace detail {

namespace {

asio::ip::address address_of(const Endpoint* to) {
  return to ? to->address() : asio::ip::address();
}

}  // namespace

bool may_refuse_runs(const std::error_code& ec) noexcept {
  if (!ec || !is_system_error(ec)) return false;
  switch (ec.value()) {
    case EAGAIN:  // "later"
    case EINTR:
    case EBADF:  // nothing to do with what was sent
    case EADDRINUSE:
      return false;
    case EMSGSIZE:
      return true;
    default:
      return !is_peer_error(ec);
  }
}

bool refuses_all_runs(const std::error_code& ec) noexcept {
  return is_system_error(ec) && ec.value() != ENOBUFS && ec.value() != ENOMEM;
}

bool OffloadRefusals::allow(const Endpoint* to,
                            std::size_t segment_size,
                            TimePoint now) const noexcept {
  const asio::ip::address address = address_of(to);
  for (const Entry& entry : std::span(entries_).first(count_))
    if (entry.address == address) return now >= entry.until || segment_size < entry.smallest;
  return true;
}

// Each attempt in a row that is refused again doubles the time until the next one.
void OffloadRefusals::add(const RunRefusal& refusal, TimePoint now) noexcept {
  const asio::ip::address address = address_of(refusal.to);
  // Only EMSGSIZE says that smaller ones may pass.
  const std::size_t smallest = refusal.why == asio::error::message_size ? refusal.segment_size : 1;
  Entry entry{address, smallest, now + first_period, first_period};
  const auto end = entries_.begin() + static_cast<std::ptrdiff_t>(count_);
  auto replaced = std::find_if(
      entries_.begin(), end, [&](const Entry& known) { return known.address == address; });
  if (replaced != end) {
    const bool is_known = now < replaced->until;  // of a batch that was planned before
    entry.period = is_known ? replaced->period : std::min(replaced->period * 2, last_period);
    entry.until = now + entry.period;
    if (is_known) entry.smallest = std::min(smallest, replaced->smallest);
  } else if (count_ == capacity) {
    replaced = entries_.begin();
  }
  if (replaced != end) {
    std::move(replaced + 1, end, replaced);
    --count_;
  }
  entries_[count_++] = entry;
}

}  // namespace detail
DGRAM_END_NAMESPACE
