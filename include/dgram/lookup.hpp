// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// Host names: how an operation asks for an address, and how a caller brings a resolver of their
// own.
#pragma once

#include <asio/ip/address.hpp>
#include <dgram/config.hpp>
#include <dgram/endpoint.hpp>
#include <functional>
#include <memory>
#include <string>
#include <system_error>

DGRAM_BEGIN_NAMESPACE

namespace detail {
class LookupTarget;
}

/// The answer's way back: called once with an error or an address.
/**
 * Move-only. May be called from any thread, also before the lookup function has returned. Dropped
 * without a call it completes the operation with `operation_aborted`. Called after the operation
 * was cancelled, or after the context is gone, it does nothing.
 */
class DGRAM_API LookupHandler {
 public:
  explicit LookupHandler(std::shared_ptr<detail::LookupTarget> target) noexcept;
  LookupHandler(LookupHandler&& other) noexcept;
  LookupHandler& operator=(LookupHandler&&) = delete;
  ~LookupHandler();

  /// @param ec What went wrong, else no error.
  /// @param address An address of the family that was asked for.
  void operator()(std::error_code ec, const asio::ip::address& address = {});

 private:
  std::shared_ptr<detail::LookupTarget> target_;
};

/// A resolver of the caller's own, given to Socket::set_lookup().
/**
 * Called on the executor of the operation that needs an address, with a name of 1 to 253 characters
 * that is not a literal address.
 */
using Lookup = std::function<void(std::string host, Family family, LookupHandler done)>;

DGRAM_END_NAMESPACE
