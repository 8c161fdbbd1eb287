// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// Checks SocketOptions and settings before the system is asked.
#pragma once

#include <cstddef>
#include <cstdint>
#include <dgram/options.hpp>
#include <dgram/setting.hpp>
#include <string>
#include <system_error>

DGRAM_BEGIN_NAMESPACE
namespace detail {

/// The first option out of its range for a socket of that family, with its value ("batch 65");
/// empty when all are in range.
std::string find_bad_option(const SocketOptions& options, Family family);

/// True when the value is in the range of the setting.
bool is_in_range(Setting setting, int value) noexcept;

/// True when a socket can be paced so; a rate of 0 means that it is not.
bool is_pacing(std::uint64_t bytes_per_second, std::size_t burst) noexcept;

/// The reason why the system granted only that many bytes for a buffer.
std::error_code why_reduced(int granted) noexcept;

}  // namespace detail
DGRAM_END_NAMESPACE
