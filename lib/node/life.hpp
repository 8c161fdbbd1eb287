// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// The state of a socket, and which calls Node allows in it.
#pragma once

#include <dgram/config.hpp>

DGRAM_BEGIN_NAMESPACE
namespace node::detail {

/// Whether a socket is open, bound and connected. No call may leave it between two states.
/**
 * A function that throws changes nothing. The order of the checks is Node's.
 */
class Life {
 public:
  bool is_open() const noexcept { return open_; }
  bool is_unbound() const noexcept { return bound_ == Step::before; }
  bool is_binding() const noexcept { return bound_ == Step::within; }
  bool is_bound() const noexcept { return bound_ == Step::behind; }
  bool is_connecting() const noexcept { return connected_ == Step::within; }
  bool is_connected() const noexcept { return connected_ == Step::behind; }

  /// Throws not_running().
  void require_open() const;

  /// Throws not_running(), already_bound().
  void require_unbound() const;
  /// Throws the same.
  void begin_bind();
  void end_bind() noexcept { bound_ = Step::behind; }
  /// A connect that waited for the bind has failed, too.
  void fail_bind() noexcept;

  /// Throws already_connected(), not_running().
  void begin_connect();
  void end_connect() noexcept { connected_ = Step::behind; }
  void fail_connect() noexcept { connected_ = Step::before; }

  /// Throws not_connected(), not_running().
  void require_connected() const;
  void disconnect() noexcept { connected_ = Step::before; }

  /// Throws not_running().
  void close();

 private:
  enum class Step : unsigned char { before, within, behind };
  bool open_ = true;
  Step bound_ = Step::before;
  Step connected_ = Step::before;
};

}  // namespace node::detail
DGRAM_END_NAMESPACE
