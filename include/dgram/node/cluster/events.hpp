// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// The events of a cluster, and what their listeners get.
#pragma once

#include <dgram/node/config.hpp>
#include <string>

DGRAM_BEGIN_NAMESPACE
namespace node::cluster {

/// How a worker process has ended: by itself, with `code`, or by a signal.
struct ExitStatus {
  int code = 0;    ///< Of exit(2); -1 when somebody else has waited for the process.
  int signal = 0;  ///< Its number, as SIGKILL; 0: none.
};

/// A socket of a worker that listens.
struct ListeningInfo {
  std::string address_type;  ///< "udp4" or "udp6".
  std::string address;       ///< As it was asked for, without a name; empty for a descriptor.
  int port = 0;              ///< The actual one.
  int fd = -1;               ///< Of the primary, where it was asked for by its number.
};

/// The events, as Primary::on() and Worker::on() take them.
namespace event {

/// The worker runs, and has said so.
struct Online {};
/// A socket of the worker that is shared is bound and receives.
struct Listening {};
/// Text from the other side: WorkerProcess::send(), Worker::send().
struct Message {};
/// The two are connected no more.
struct Disconnect {};
/// The worker process has ended; the last event of it.
struct Exit {};

inline constexpr Online online;
inline constexpr Listening listening;
inline constexpr Message message;
inline constexpr Disconnect disconnect;
inline constexpr Exit exit;

}  // namespace event
}  // namespace node::cluster
DGRAM_END_NAMESPACE
