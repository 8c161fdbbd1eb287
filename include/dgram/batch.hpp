// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// What operations take and return beside datagrams: the records of send_many() and recv_into(), and
// the size that send() returns.
#pragma once

#include <asio/buffer.hpp>
#include <asio/error.hpp>
#include <cstddef>
#include <dgram/endpoint.hpp>
#include <dgram/options.hpp>
#include <system_error>

DGRAM_BEGIN_NAMESPACE

/// One datagram of a send_many, and afterwards its own result.
struct Outgoing {
  Outgoing() noexcept = default;
  Outgoing(asio::const_buffer b, const Endpoint& e, const SendOptions& o = {}) noexcept
      : bytes(b), to(e), options(o) {}

  /// Must live until the send_many has completed.
  asio::const_buffer bytes;

  /// The receiver. On a connected socket a default-made endpoint means the peer; no other one does.
  Endpoint to;

  SendOptions options;

  /// After send_many: no error (accepted by the kernel), its own error, or operation_aborted (never
  /// attempted).
  std::error_code result = asio::error::operation_aborted;
};

/// What recv_into stored.
struct Received {
  std::size_t size = 0;       ///< Bytes stored in the caller's buffer.
  std::size_t full_size = 0;  ///< Bytes that the sender sent.
  bool truncated = false;     ///< full_size > size: the rest is gone.
  Endpoint remote;            ///< The sender.
};

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

#include <dgram/detail/awaitables.hpp>
