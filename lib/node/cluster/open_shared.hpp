// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// The sockets that a primary makes for its workers.
#pragma once

#include <asio/io_context.hpp>
#include <dgram/descriptor.hpp>
#include <system_error>

#include "wanted.hpp"

DGRAM_BEGIN_NAMESPACE
namespace node::cluster::detail {

/// A new bound socket, or a duplicate of a descriptor that this process has.
Descriptor open_shared(asio::io_context& context, const Wanted& wanted, std::error_code& ec);

/// The errno that a worker is told.
int errno_of(const std::error_code& ec) noexcept;

}  // namespace node::cluster::detail
DGRAM_END_NAMESPACE
