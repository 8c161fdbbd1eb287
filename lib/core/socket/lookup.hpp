// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// Lookups of host names.
#pragma once

#include <asio/any_io_executor.hpp>
#include <asio/execution_context.hpp>
#include <asio/ip/address.hpp>
#include <atomic>
#include <cstddef>
#include <dgram/config.hpp>
#include <dgram/detail/request.hpp>
#include <dgram/endpoint.hpp>
#include <memory>
#include <mutex>
#include <string_view>

DGRAM_BEGIN_NAMESPACE
namespace detail {

// ---- what counts as a host name

/// True for 1 to 253 characters (RFC 1035, section 2.3.4, in text form) without a NUL, where a C
/// resolver would stop reading.
inline bool is_host_name(std::string_view text) noexcept {
  return !text.empty() && text.size() <= 253 && text.find('\0') == std::string_view::npos;
}

/// True for the name that means this host everywhere (RFC 6761, section 6.3).
inline bool is_localhost(std::string_view text) noexcept {
  constexpr std::string_view name = "localhost";
  if (text.size() != name.size()) return false;
  for (std::size_t i = 0; i < name.size(); ++i)
    if ((text[i] | 0x20) != name[i]) return false;
  return true;
}

inline asio::ip::address loopback_of(Family family) {
  if (family == Family::ipv6) return asio::ip::address_v6::loopback();
  return asio::ip::address_v4::loopback();
}

// ---- the lookup of a host name for an operation

/// Connects a resolver, which may answer from any thread, late or never, with the operation, which
/// lives on its executor.
/**
 * `op_` is who comes first: the answer, or the cancellation. `open_` and the executors are guarded,
 * because the context may shut down while another thread answers.
 */
class LookupTarget : public std::enable_shared_from_this<LookupTarget> {
 public:
  /// Registers the lookup with the context, so that a shutdown frees the operation.
  static std::shared_ptr<LookupTarget> make(asio::execution_context& context,
                                            Op& op,
                                            LookupRequest& request);
  ~LookupTarget();

  /// The resolver's answer; from any thread. Without memory it throws, and nothing was answered.
  void answer(std::error_code ec, const asio::ip::address& address);

  /// There will be no answer; from any thread.
  void drop() noexcept;

  /// Detaches the operation, because it was cancelled. False: an answer has come already, and is
  /// about to end it.
  bool detach() noexcept { return op_.exchange(nullptr) != nullptr; }

  /// Drops the answer. The lookup no longer counts as work of the context.
  void forget() noexcept;

  /// Frees the operation, because the context shuts down.
  void shut_down() noexcept;

 private:
  class Service;
  class Arrival;
  LookupTarget(const Op& op, LookupRequest& request);
  void free_operation() noexcept;

  std::atomic<Op*> op_ = nullptr;
  LookupRequest* request_;
  std::mutex mutex_;
  bool open_ = true;
  asio::any_io_executor home_;  // tracked: an outstanding lookup is work
  asio::any_io_executor executor_;
  const bool is_foreign_;  // `executor_` is not that of the socket
};

}  // namespace detail
DGRAM_END_NAMESPACE
