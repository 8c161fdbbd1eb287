// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// A channel that misbehaves on command, for the tests of whatever uses sockets.
#pragma once

#include <deque>
#include <dgram/channel.hpp>
#include <map>
#include <memory>
#include <system_error>

DGRAM_BEGIN_NAMESPACE

/// What goes wrong, and when. Shared by the test and its channels.
/**
 * Each queue holds one entry per call, oldest first; a call takes one entry, and an empty queue
 * means that the call goes through. So `{ {}, fault }` lets one call pass and spoils the second.
 * What counts are calls of the channel: a send that fails with the error of a peer is made once
 * more where that may be another peer's (`receive_errors`, or a connected socket), and takes two.
 */
struct FaultScript {
  /// One spoiled call.
  struct Fault {
    std::error_code error;  ///< What the call reports; none: it does its work.
    std::size_t at_most =
        std::size_t(-1);         ///< A receive or send batch handles no more than this many.
    bool cut_datagrams = false;  ///< Received ones lose their second half.
    bool lose_control = false;   ///< Received ones lose their metadata (MSG_CTRUNC).
  };

  std::deque<Fault> receive;
  /// With `at_most`, that many are sent first and `error` belongs to the next one.
  std::deque<Fault> send;
  std::deque<Fault> open;
  std::deque<Fault> bind;
  std::deque<Fault> connect;
  std::deque<Fault> set_option;
  std::deque<Fault> change_membership;
  /// The error that a read or write wait ends with, at once.
  std::deque<Fault> wait;

  /// Settings that cannot be set, and how that fails. Holds until it is taken out.
  std::map<Setting, std::error_code> refused;
  /// Error reports that are there before those of the inner channel. Those that are added while a
  /// recv_error() waits already are found with the next one of the inner channel.
  std::deque<ErrorReport> reports;

  /// Whether datagrams may leave in runs. Off, each entry of `send` counts datagrams; on, runs.
  bool gso = false;
  /// Whether runs of which no datagram is shorter are thought to arrive (Feature::equal_runs).
  bool equal_runs = true;
  /// Such runs are accepted, and none of their datagrams arrives: what some kernels do on some
  /// devices.
  bool loses_equal_runs = false;
  /// Receivers to whom no run can be sent, and how it is refused; their single datagrams pass. An
  /// error of a peer or of the routes (`connection_refused`, `host_unreachable` …) is taken for
  /// that of each datagram, as the kernel's is: they do not go out again. Holds until it is taken
  /// out.
  std::map<Endpoint, std::error_code> refused_runs;

  std::size_t receive_calls = 0;
  std::size_t send_calls = 0;
  std::size_t waits = 0;
};

/// Wraps another channel and follows a script.
/**
 * Example: every socket of a context fails its first receive.
 * @code
 * auto script = std::make_shared<dgram::FaultScript>();
 * script->receive.push_back({asio::error::no_memory});
 * dgram::set_channel_factory(io, [script](const asio::any_io_executor& executor) {
 *   return dgram::make_fault_channel(dgram::make_kernel_channel(executor), script);
 * });
 * @endcode
 */
DGRAM_API std::unique_ptr<Channel> make_fault_channel(std::unique_ptr<Channel> inner,
                                                      std::shared_ptr<FaultScript> script);

DGRAM_END_NAMESPACE
