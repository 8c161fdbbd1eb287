// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// Whether datagrams to one peer leave together, in runs that the kernel or the network card cuts.
#pragma once

#include <cstdint>
#include <dgram/config.hpp>

DGRAM_BEGIN_NAMESPACE

/// Runs of datagrams (GSO, UDP_SEGMENT): for a destination, for a socket, for the process.
/**
 * send_many(), send_segments() and sends that wait together make runs of neighbours that are of one
 * length, to one receiver, with the same options; the last one of a run may be shorter. A run costs
 * about as much as a few datagrams.
 *
 * A run that the system refuses goes out again, datagram by datagram. But some systems accept runs
 * and send them with wrong headers, of which no error tells. Linux 7.0-rc1 to 7.1.4 does so on some
 * devices where *all* datagrams of a run are of one length. `automatic` makes no such run there,
 * only those whose last datagram is shorter. A kernel older or newer than that may have a
 * hypervisor or a device below it that does the same, and a distribution may have mended its
 * kernel without changing the number: check_path() finds out, `off` and `on` say so.
 *
 * What a destination has goes before what its socket has, and that before what the process has;
 * `automatic` leaves it to the next one. But `off` of the process holds for all.
 *
 * Source: udp(7), UDP_SEGMENT; Linux commits b10b446 (fault), 78effd8 and 5f17ae0 (mended).
 */
enum class Segmentation : std::uint8_t {
  automatic,  ///< Runs, except those that this kernel is known to send wrongly.
  on,         ///< Runs of every kind.
  off         ///< Each datagram by itself.
};

/// For all sockets of this process, those that are open as well, from their next datagrams on.
/**
 * `off` is what `DGRAM_DISABLE=gso` in the environment is, but may be taken back. `on` says that
 * this host sends all runs well. Where the environment has switched runs off, they stay off.
 *
 * Thread safety: safe. Errors: throws Error with `invalid_argument` for a value that is none of
 * Segmentation's.
 */
DGRAM_API void set_process_segmentation(Segmentation segmentation);

/// What was set; `automatic` at first. Thread safety: safe.
DGRAM_API Segmentation process_segmentation() noexcept;

DGRAM_END_NAMESPACE
