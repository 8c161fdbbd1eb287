// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0

#include "handover_path.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <asio/error.hpp>
#include <cerrno>
#include <cstring>
#include <utility>

#include "../core/kernel/descriptor.hpp"

DGRAM_BEGIN_NAMESPACE
namespace detail {

namespace {

sockaddr_un address_of(const std::string& path) noexcept {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

Descriptor make_socket(std::error_code& ec) noexcept {
  Descriptor made(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  ec = made ? std::error_code() : last_error();
  return made;
}

/// Removes a socket that a dead process has left at the path. A file of another type is left alone.
std::error_code remove_dead_socket(const std::string& path) noexcept {
  struct stat status;
  if (::lstat(path.c_str(), &status) != 0)
    return errno == ENOENT ? std::error_code() : last_error();
  if (!S_ISSOCK(status.st_mode)) return std::make_error_code(std::errc::file_exists);
  return ::unlink(path.c_str()) == 0 ? std::error_code() : last_error();
}

}  // namespace

std::error_code check_path(const std::string& path) noexcept {
  if (path.empty() || path.find('\0') != std::string::npos) return asio::error::invalid_argument;
  if (path.size() >= sizeof sockaddr_un::sun_path)
    return std::make_error_code(std::errc::filename_too_long);
  return {};
}

Descriptor call(const std::string& path, std::error_code& ec) noexcept {
  Descriptor connection = make_socket(ec);
  if (ec) return connection;
  const sockaddr_un address = address_of(path);
  int done = -1;
  do {
    done = ::connect(connection.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
  } while (done != 0 && errno == EINTR);
  if (done == 0) return connection;
  // ECONNREFUSED: a socket that no process has open any more, or a file that is no socket.
  if (errno != ENOENT && errno != ECONNREFUSED) ec = last_error();
  return Descriptor();
}

std::string lock_path_of(const std::string& path) {
  return path + ".lock";
}

Descriptor try_lock(const std::string& lock_path, std::error_code& ec) noexcept {
  // O_NONBLOCK: another process may have put a file of any type there.
  constexpr int flags = O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
  Descriptor file(::open(lock_path.c_str(), flags, S_IRUSR | S_IWUSR));
  ec = file ? std::error_code() : last_error();
  if (ec) return file;
  struct stat status;
  if (::fstat(file.get(), &status) != 0)
    ec = last_error();
  else if (!is_trusted(static_cast<long>(status.st_uid)))
    ec = asio::error::access_denied;
  else if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0)
    ec = last_error();
  return ec ? Descriptor() : std::move(file);
}

long owner_of(const std::string& path) noexcept {
  struct stat status;
  return ::lstat(path.c_str(), &status) == 0 ? static_cast<long>(status.st_uid) : -1;
}

Descriptor listen_at(const std::string& path, std::error_code& ec) noexcept {
  const Descriptor other = call(path, ec);
  if (other || ec == asio::error::would_block || ec == std::errc::wrong_protocol_type)
    ec = asio::error::address_in_use;
  if (!ec) ec = remove_dead_socket(path);
  if (ec) return Descriptor();

  Descriptor listener = make_socket(ec);
  if (ec) return listener;
  const sockaddr_un address = address_of(path);
  // bind() gives the path the mode of the socket, so there is no moment in which other users could
  // connect.
  const bool done =
      ::fchmod(listener.get(), S_IRUSR | S_IWUSR) == 0 &&
      ::bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
      ::listen(listener.get(), SOMAXCONN) == 0;
  if (!done) {
    ec = last_error();
    return Descriptor();
  }
  return listener;
}

PathFile file_at(const std::string& path) noexcept {
  struct stat status;
  if (::lstat(path.c_str(), &status) != 0) return {};
  return {status.st_dev, status.st_ino};
}

void remove_path(const std::string& path, const PathFile& own) noexcept {
  if (own.number != 0 && file_at(path) == own) ::unlink(path.c_str());
}

bool is_listener(NativeHandle handle) noexcept {
  int listens = 0;
  socklen_t size = sizeof listens;
  sockaddr_storage name;
  socklen_t name_size = sizeof name;
  return ::getsockopt(handle, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) == 0 && listens == 1 &&
         ::getsockname(handle, reinterpret_cast<sockaddr*>(&name), &name_size) == 0 &&
         name.ss_family == AF_UNIX;
}

Descriptor accept_caller(NativeHandle listener, std::error_code& ec) noexcept {
  Descriptor caller(::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  ec = caller ? std::error_code() : last_error();
  return caller;
}

Caller caller_of(NativeHandle connection) noexcept {
  ucred credentials = {};
  socklen_t size = sizeof credentials;
  Caller caller;
  if (::getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) return caller;
  caller.process = credentials.pid;
  caller.user = credentials.uid;
  return caller;
}

bool is_trusted(long user) noexcept {
  return user == 0 || user == static_cast<long>(::geteuid());
}

}  // namespace detail
DGRAM_END_NAMESPACE
