// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// The path at which the processes of a handover meet.
#pragma once

#include <cstdint>
#include <dgram/config.hpp>
#include <dgram/descriptor.hpp>
#include <string>
#include <system_error>

DGRAM_BEGIN_NAMESPACE
namespace detail {

std::error_code check_path(const std::string& path) noexcept;

/// A connection to the process that listens at the path. Without such a process: no descriptor, and
/// no error.
/**
 * Errors: `would_block` (the queue of the listener is full), `access_denied`,
 * `wrong_protocol_type`.
 */
Descriptor call(const std::string& path, std::error_code& ec) noexcept;

/// The path of the lock for `path`.
std::string lock_path_of(const std::string& path);

/// Takes the lock, which is held while the path is made. Without it, a process that finds a dead
/// socket at the path might remove a live one that has taken its place meanwhile. Does not wait.
/**
 * Errors: `would_block` (another process holds the lock), `access_denied` (the file is another
 * user's, who could hold the lock for ever), those of open(2).
 */
Descriptor try_lock(const std::string& lock_path, std::error_code& ec) noexcept;

/// The user that owns the file; -1 when there is no file.
long owner_of(const std::string& path) noexcept;

/// Makes a socket that listens at the path, where it replaces a dead one. The caller has to hold
/// the lock.
Descriptor listen_at(const std::string& path, std::error_code& ec) noexcept;

/// Identifies the file at a path: a file that takes its place is a different one.
struct PathFile {
  std::uint64_t device = 0;
  std::uint64_t number = 0;  // 0: no file
  bool operator==(const PathFile&) const = default;
};
PathFile file_at(const std::string& path) noexcept;

/// Removes this process's listener from the path. The listener must still be open: otherwise
/// another file could have its number by now, and another listener could be at the path. No process
/// replaces a live listener, so this needs no lock.
void remove_path(const std::string& path, const PathFile& own) noexcept;

/// True when a descriptor from another process is a socket like those that listen_at() makes.
bool is_listener(NativeHandle handle) noexcept;

/// Accepts the next caller. `would_block` when there is none.
Descriptor accept_caller(NativeHandle listener, std::error_code& ec) noexcept;

/// The process at the other end of a connection.
struct Caller {
  long process = 0;
  long user = -1;
};
Caller caller_of(NativeHandle connection) noexcept;

/// True for the user of this process, and for root. Sockets are passed to and taken from processes
/// of these users only.
bool is_trusted(long user) noexcept;

}  // namespace detail
DGRAM_END_NAMESPACE
