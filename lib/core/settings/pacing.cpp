// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// Pacing as users set it. planning/pacer.hpp says when a datagram may leave, socket/sending.cpp
// asks it.
#include <asio/error.hpp>
#include <dgram/socket_settings.hpp>
#include <new>
#include <string>

#include "../planning/pacer.hpp"
#include "../socket/core.hpp"
#include "../socket/guard.hpp"
#include "options.hpp"
#include "throwing.hpp"

DGRAM_BEGIN_NAMESPACE

std::error_code detail::Core::set_pacing(std::uint64_t bytes_per_second, std::size_t burst) {
  if (!is_pacing(bytes_per_second, burst)) return asio::error::invalid_argument;
  if (bytes_per_second == 0 && !pacer_) return {};
  if (bytes_per_second == 0) {
    pacer_.reset();
  } else if (pacer_) {
    pacer_->change(bytes_per_second, burst, channel_->now());
  } else {
    pacer_.reset(new (std::nothrow) Pacer(bytes_per_second, burst, channel_->now()));
    if (!pacer_) return asio::error::no_memory;
  }
  options_.pacing_rate = bytes_per_second;
  options_.pacing_burst = burst;
  // The system need not be able to: the socket's own timer does it.
  channel_->set_pacing_rate(bytes_per_second);
  // A send that waits asks anew.
  write_blocked_ = false;
  paused_until_ = TimePoint::max();
  if (write_.waits()) channel_->cancel_wait(Event::write);
  return {};
}

void SocketSettings::set_pacing(std::uint64_t bytes_per_second,
                                std::size_t burst,
                                std::error_code& ec) {
  const detail::Guard guard(core());
  ec = has_descriptor() ? core()->set_pacing(bytes_per_second, burst)
                        : std::error_code(asio::error::bad_descriptor);
}
void SocketSettings::set_pacing(std::uint64_t bytes_per_second, std::size_t burst) {
  std::string subject = std::to_string(bytes_per_second);
  if (burst != 0) subject += ' ' + std::to_string(burst);
  detail::or_throw(
      "set_pacing", subject, [&](std::error_code& ec) { set_pacing(bytes_per_second, burst, ec); });
}

std::uint64_t SocketSettings::pacing_rate(std::error_code& ec) const {
  const detail::Guard guard(core());
  ec = has_descriptor() ? std::error_code() : asio::error::bad_descriptor;
  return !ec && core()->pacer() ? core()->pacer()->rate() : 0;
}
std::uint64_t SocketSettings::pacing_rate() const {
  return detail::or_throw("pacing_rate", {}, [&](std::error_code& ec) { return pacing_rate(ec); });
}

std::size_t SocketSettings::pacing_burst(std::error_code& ec) const {
  const detail::Guard guard(core());
  ec = has_descriptor() ? std::error_code() : asio::error::bad_descriptor;
  return !ec && core()->pacer() ? core()->pacer()->burst() : 0;
}
std::size_t SocketSettings::pacing_burst() const {
  return detail::or_throw(
      "pacing_burst", {}, [&](std::error_code& ec) { return pacing_burst(ec); });
}

DGRAM_END_NAMESPACE
