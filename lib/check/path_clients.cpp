// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0

#include "path_clients.hpp"

#include <algorithm>
#include <random>

DGRAM_BEGIN_NAMESPACE
namespace detail {

std::uint64_t random_word() {
  std::random_device random;  // 32 bits per call
  const std::uint64_t high = random();
  return high << 32 | random();
}

bool PathClient::enter(std::uint16_t number) noexcept {
  if (number > burst) {
    burst = number;
    heard = BurstTally();
    sent.reset();
  }
  return number == burst;
}

const PathClient& PathClients::admit(const Endpoint& endpoint, std::uint64_t token) {
  const auto known = std::find_if(clients_.begin(), clients_.end(), [&](const PathClient& client) {
    return client.endpoint == endpoint && client.token == token;
  });
  if (known != clients_.end()) return *known;
  if (clients_.size() == capacity) {
    const auto unproven = std::find_if(clients_.begin(),
                                       clients_.end(),
                                       [](const PathClient& client) { return !client.is_proven; });
    clients_.erase(unproven == clients_.end() ? clients_.begin() : unproven);
  }
  PathClient client;
  client.endpoint = endpoint;
  client.token = token;
  client.cookie = random_word();
  return clients_.emplace_back(client);
}

PathClient* PathClients::find(const Endpoint& endpoint, const PathMessage& message) noexcept {
  const auto owner = std::find_if(clients_.begin(), clients_.end(), [&](const PathClient& client) {
    return client.endpoint == endpoint && client.token == message.token &&
           client.cookie == message.cookie;
  });
  if (owner == clients_.end()) return nullptr;
  owner->is_proven = true;
  std::rotate(owner, owner + 1, clients_.end());
  return &clients_.back();
}

}  // namespace detail
DGRAM_END_NAMESPACE
