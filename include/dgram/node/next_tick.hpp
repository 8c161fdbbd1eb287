// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// Node's tick queue: what runs right after the callback that runs now.
#pragma once

#include <asio/io_context.hpp>
#include <dgram/node/config.hpp>
#include <functional>

DGRAM_BEGIN_NAMESPACE
namespace node {

/// Runs `f` when the dgram callback that runs now has returned, before any other.
/**
 * One FIFO per context, drained completely after each dgram callback and between messages; what is
 * added while it is drained runs in the same drain. Called from outside of any dgram callback, `f`
 * runs on one of the next turns of the context, behind handlers that are ready already. An
 * exception of `f` leaves `run()`; the ticks behind it run when the context is run again.
 *
 * Thread safety: on the thread that runs the context. Source: Node.js, process.nextTick().
 */
DGRAM_API void next_tick(asio::io_context& context, std::function<void()> f);

}  // namespace node
DGRAM_END_NAMESPACE
