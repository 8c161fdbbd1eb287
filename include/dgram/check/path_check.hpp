// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// Two hosts find out whether runs of datagrams arrive.
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

/// The options of check_path().
/**
 * Trivially destructible, for the same reason as SocketOptions. A value out of range is refused
 * with `invalid_argument`.
 */
struct PathCheckOptions {
  /// The size of each datagram in bytes: 64 to 9000. Datagrams that are larger than the path MTU
  /// are fragmented, and are not sent in runs.
  std::size_t size = 1200;

  /// How many datagrams are sent at once: 2 to 64, and together at most 65,507 bytes. 0: the
  /// largest number, which is what send_many() makes of a long batch.
  std::size_t run = 0;

  /// How many bursts of each kind are sent in each direction: 1 to 100.
  std::size_t rounds = 20;

  /// How long to wait for an answer; above 0. The request is repeated after each quarter of this
  /// time.
  std::chrono::steady_clock::duration patience = std::chrono::seconds(2);
};
static_assert(std::is_trivially_destructible_v<PathCheckOptions>);

/// The result of check_path().
struct PathCheck {
  /// The counts of one kind of datagrams, in one direction.
  struct Counts {
    std::size_t sent = 0;     ///< Accepted by the kernel.
    std::size_t arrived = 0;  ///< Received unchanged.
    std::size_t damaged = 0;  ///< Received with other bytes or another length.
    std::size_t in_runs = 0;  ///< How many of `sent` were sent in runs.
  };

  /// One direction. The three kinds are sent in turn, so that losses for other reasons hit all of
  /// them.
  struct DGRAM_API Direction {
    Counts single;       ///< Each datagram was sent by itself.
    Counts equal_runs;   ///< Runs of datagrams that all have the same length.
    Counts uneven_runs;  ///< Runs in which the last datagram is shorter.

    /// True when the sending side makes runs. It does not if its system cannot, or refuses them, or
    /// if they are switched off for its process.
    bool makes_runs() const noexcept;

    /// True when far more datagrams of these runs are missing than single datagrams: the difference
    /// is a third of what was sent, or more. Smaller differences occur by chance when whole bursts
    /// are lost. False unless single_ones_arrive().
    bool loses_equal_runs() const noexcept;
    bool loses_uneven_runs() const noexcept;
    bool loses_runs() const noexcept { return loses_equal_runs() || loses_uneven_runs(); }

    /// False when most of the single datagrams are missing. Then missing runs prove nothing.
    bool single_ones_arrive() const noexcept;
  };

  Direction there;  ///< From the side that checks to the side that answers.
  Direction back;   ///< From the side that answers to the side that checks.

  bool loses_runs() const noexcept { return there.loses_runs() || back.loses_runs(); }
};
static_assert(std::is_trivially_destructible_v<PathCheck>);

/// The result as several lines of text: the counts; and for each direction, whether runs arrive, or
/// what is lost only in runs, and what to do. There is no newline at the end.
DGRAM_API std::string to_string(const PathCheck& check);

/// Finds out whether runs of datagrams arrive at a host, and back from it. On that host,
/// answer_path_checks() has to run.
/**
 * Both sides send numbered datagrams in bursts: single ones, runs of equal length, and runs in
 * which the last datagram is shorter. Each burst is followed by a question how much of it has
 * arrived, and the next one waits for the answer, so that nothing is lost because a buffer is full.
 * With the default options these are 6480 datagrams in 120 bursts, with a round trip for each
 * burst.
 *
 * @param socket Unconnected, or connected to the responder. It must live, and must not be moved,
 * until completion. Use a socket for this alone: all datagrams that arrive meanwhile are received,
 * and those of other peers are dropped. The set_segmentation() of the responder's address is
 * changed while a burst is sent, and restored afterwards, however the operation ends.
 * @param responder The endpoint of the socket that answers.
 * @param options How many bursts, of how many datagrams, and how long to wait.
 *
 * Cancellation: terminal, partial and total: `operation_aborted`.
 *
 * Errors: `invalid_argument` (options out of range); `timed_out` (no answer); the error of a burst
 * of which nothing could be sent (`message_size`: larger than the path MTU); those of send() and
 * recv().
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

/// Answers check_path() of any number of clients, until the socket is closed, stop_receiving() is
/// called, or the operation is cancelled.
/**
 * It may be open to the network. No answer is larger than its request, except for bursts. Bursts
 * are sent only to a client that has returned a random number which was sent to its address, and
 * so has proved that it receives there; at most 600 bursts for each such number. Other datagrams
 * are ignored. The state of 64 clients is kept; when there are more, the check of the client that
 * was silent for the longest time ends with `timed_out`.
 *
 * @param socket Bound. It must live, and must not be moved, until completion. Use a socket for this
 * alone: all datagrams that arrive are received. If it is bound to all addresses of a host that has
 * several, it needs SocketOptions::receive_local_address, so that it answers from the address that
 * was asked.
 *
 * Errors: std::bad_alloc, when there is no memory for a client or a burst.
 */
[[nodiscard]] DGRAM_API asio::awaitable<void> answer_path_checks(Socket& socket);

DGRAM_END_NAMESPACE
