// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// What a send() of one datagram returns.
#pragma once

#include <cstddef>
#include <dgram/config.hpp>

DGRAM_BEGIN_NAMESPACE

/// The bytes that were sent: a std::size_t in all but its type.
/**
 * It has a type of its own so that dgram may specialise `asio::awaitable` for it: a send() that the
 * kernel takes at once needs no coroutine frame.
 */
class Sent {
 public:
  constexpr Sent() noexcept = default;
  constexpr Sent(std::size_t size) noexcept : size_(size) {}
  constexpr operator std::size_t() const noexcept { return size_; }

 private:
  std::size_t size_ = 0;
};

DGRAM_END_NAMESPACE

#include <dgram/detail/send_awaitable.hpp>
