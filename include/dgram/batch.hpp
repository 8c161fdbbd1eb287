// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// The records of the batch and the copying forms.
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

DGRAM_END_NAMESPACE
