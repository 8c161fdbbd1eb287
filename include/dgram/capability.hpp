// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// What a socket was granted of what it asked for, and why not the rest.
#pragma once

#include <dgram/config.hpp>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

DGRAM_BEGIN_NAMESPACE

/// One thing that a socket can have from the system.
struct Capability {
  enum class State : unsigned char {
    granted,    ///< On, or as large as was asked for.
    reduced,    ///< Smaller than was asked for, or not always; `why` says what forbids more.
    refused,    ///< This system does not have it, or does not give it to this process: `why`.
    not_asked,  ///< Off because nobody asked for it.
  };

  /// The name of the setting, or of a feature: "batch_receive", "batch_send", "gso",
  /// "kernel_drops", "send_options", "own_groups_only" (groups that other sockets have joined stay
  /// out, see set_multicast_all). It lives for ever.
  std::string_view name;
  State state = State::not_asked;
  int value = 0;  ///< Bytes, in the units in which a buffer is asked for; else 1 where it is on
                  ///< without reserve, or 0.
  std::error_code why;  ///< Only for reduced and refused.
};

/// "recv_buffer_size: reduced to 212992 (Operation not permitted)".
DGRAM_API std::string to_string(const Capability& capability);

/// The one of that name; nullptr when there is none.
DGRAM_API const Capability* find(const std::vector<Capability>& capabilities,
                                 std::string_view name) noexcept;

DGRAM_END_NAMESPACE
