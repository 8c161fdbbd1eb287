// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// Node's tick queue: functions that run right after the current callback.
#pragma once

#include <asio/io_context.hpp>
#include <dgram/node/config.hpp>
#include <functional>

DGRAM_BEGIN_NAMESPACE
namespace node {

/// Runs `f` right after the current dgram callback has returned, before any other callback.
/**
 * Each context has one queue of such functions (ticks), first in, first out. The queue is run until
 * it is empty after each dgram callback, and between two messages; ticks that are added meanwhile
 * run, too. When next_tick() is called outside of a dgram callback, `f` runs in a handler of its
 * own, after the handlers that are ready already. An exception of `f` leaves `run()`; the ticks
 * after it run when the context is run again.
 *
 * Thread safety: use it only on the thread that runs the context. Source: Node.js,
 * process.nextTick().
 */
DGRAM_API void next_tick(asio::io_context& context, std::function<void()> f);

}  // namespace node
DGRAM_END_NAMESPACE
