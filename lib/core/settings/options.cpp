// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// Applies SocketOptions and settings to the channel.
#include <array>
#include <asio/error.hpp>
#include <dgram/error.hpp>
#include <dgram/path_mtu.hpp>
#include <dgram/setting.hpp>
#include <utility>

#include "../planning/pacer.hpp"
#include "../planning/runs.hpp"
#include "../socket/context.hpp"
#include "../socket/core.hpp"
#include "../socket/error_reports.hpp"
#include "../socket/guard.hpp"
#include "options.hpp"

DGRAM_BEGIN_NAMESPACE

std::string_view name_of(Setting setting) noexcept {
  constexpr std::array<std::string_view, setting_count> names = {
      "reuse_address",
      "reuse_port",
      "ipv6_only",
      "broadcast",
      "recv_buffer_size",
      "send_buffer_size",
      "ttl",
      "multicast_ttl",
      "multicast_loopback",
      "multicast_all",
      "traffic_class",
      "path_mtu_discovery",
      "bound_device",
      "receive_local_address",
      "receive_ecn",
      "receive_hop_limit",
      "receive_timestamp",
      "receive_errors",
      "gro",
      "busy_poll",
      "prefer_busy_poll",
      "incoming_cpu",
  };
  return names[static_cast<std::size_t>(setting)];
}

namespace detail {

std::string find_bad_option(const SocketOptions& options, Family family) {
  if (options.batch < 1 || options.batch > 64) return "batch " + std::to_string(options.batch);
  if (options.recv_buffer_size < 0)
    return "recv_buffer_size " + std::to_string(options.recv_buffer_size);
  if (options.send_buffer_size < 0)
    return "send_buffer_size " + std::to_string(options.send_buffer_size);
  if (!is_segmentation(options.segmentation))
    return "segmentation " + std::to_string(static_cast<int>(options.segmentation));
  if (options.pacing_rate > max_pacing_rate)
    return "pacing_rate " + std::to_string(options.pacing_rate);
  if (!is_pacing(options.pacing_rate, options.pacing_burst))
    return "pacing_burst " + std::to_string(options.pacing_burst) +
           (options.pacing_rate == 0 ? " without pacing_rate" : "");
  if (options.ipv6_only && family != Family::ipv6) return "ipv6_only over IPv4";
  return {};
}

bool is_in_range(Setting setting, int value) noexcept {
  const auto within = [value](int low, int high) { return value >= low && value <= high; };
  switch (setting) {
    case Setting::recv_buffer_size:
    case Setting::send_buffer_size:
      return value >= 1;
    case Setting::device:
    case Setting::busy_poll:
    case Setting::incoming_cpu:
      return value >= 0;
    case Setting::ttl:
      return within(1, 255);
    case Setting::multicast_ttl:
    case Setting::traffic_class:
      return within(0, 255);
    case Setting::path_mtu_discovery:
      return within(0, 3) || value == static_cast<int>(PathMtuDiscovery::omit);
    default:
      return within(0, 1);
  }
}

bool is_pacing(std::uint64_t bytes_per_second, std::size_t burst) noexcept {
  if (bytes_per_second == 0) return burst == 0;
  return bytes_per_second <= max_pacing_rate && burst <= max_pacing_burst;
}

// An adopted descriptor was set up elsewhere: reuse_address, reuse_port, ipv6_only and
// multicast_all are not applied to it.
std::error_code Core::apply_options(bool adopted) {
  const std::array<std::pair<Setting, int>, 9> wanted = {{
      {Setting::reuse_address, options_.reuse_address && !adopted},
      {Setting::reuse_port, options_.reuse_port && !adopted},
      {Setting::recv_buffer_size, options_.recv_buffer_size},
      {Setting::send_buffer_size, options_.send_buffer_size},
      {Setting::receive_local_address, options_.receive_local_address},
      {Setting::receive_ecn, options_.receive_ecn},
      {Setting::receive_hop_limit, options_.receive_hop_limit},
      {Setting::receive_timestamp, options_.receive_timestamp},
      {Setting::receive_errors, options_.receive_errors},
  }};
  for (const auto& [setting, value] : wanted) {
    if (value == 0) continue;
    if (const std::error_code ec = set(setting, value))
      return refuse_option(std::string(name_of(setting)) + ' ' + std::to_string(value), ec);
  }
  if (options_.pacing_rate != 0)
    if (const std::error_code ec = set_pacing(options_.pacing_rate, options_.pacing_burst))
      return ec;
  if (options_.departure_by_system)
    if (const std::error_code ec = channel_->hold_departures())
      return refuse_option("departure_by_system", ec);
  if (options_.gro) ask_for_trains(adopted);
  if (!disabled().unknown.empty())
    log(executor_, LogLevel::warning, LogTopic::disabled, [] {
      return "DGRAM_DISABLE: unknown: " + disabled().unknown + " (known: gso, gro, mmsg)";
    });
  wants_all_groups_ = adopted;  // multicast_all of an adopted socket stays as it was
  if (adopted) return update_after_option();
  if (family_ == Family::ipv6) {
    // Set to 0 as well, because the default is the system's (net.ipv6.bindv6only).
    if (const std::error_code ec = set(Setting::ipv6_only, options_.ipv6_only))
      return refuse_option(options_.ipv6_only ? "ipv6_only 1" : "ipv6_only 0", ec);
  }
  // The user has not asked for this, so a kernel that lacks it (IPv6: before 4.20) is no failure.
  if (const std::error_code ec = channel_->set(Setting::multicast_all, 0);
      ec && ec != asio::error::operation_not_supported)
    log(executor_, LogLevel::info, LogTopic::multicast_all, [&] {
      return "datagrams to groups that other sockets have joined cannot be kept out: " +
             ec.message();
    });
  return {};
}

void Core::look_at_runs() {
  has_runs_ = channel_->has(Feature::gso);
  equal_runs_arrive_ = channel_->has(Feature::equal_runs);
  if (run_rules().of_socket != Runs::uneven) return;
  log(executor_, LogLevel::warning, LogTopic::segmentation, [] {
    return "gso: " + make_error_code(Errc::equal_runs_unsafe).message() +
           ". Datagrams of one length leave one by one. Where check_path() shows that runs arrive: "
           "Segmentation::on.";
  });
}

// GRO changes nothing that a program can see but the speed, so a system without it is no failure.
void Core::ask_for_trains(bool adopted) {
  std::error_code ec = Errc::disabled;
  // Must come first: from then on, other sockets on the same kernel socket may get trains.
  if (adopted && !disabled().gro) note_shared_descriptors();
  if (!disabled().gro) ec = channel_->set(Setting::gro, 1);
  if (!ec) {
    may_get_trains_ = true;
    return ring_.expect_trains();
  }
  log(executor_, LogLevel::info, LogTopic::gro, [&] {
    return "gro: datagrams come one by one: " + ec.message();
  });
}

std::error_code Core::update_after_option() {
  int gro = 0;
  may_get_trains_ = !channel_->get(Setting::gro, gro) && gro != 0;
  return update_reports();
}

std::error_code Core::set(Setting setting, int value) {
  if (setting == Setting::recv_buffer_size || setting == Setting::send_buffer_size)
    return set_buffer_size(setting, value);
  if (const std::error_code ec = channel_->set(setting, value)) return ec;
  if (setting == Setting::multicast_all) wants_all_groups_ = value != 0;
  return setting == Setting::receive_errors && value != 0 ? make_reports() : std::error_code();
}

std::error_code Core::set_buffer_size(Setting which, int asked) {
  const bool receives = which == Setting::recv_buffer_size;
  int granted = 0;
  if (const std::error_code ec = channel_->set_buffer_size(which, asked, granted)) return ec;
  (receives ? options_.recv_buffer_size : options_.send_buffer_size) = asked;
  (receives ? recv_buffer_granted_ : send_buffer_granted_) = granted;
  if (granted >= asked) return {};
  log(executor_, LogLevel::warning, receives ? LogTopic::recv_buffer : LogTopic::send_buffer, [&] {
    std::string text(name_of(which));
    text +=
        ": " + std::to_string(granted) + " bytes granted, " + std::to_string(asked) + " asked for.";
    if (why_reduced(granted) == asio::error::no_permission)
      text += std::string(" Raise net.core.") + (receives ? "rmem_max" : "wmem_max") +
              ", or run with CAP_NET_ADMIN.";
    return text;
  });
  return {};
}

std::error_code why_reduced(int granted) noexcept {
  constexpr int most = 0x7fffffff / 2;  // Linux counts twice the size, in an int
  if (granted >= most) return std::make_error_code(std::errc::value_too_large);
  return asio::error::no_permission;
}

std::error_code Core::refuse_option(std::string option, const std::error_code& ec) {
  refused_ = std::make_unique<Refused>(Refused{std::move(option), ec});
  return ec;
}

std::string Core::refused_option(const std::error_code& ec) const {
  if (state_ != State::fresh) return {};
  if (refused_ && refused_->why == ec) return refused_->option;
  return ec == asio::error::invalid_argument ? find_bad_option(options_, wanted_family())
                                             : std::string();
}

std::string refused_option(const Core& core, const std::error_code& ec) {
  const Guard guard(core);
  return core.refused_option(ec);
}

}  // namespace detail
DGRAM_END_NAMESPACE
