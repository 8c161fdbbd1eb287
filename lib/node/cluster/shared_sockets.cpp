// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0

#include "shared_sockets.hpp"

#include <algorithm>
#include <limits>

DGRAM_BEGIN_NAMESPACE
namespace node::cluster::detail {

SharedSockets::Pointer SharedSockets::take(WorkerId worker,
                                           Ticket ticket,
                                           const Wanted& wanted,
                                           std::error_code& ec) {
  ec.clear();
  std::vector<Shared>& all = shared_[wanted];
  const auto free = std::find_if(all.begin(), all.end(), [worker](const Shared& one) {
    return !one.holders.contains(worker);
  });
  if (free != all.end()) {
    hold(*free, worker, ticket, wanted);
    return free->socket;
  }
  Descriptor made = open_(wanted, ec);
  if (ec) {
    if (all.empty()) shared_.erase(wanted);
    return nullptr;
  }
  Shared& one = all.emplace_back();
  one.socket = std::make_shared<const Descriptor>(std::move(made));
  hold(one, worker, ticket, wanted);
  return one.socket;
}

void SharedSockets::hold(Shared& one, WorkerId worker, Ticket ticket, const Wanted& wanted) {
  one.holders.emplace(worker, ticket);
  held_.emplace(Holding(worker, ticket), wanted);
  ++counts_[worker];
}

std::size_t SharedSockets::count_of(WorkerId worker) const {
  const auto found = counts_.find(worker);
  return found == counts_.end() ? 0 : found->second;
}

const Wanted* SharedSockets::find(WorkerId worker, Ticket ticket) const {
  const auto found = held_.find({worker, ticket});
  return found == held_.end() ? nullptr : &found->second;
}

void SharedSockets::release(WorkerId worker, Ticket ticket) {
  const auto found = held_.find({worker, ticket});
  if (found == held_.end()) return;
  drop(found->first, found->second);
  held_.erase(found);
  const auto count = counts_.find(worker);
  if (--count->second == 0) counts_.erase(count);
}

void SharedSockets::release_all(WorkerId worker) {
  const auto first = held_.lower_bound({worker, 0});
  const auto last = held_.upper_bound({worker, std::numeric_limits<Ticket>::max()});
  for (auto i = first; i != last; ++i) drop(i->first, i->second);
  held_.erase(first, last);
  counts_.erase(worker);
}

void SharedSockets::drop(const Holding& holding, const Wanted& wanted) {
  const auto all = shared_.find(wanted);
  const WorkerId worker = holding.first;
  const Ticket ticket = holding.second;
  const auto one = std::find_if(all->second.begin(), all->second.end(), [&](const Shared& shared) {
    const auto holder = shared.holders.find(worker);
    return holder != shared.holders.end() && holder->second == ticket;
  });
  one->holders.erase(worker);
  if (!one->holders.empty()) return;
  all->second.erase(one);
  if (all->second.empty()) shared_.erase(all);
}

std::size_t SharedSockets::size() const {
  std::size_t sum = 0;
  for (const auto& [wanted, all] : shared_) sum += all.size();
  return sum;
}

}  // namespace node::cluster::detail
DGRAM_END_NAMESPACE
