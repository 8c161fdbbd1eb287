// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// A socket that may be handed to another process.
#pragma once

#include <cstdint>
#include <dgram/channel.hpp>
#include <dgram/config.hpp>
#include <string>

DGRAM_BEGIN_NAMESPACE
namespace detail {

struct Offered {
  /// Throws Error when the handle is not open.
  Offered(std::string n, NativeHandle h);

  /// False when the handle was closed, even if its number has another meaning by now.
  bool is_still_open() const noexcept;

  std::string name;
  NativeHandle handle;
  std::uint64_t inode;  // no two sockets have the same
};

}  // namespace detail
DGRAM_END_NAMESPACE
