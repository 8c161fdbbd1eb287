// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// Sockets that systemd, or another program with its protocol, has opened for this process (socket
// activation). Needs Linux.
#pragma once

#include <dgram/process/config.hpp>
#include <dgram/process/named_descriptors.hpp>
#include <system_error>

DGRAM_BEGIN_NAMESPACE

/// Takes the descriptors that were passed to this process by the environment variables
/// `LISTEN_FDS`, `LISTEN_PID` and `LISTEN_FDNAMES`: 3 and the following numbers.
/**
 * The result is empty when none were passed, when they are for another process (whose environment
 * this one has inherited), or when they were taken already. The descriptors become close-on-exec.
 * The variables are removed from the environment, even when this call fails, so that no child takes
 * the descriptors for its own. The name of a descriptor is that of `FileDescriptorName=` in the
 * socket unit, else the name of the unit ("echo.socket"); "unknown" when no names were passed. The
 * descriptors may be of any type: adopt() refuses those that are no UDP socket, and says what they
 * are.
 *
 * systemd keeps the sockets open as well, so datagrams that arrive while the service restarts wait
 * in the kernel. Only datagrams that a process has received before it died are lost: set
 * SocketOptions::batch to 1 so that this is one at most.
 *
 * Thread safety: none, because it changes the environment: call it before other threads are
 * started.
 *
 * Errors: `invalid_argument` (a variable has a value that systemd does not set: no number, or a
 * different number of names than of descriptors); `bad_descriptor` (one of them is not open). No
 * descriptor is then touched, and Error::subject() has the variable and its value.
 *
 * Source: sd_listen_fds(3), systemd.socket(5).
 */
DGRAM_API NamedDescriptors passed_sockets();
DGRAM_API NamedDescriptors passed_sockets(std::error_code& ec);

DGRAM_END_NAMESPACE
