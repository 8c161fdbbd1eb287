// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0

#include "open_shared.hpp"

#include <fcntl.h>

#include <asio/error.hpp>
#include <cerrno>
#include <dgram/error.hpp>
#include <dgram/socket.hpp>

#include "../../core/kernel/descriptor.hpp"

DGRAM_BEGIN_NAMESPACE
namespace node::cluster::detail {

namespace {

// Duplicates a descriptor of the program. Node takes the descriptor over, and closes it with its
// last worker. Here it stays the program's: the next worker may ask for it again, and it is never
// closed twice.
Descriptor duplicate(const Wanted& wanted, std::error_code& ec) {
  Family family = Family::unspecified;
  ec = dgram::detail::check_descriptor(wanted.fd, family);
  if (!ec && (family == Family::ipv6) != wanted.v6) ec = asio::error::invalid_argument;
  if (ec) return {};
  // From 3 on: not in the place of a closed standard input, output or error.
  Descriptor result(::fcntl(wanted.fd, F_DUPFD_CLOEXEC, 3));
  if (!result) ec = dgram::detail::last_error();
  return result;
}

}  // namespace

Descriptor open_shared(asio::io_context& context, const Wanted& wanted, std::error_code& ec) {
  if (wanted.fd > 0) return duplicate(wanted, ec);
  dgram::SocketOptions options;
  options.family = wanted.v6 ? Family::ipv6 : Family::ipv4;
  options.reuse_address = wanted.reuse_addr;
  options.ipv6_only = wanted.ipv6_only;
  dgram::Socket socket(context, options);
  socket.bind(wanted.local, ec);
  return ec ? Descriptor() : Descriptor(socket.release());
}

int errno_of(const std::error_code& ec) noexcept {
  // A descriptor that is no UDP socket has a code of dgram (Errc). Node's primary reports EINVAL.
  return ec.category() == error_category() ? EINVAL : ec.value();
}

}  // namespace node::cluster::detail
DGRAM_END_NAMESPACE
