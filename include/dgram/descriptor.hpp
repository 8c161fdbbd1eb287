// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// A descriptor of the operating system that has an owner.
#pragma once

#include <dgram/channel.hpp>
#include <dgram/config.hpp>
#include <utility>

DGRAM_BEGIN_NAMESPACE

/// Owns one descriptor, of whatever kind, and closes it.
/**
 * What arrives from another process, or was passed to this one, is held by one of these until
 * somebody takes it: `socket.adopt(descriptor)`. A moved-from one owns nothing.
 *
 * Thread safety: distinct objects: safe. Shared objects: unsafe.
 */
class DGRAM_API Descriptor {
 public:
  /// Owns nothing.
  Descriptor() noexcept = default;

  /// Owns `handle` from now on. invalid_handle means nothing.
  explicit Descriptor(NativeHandle handle) noexcept : handle_(handle) {}

  Descriptor(Descriptor&& other) noexcept : handle_(other.release()) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    if (this != &other) reset(other.release());
    return *this;
  }
  ~Descriptor() { reset(invalid_handle); }

  /// True when it owns a descriptor.
  explicit operator bool() const noexcept { return handle_ != invalid_handle; }

  /// The descriptor, which stays this object's; invalid_handle when there is none.
  NativeHandle get() const noexcept { return handle_; }

  /// The descriptor, which is the caller's from now on.
  [[nodiscard]] NativeHandle release() noexcept { return std::exchange(handle_, invalid_handle); }

 private:
  void reset(NativeHandle handle) noexcept;

  NativeHandle handle_ = invalid_handle;
};

DGRAM_END_NAMESPACE
