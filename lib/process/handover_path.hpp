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

/// A connection to whoever listens there. Without anybody: nothing, and no error.
/**
 * Errors: `would_block` (as many wait there as may), `access_denied`, `wrong_protocol_type`.
 */
Descriptor call(const std::string& path, std::error_code& ec) noexcept;

/// Where the lock of a path is.
std::string lock_path_of(const std::string& path);

/// Held while the path is made: who finds a dead socket there must not remove a live one that took
/// its place meanwhile. Does not wait.
/**
 * Errors: `would_block` (another process holds it), `access_denied` (it is another user's, who
 * could hold it for ever), those of open(2).
 */
Descriptor try_lock(const std::string& lock_path, std::error_code& ec) noexcept;

/// The user whose file that is; -1 where there is none.
long owner_of(const std::string& path) noexcept;

/// A socket that listens at the path, in the place of one that nobody has any more. For who holds
/// the lock.
Descriptor listen_at(const std::string& path, std::error_code& ec) noexcept;

/// What a path names at a moment: who takes its place is another one.
struct PathFile {
  std::uint64_t device = 0;
  std::uint64_t number = 0;  // 0: nothing
  bool operator==(const PathFile&) const = default;
};
PathFile file_at(const std::string& path) noexcept;

/// Removes one's own listener from the path. It is still open: else its number could be another's
/// by now, and another one could be in its place. Whoever finds it alive puts none there, so this
/// needs no lock.
void remove_path(const std::string& path, const PathFile& own) noexcept;

/// Whether a descriptor from elsewhere is what listen_at() makes.
bool is_listener(NativeHandle handle) noexcept;

/// The next that calls. `would_block` when there is none.
Descriptor accept_caller(NativeHandle listener, std::error_code& ec) noexcept;

/// Who is at the other end.
struct Caller {
  long process = 0;
  long user = -1;
};
Caller caller_of(NativeHandle connection) noexcept;

/// Whether that is this process's own user, or root. Sockets go to, and come from, no other one's
/// processes.
bool is_trusted(long user) noexcept;

}  // namespace detail
DGRAM_END_NAMESPACE
