// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// Settings for low latency on a network card: busy polling, and the processor of a socket.
#include <chrono>
#include <dgram/socket_settings.hpp>
#include <limits>

#include "throwing.hpp"

DGRAM_BEGIN_NAMESPACE

namespace {
// Outside the range of an int: outside that of the setting as well.
int number_of(std::chrono::microseconds time) noexcept {
  const bool fits = time.count() >= 0 && time.count() <= std::numeric_limits<int>::max();
  return fits ? static_cast<int>(time.count()) : -1;
}
}  // namespace

void SocketSettings::set_busy_poll(std::chrono::microseconds time) {
  detail::throw_refused(
      set_number(Setting::busy_poll, number_of(time)), Setting::busy_poll, time.count());
}
void SocketSettings::set_busy_poll(std::chrono::microseconds time, std::error_code& ec) {
  ec = set_number(Setting::busy_poll, number_of(time));
}
std::chrono::microseconds SocketSettings::busy_poll() const {
  return std::chrono::microseconds(get_number(Setting::busy_poll));
}
std::chrono::microseconds SocketSettings::busy_poll(std::error_code& ec) const {
  return std::chrono::microseconds(get_number(Setting::busy_poll, ec));
}

void SocketSettings::set_prefer_busy_poll(bool preferred) {
  detail::throw_refused(
      set_number(Setting::prefer_busy_poll, preferred), Setting::prefer_busy_poll, preferred);
}
void SocketSettings::set_prefer_busy_poll(bool preferred, std::error_code& ec) {
  ec = set_number(Setting::prefer_busy_poll, preferred);
}
bool SocketSettings::prefer_busy_poll() const {
  return get_number(Setting::prefer_busy_poll) != 0;
}
bool SocketSettings::prefer_busy_poll(std::error_code& ec) const {
  return get_number(Setting::prefer_busy_poll, ec) != 0;
}

void SocketSettings::set_incoming_cpu(int processor) {
  detail::throw_refused(
      set_number(Setting::incoming_cpu, processor), Setting::incoming_cpu, processor);
}
void SocketSettings::set_incoming_cpu(int processor, std::error_code& ec) {
  ec = set_number(Setting::incoming_cpu, processor);
}
int SocketSettings::incoming_cpu() const {
  return get_number(Setting::incoming_cpu);
}
int SocketSettings::incoming_cpu(std::error_code& ec) const {
  return get_number(Setting::incoming_cpu, ec);
}

DGRAM_END_NAMESPACE
