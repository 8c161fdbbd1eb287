// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0

#include "path_message.hpp"

#include <algorithm>

#include "../core/planning/runs.hpp"

DGRAM_BEGIN_NAMESPACE
namespace detail {

namespace {

// The last byte is the version of the format.
constexpr std::array path_magic = {
    std::byte('d'), std::byte('g'), std::byte('p'), std::byte('c'), std::byte(1)};
constexpr unsigned path_types = 8;

template <class Number>
void put_path_number(std::byte*& at, Number number) noexcept {
  for (std::size_t i = sizeof(number); i-- != 0;)
    *at++ = static_cast<std::byte>(std::uint64_t{number} >> (8 * i));
}

template <class Number>
void take_path_number(const std::byte*& at, Number& number) noexcept {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < sizeof(number); ++i)
    value = value << 8 | std::to_integer<std::uint64_t>(*at++);
  number = static_cast<Number>(value);
}

bool is_burst_datagram(PathMessage::Type type) noexcept {
  return type == PathMessage::Type::there || type == PathMessage::Type::back;
}

/// True when each number is in its range, and those that the type does not use are 0.
bool is_sound(const PathMessage& m) noexcept {
  using Type = PathMessage::Type;
  if (m.type == Type::hello || m.type == Type::welcome) {
    PathMessage bare;
    bare.type = m.type;
    bare.token = m.token;
    if (m.type == Type::welcome) bare.cookie = m.cookie;
    return m == bare;
  }
  if (m.burst == 0 || m.burst > max_bursts || !is_check_burst(m.run, m.size)) return false;
  if (is_burst_datagram(m.type)) return m.index < m.run && m.first == 0 && m.second == 0;
  if (m.index > 1) return false;
  if (m.type == Type::told) return m.first + m.second <= m.run;
  if (m.type == Type::sent) return m.first <= m.run && m.second <= m.first;
  return m.first == 0 && m.second == 0;
}

}  // namespace

bool is_check_burst(std::size_t run, std::size_t size) noexcept {
  return run >= min_check_run && run <= max_check_run && size >= min_check_size &&
         size <= max_check_size && run * size <= max_run_bytes;
}

PathHeader to_header(const PathMessage& message) noexcept {
  PathHeader header{};
  std::byte* at = std::copy(path_magic.begin(), path_magic.end(), header.data());
  put_path_number(at, static_cast<std::uint8_t>(message.type));
  put_path_number(at, static_cast<std::uint8_t>(message.kind));
  put_path_number(at, std::uint8_t{0});
  put_path_number(at, message.token);
  put_path_number(at, message.cookie);
  for (const std::uint16_t number :
       {message.burst, message.run, message.size, message.index, message.first, message.second})
    put_path_number(at, number);
  return header;
}

std::optional<PathMessage> read_path_message(std::span<const std::byte> bytes) noexcept {
  if (bytes.size() < path_header_size ||
      !std::equal(path_magic.begin(), path_magic.end(), bytes.begin()))
    return std::nullopt;
  const std::byte* at = bytes.data() + path_magic.size();
  std::uint8_t type = 0;
  std::uint8_t kind = 0;
  std::uint8_t nothing = 0;
  take_path_number(at, type);
  take_path_number(at, kind);
  take_path_number(at, nothing);
  if (type >= path_types || kind >= burst_kinds.size() || nothing != 0) return std::nullopt;

  PathMessage message;
  message.type = static_cast<PathMessage::Type>(type);
  message.kind = static_cast<BurstKind>(kind);
  take_path_number(at, message.token);
  take_path_number(at, message.cookie);
  for (std::uint16_t* const number : {&message.burst,
                                      &message.run,
                                      &message.size,
                                      &message.index,
                                      &message.first,
                                      &message.second})
    take_path_number(at, *number);
  const bool has_more = bytes.size() != path_header_size;
  if (has_more != is_burst_datagram(message.type) || !is_sound(message)) return std::nullopt;
  return message;
}

bool is_same_burst(const PathMessage& a, const PathMessage& b) noexcept {
  return a.burst == b.burst && a.kind == b.kind && a.run == b.run && a.size == b.size;
}

}  // namespace detail
DGRAM_END_NAMESPACE
