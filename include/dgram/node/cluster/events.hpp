// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// The events of a cluster, and the arguments that their listeners get.
#pragma once

#include <dgram/node/config.hpp>
#include <string>

DGRAM_BEGIN_NAMESPACE
namespace node::cluster {

/// How a worker process has ended: it exited with `code`, or was killed by `signal`.
struct ExitStatus {
  int code = 0;    ///< The exit code; -1 when other code has waited for the process.
  int signal = 0;  ///< The number of the signal, for instance SIGKILL; 0: none.
};

/// A shared socket of a worker that is bound.
struct ListeningInfo {
  std::string address_type;  ///< "udp4" or "udp6".
  std::string address;  ///< As given to bind(), a host name as its address; empty for a descriptor.
  int port = 0;         ///< The actual port.
  int fd = -1;          ///< The descriptor of the primary, when BindOptions::fd was used.
};

/// The events, for Primary::on(), Worker::on() and off().
namespace event {

/// The worker is running and has connected to the primary.
struct Online {};
/// A shared socket of the worker is bound and receives.
struct Listening {};
/// A text from the other side was received: see WorkerProcess::send() and Worker::send().
struct Message {};
/// The primary and the worker are not connected any more.
struct Disconnect {};
/// The worker process has ended. This is its last event.
struct Exit {};

inline constexpr Online online;
inline constexpr Listening listening;
inline constexpr Message message;
inline constexpr Disconnect disconnect;
inline constexpr Exit exit;

}  // namespace event
}  // namespace node::cluster
DGRAM_END_NAMESPACE
