// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// Reports the error of an operation.
#pragma once

#include <dgram/error.hpp>
#include <string_view>
#include <system_error>

DGRAM_BEGIN_NAMESPACE
namespace detail {

/// Stores the error in `*error` if the caller gave one, else throws it.
inline void report_to(std::error_code* error,
                      const std::error_code& ec,
                      std::string_view operation,
                      std::string_view subject = {}) {
  if (error)
    *error = ec;
  else if (ec)
    throw Error(ec, operation, subject);
}

}  // namespace detail
DGRAM_END_NAMESPACE
