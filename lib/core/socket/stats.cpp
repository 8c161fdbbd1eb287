// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// What a socket tells about itself: statistics and capabilities.
#include <array>
#include <asio/error.hpp>
#include <dgram/capability.hpp>
#include <dgram/error.hpp>
#include <new>
#include <utility>

#include "../planning/runs.hpp"
#include "../settings/options.hpp"
#include "core.hpp"
#include "error_reports.hpp"

DGRAM_BEGIN_NAMESPACE

const Capability* find(const std::vector<Capability>& capabilities,
                       std::string_view name) noexcept {
  for (const Capability& capability : capabilities)
    if (capability.name == name) return &capability;
  return nullptr;
}

std::string to_string(const Capability& capability) {
  std::string text(capability.name);
  switch (capability.state) {
    case Capability::State::granted:
      text += ": granted";
      if (capability.value > 1) text += ' ' + std::to_string(capability.value);
      return text;
    case Capability::State::reduced:
      text += ": reduced";
      if (capability.value != 0) text += " to " + std::to_string(capability.value);
      return text + " (" + capability.why.message() + ')';
    case Capability::State::refused:
      return text + ": refused (" + capability.why.message() + ')';
    case Capability::State::not_asked:
      break;
  }
  return text + ": not asked for";
}

namespace detail {

namespace {

Capability capability_of(const Channel& channel, Setting setting, bool asked) {
  Capability result;
  result.name = name_of(setting);
  result.why = channel.get(setting, result.value);
  if (result.why)
    result.state = Capability::State::refused;
  else if (result.value != 0)
    result.state = Capability::State::granted;
  else if (asked)
    result = {result.name, Capability::State::refused, 0, asio::error::operation_not_supported};
  return result;
}

Capability capability_of(Setting buffer, int asked, int granted) {
  if (granted == 0) return {name_of(buffer), Capability::State::not_asked, 0, {}};
  if (granted >= asked) return {name_of(buffer), Capability::State::granted, granted, {}};
  return {name_of(buffer), Capability::State::reduced, granted, why_reduced(granted)};
}

Capability capability_of(const Channel& channel, Feature feature, std::string_view name) {
  if (channel.has(feature)) return {name, Capability::State::granted, 1, {}};
  const bool batches = feature == Feature::batch_receive || feature == Feature::batch_send;
  std::error_code why = asio::error::operation_not_supported;
  if (feature == Feature::gso ? disabled().gso : batches && disabled().mmsg) why = Errc::disabled;
  return {name, Capability::State::refused, 0, why};
}

void restrict_runs(Capability& gso, Segmentation socket, Runs runs) {
  using State = Capability::State;
  if (process_segmentation() == Segmentation::off)
    gso = {gso.name, State::refused, 0, Errc::disabled};
  else if (socket == Segmentation::off)
    gso = {gso.name, State::not_asked, 0, {}};
  else if (runs == Runs::uneven)
    gso = {gso.name, State::reduced, 0, Errc::equal_runs_unsafe};
}

}  // namespace

Stats Core::stats() const {
  Stats stats;
  static_cast<Counters&>(stats) = counters_;
  if (state_ == State::open) stats.kernel_drops = channel_->kernel_drops();
  if (channel_) {
    const CallCounts calls = channel_->calls();
    stats.receive_calls = calls.receives;
    stats.send_calls = calls.sends;
  }
  if (errors_) stats.errors = *errors_;
  stats.held = ring_.size();
  stats.pinned_bytes = ring_.pool().pinned_bytes();
  stats.pooled_bytes = ring_.pool().pooled_bytes();
  return stats;
}

// Without memory for the table, the error is missing here only: it was reported, and counted where
// it happened.
void Core::count_error(const std::error_code& ec, std::uint64_t times) noexcept {
  if (!errors_) errors_.reset(new (std::nothrow) ErrorCounts);
  if (errors_) errors_->record(ec, times);
}

std::vector<Capability> Core::capabilities() const {
  std::vector<Capability> list;
  if (state_ != State::open) return list;
  const Channel& channel = *channel_;
  list.push_back(capability_of(channel, Feature::batch_receive, "batch_receive"));
  list.push_back(capability_of(channel, Feature::batch_send, "batch_send"));
  list.push_back(capability_of(channel, Feature::gso, "gso"));
  if (has_runs_) restrict_runs(list.back(), options_.segmentation, run_rules().of_socket);
  list.push_back(capability_of(channel, Feature::send_options, "send_options"));
  list.push_back(capability_of(channel, Feature::kernel_drops, "kernel_drops"));
  list.push_back(
      capability_of(Setting::recv_buffer_size, options_.recv_buffer_size, recv_buffer_granted_));
  list.push_back(
      capability_of(Setting::send_buffer_size, options_.send_buffer_size, send_buffer_granted_));
  const std::array<std::pair<Setting, bool>, 7> switches = {{
      {Setting::reuse_address, options_.reuse_address},
      {Setting::reuse_port, options_.reuse_port},
      {Setting::receive_local_address, options_.receive_local_address},
      {Setting::receive_ecn, options_.receive_ecn},
      {Setting::receive_hop_limit, options_.receive_hop_limit},
      {Setting::receive_timestamp, options_.receive_timestamp},
      {Setting::receive_errors, options_.receive_errors},
  }};
  for (const auto& [setting, asked] : switches)
    list.push_back(capability_of(channel, setting, asked));
  list.push_back(capability_of(channel, Setting::gro, options_.gro));
  if (options_.gro && disabled().gro) list.back().why = Errc::disabled;
  // This capability means that multicast_all is *off*: datagrams to groups that other sockets
  // joined stay out.
  Capability groups;
  groups.name = "own_groups_only";
  int all = 0;
  groups.why = channel.get(Setting::multicast_all, all);
  if (!groups.why && all == 0)
    groups.state = Capability::State::granted;
  else if (groups.why || !wants_all_groups_)
    groups.state = Capability::State::refused;
  if (groups.state == Capability::State::refused && !groups.why)
    groups.why = asio::error::operation_not_supported;
  groups.value = groups.state == Capability::State::granted;
  list.push_back(groups);
  return list;
}

}  // namespace detail
DGRAM_END_NAMESPACE
