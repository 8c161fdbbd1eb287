// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// Whether runs of datagrams arrive: two hosts find out.
#pragma once

#include <asio/awaitable.hpp>
#include <chrono>
#include <cstddef>
#include <dgram/check/config.hpp>
#include <dgram/endpoint.hpp>
#include <dgram/socket.hpp>
#include <string>
#include <type_traits>

DGRAM_BEGIN_NAMESPACE

/// How thoroughly a path is looked at.
/**
 * Trivially destructible, for the same reason as SocketOptions. A value out of its range is
 * `invalid_argument`; nothing is clamped.
 */
struct PathCheckOptions {
  /// Bytes of a datagram: 64 to 9000. More than the path carries whole is fragmented, and then no
  /// run is made of it.
  std::size_t size = 1200;

  /// Datagrams that are sent at once: 2 to 64, and all of them together at most 65,507 bytes. 0: as
  /// many as that, which is what send_many() makes of a long batch.
  std::size_t run = 0;

  /// How often each kind is sent in each direction: 1 to 100.
  std::size_t rounds = 20;

  /// How long an answer may take, above 0. The question is repeated after each quarter of it.
  std::chrono::steady_clock::duration patience = std::chrono::seconds(2);
};
static_assert(std::is_trivially_destructible_v<PathCheckOptions>);

/// What became of the datagrams of a check_path().
struct PathCheck {
  /// Those of one kind, in one direction.
  struct Counts {
    std::size_t sent = 0;     ///< The kernel has accepted them.
    std::size_t arrived = 0;  ///< As they were sent.
    std::size_t damaged = 0;  ///< Came with other bytes or another length.
    std::size_t in_runs = 0;  ///< Of `sent`, those that did leave in runs.
  };

  /// The three kinds take turns, so that what is lost for other reasons is lost of all.
  struct DGRAM_API Direction {
    Counts single;       ///< Each datagram by itself.
    Counts equal_runs;   ///< Runs of which all datagrams are of one length.
    Counts uneven_runs;  ///< Runs whose last datagram is shorter.

    /// Whether the sending side makes runs: not where its system cannot, or refuses them, or where
    /// they are switched off for its process.
    bool makes_runs() const noexcept;

    /// True when far more of them did not arrive than of the single ones: by a third of what was
    /// sent, or more. Less is lost of one kind by chance where whole bursts are. False unless
    /// single_ones_arrive().
    bool loses_equal_runs() const noexcept;
    bool loses_uneven_runs() const noexcept;
    bool loses_runs() const noexcept { return loses_equal_runs() || loses_uneven_runs(); }

    /// False when most of the single datagrams did not arrive: then runs that do not arrive,
    /// either, say nothing.
    bool single_ones_arrive() const noexcept;
  };

  Direction there;  ///< From the side that checks to the one that answers.
  Direction back;

  bool loses_runs() const noexcept { return there.loses_runs() || back.loses_runs(); }
};
static_assert(std::is_trivially_destructible_v<PathCheck>);

/// Some lines of text: the counts, and for each direction whether runs arrive there; else what is
/// lost only in runs, and what to do. No newline at the end.
DGRAM_API std::string to_string(const PathCheck& check);

/// Finds out whether runs of datagrams arrive at a host, and from it, where answer_path_checks()
/// runs.
/**
 * Sends numbered datagrams, and has the other side send some: by themselves, in runs of one length,
 * in runs whose last one is shorter. One such burst is on its way at a time, and each is asked
 * after, so that none is lost because a buffer is full. With the default options 6480 datagrams in
 * 120 bursts, and a round trip for each of these.
 *
 * @param socket Unconnected, or connected to the responder; must live, and stay where it is, until
 * completion. Takes every datagram that comes meanwhile, and drops those of others: use a socket of
 * its own. What set_segmentation() has set for the responder's address is set otherwise while a
 * burst leaves, and afterwards is as before, however this ends.
 * @param responder The endpoint of the socket that answers.
 * @param options How many bursts, of how many datagrams, and how long to wait.
 *
 * Cancellation: terminal, partial and total: `operation_aborted`.
 *
 * Errors: `invalid_argument` (options out of range); `timed_out` (no answer); that of a burst of
 * which nothing could be sent (`message_size`: the path takes less); those of send() and recv().
 *
 * Example:
 * @code
 * const dgram::PathCheck check = co_await dgram::check_path(socket, responder);
 * std::cout << dgram::to_string(check) << '\n';
 * @endcode
 */
[[nodiscard]] DGRAM_API asio::awaitable<PathCheck> check_path(Socket& socket,
                                                              Endpoint responder,
                                                              PathCheckOptions options = {});

/// The other side of check_path(), for any number of checks, until the socket is closed or stopped,
/// or this is cancelled.
/**
 * Safe to leave open to the network: no answer is larger than its request, but for bursts; and
 * those go only to who has shown, by a random number that was sent to its address, that it receives
 * there, 600 of them for each such number. Whatever else comes is ignored. It remembers 64 clients;
 * where there are more, the check of the one that was silent for longest ends with `timed_out`.
 *
 * @param socket Bound; must live, and stay where it is, until completion. It takes every datagram
 * that comes: use a socket of its own. Bound to all addresses of a host with several, it needs
 * SocketOptions::receive_local_address, to answer from the one that was asked.
 *
 * Errors: std::bad_alloc, where there is no memory for a client or a burst.
 */
[[nodiscard]] DGRAM_API asio::awaitable<void> answer_path_checks(Socket& socket);

DGRAM_END_NAMESPACE
