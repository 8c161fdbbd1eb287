// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0

#include <algorithm>
#include <asio/error.hpp>
#include <cerrno>
#include <cstdlib>
#include <span>
#include <string_view>

#include "../values/address.hpp"
#include "pacer.hpp"
#include "runs.hpp"

DGRAM_BEGIN_NAMESPACE
namespace detail {

Disabled parse_disabled(const char* words) {
  Disabled result;
  std::string_view rest = words ? words : "";
  while (!rest.empty()) {
    const std::size_t comma = rest.find(',');
    const std::string_view word = rest.substr(0, comma);
    rest.remove_prefix(comma == rest.npos ? rest.size() : comma + 1);
    if (word == "gso") {
      result.gso = true;
    } else if (word == "gro") {
      result.gro = true;
    } else if (word == "mmsg") {
      result.mmsg = true;
    } else if (!word.empty()) {
      if (!result.unknown.empty()) result.unknown += ',';
      result.unknown += word;
    }
  }
  return result;
}

const Disabled& disabled() {
  static const Disabled read = parse_disabled(std::getenv("DGRAM_DISABLE"));
  return read;
}

namespace {

Runs runs_of(Segmentation segmentation, bool equal_runs_arrive) noexcept {
  if (segmentation == Segmentation::off) return Runs::none;
  return segmentation == Segmentation::on || equal_runs_arrive ? Runs::any : Runs::uneven;
}

/// One form for all addresses that lead to one host. The zone is dropped, because the options or
/// the device of the socket may give it instead. Datagrams to the unspecified address go to this
/// host (ip(7)).
asio::ip::address host_of(const asio::ip::address& to) {
  const asio::ip::address plain = unmapped(to);
  if (plain.is_v4())
    return plain.is_unspecified() ? asio::ip::address_v4::loopback() : plain.to_v4();
  if (plain.is_unspecified()) return asio::ip::address_v6::loopback();
  return asio::ip::address_v6(plain.to_v6().to_bytes());
}

}  // namespace

std::atomic<Segmentation> process_segmentation_now = Segmentation::automatic;

bool is_segmentation(Segmentation value) noexcept {
  return value <= Segmentation::off;
}

Segmentation DestinationSegmentation::of(const asio::ip::address& to) const noexcept {
  const auto entry = chosen_.find(host_of(to));
  return entry == chosen_.end() ? Segmentation::automatic : entry->second;
}

void DestinationSegmentation::set(const asio::ip::address& to, Segmentation segmentation) {
  if (segmentation == Segmentation::automatic)
    chosen_.erase(host_of(to));
  else
    chosen_.insert_or_assign(host_of(to), segmentation);
}

RunRules run_rules(Segmentation socket,
                   Segmentation process,
                   bool possible,
                   bool equal_runs_arrive,
                   const DestinationSegmentation* destinations) noexcept {
  RunRules rules;
  if (!possible || process == Segmentation::off) return rules;
  rules.of_socket =
      runs_of(socket == Segmentation::automatic ? process : socket, equal_runs_arrive);
  rules.destinations = destinations;
  return rules;
}

Runs RunRules::by_destination(const Endpoint* to) const noexcept {
  const Segmentation chosen = destinations->of(to);
  if (chosen == Segmentation::automatic) return of_socket;
  return chosen == Segmentation::on ? Runs::any : Runs::none;
}

std::size_t RunRules::within_burst(std::size_t segment_size) const noexcept {
  const std::size_t packets = burst / (segment_size + packet_overhead(false));
  return std::min(max_run_bytes, packets * segment_size);
}

namespace {

asio::ip::address address_of(const Endpoint* to) {
  return to ? to->address() : asio::ip::address();
}

}  // namespace

bool may_refuse_runs(const std::error_code& ec) noexcept {
  if (!ec || !is_system_error(ec)) return false;
  switch (ec.value()) {
    case EAGAIN:  // try again later
    case EINTR:
    case EBADF:  // not caused by what was sent
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

// Each further refusal in a row doubles the time until the next attempt.
void OffloadRefusals::add(const RunRefusal& refusal, TimePoint now) noexcept {
  const asio::ip::address address = address_of(refusal.to);
  // Only EMSGSIZE means that runs of smaller datagrams may pass.
  const std::size_t smallest = refusal.why == asio::error::message_size ? refusal.segment_size : 1;
  Entry entry{address, smallest, now + first_period, first_period};
  const auto end = entries_.begin() + static_cast<std::ptrdiff_t>(count_);
  auto replaced = std::find_if(
      entries_.begin(), end, [&](const Entry& known) { return known.address == address; });
  if (replaced != end) {
    const bool is_known = now < replaced->until;  // the run was planned before the first refusal
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
