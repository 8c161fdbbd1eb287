// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// The sockets that systemd, or whoever speaks its protocol, has opened for this process. Needs
// Linux.
#pragma once

#include <dgram/process/config.hpp>
#include <dgram/process/named_descriptors.hpp>
#include <system_error>

DGRAM_BEGIN_NAMESPACE

/// Takes the descriptors that were passed to this process under `LISTEN_FDS`, `LISTEN_PID` and
/// `LISTEN_FDNAMES`: 3 and those behind it.
/**
 * None, when none were passed, when they are for another process (whose environment this one
 * inherited), or when they were taken before. Each is closed on exec from now on, and the variables
 * are removed from the environment, so that no child takes them for its own; also where this call
 * fails. A name is that of `FileDescriptorName=` in the socket unit, else the unit's own
 * ("echo.socket"); "unknown" where no names were passed. They may be of any kind: adopt() refuses,
 * by name, what is no UDP socket.
 *
 * systemd keeps them open as well. What comes in while the service restarts waits in the kernel, so
 * nothing is lost but what a process that dies has taken out: give SocketOptions::batch as 1 to
 * make that one datagram.
 *
 * Thread safety: none, because of the environment: call it before other threads are started.
 *
 * Errors: `invalid_argument` (a value that is not what systemd sets: no number, another number of
 * names than of descriptors); `bad_descriptor` (one of them is not open). Then none is touched, and
 * Error::subject() has the variable and its value.
 *
 * Source: sd_listen_fds(3), systemd.socket(5).
 */
DGRAM_API NamedDescriptors passed_sockets();
DGRAM_API NamedDescriptors passed_sockets(std::error_code& ec);

DGRAM_END_NAMESPACE
