// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0

#include <sys/socket.h>

#include <array>
#include <asio/error.hpp>
#include <cerrno>
#include <cstring>
#include <dgram/process/descriptor_link.hpp>

#include "../core/kernel/descriptor.hpp"
#include "../core/planning/runs.hpp"
#include "report.hpp"
#include "wait_for.hpp"

DGRAM_BEGIN_NAMESPACE

namespace {

using LinkMessage = DescriptorLink::Message;
using LinkSocket = std::shared_ptr<asio::posix::stream_descriptor>;

NativeHandle handle_of(const LinkSocket& socket) noexcept {
  return socket && socket->is_open() ? socket->native_handle() : invalid_handle;
}

std::error_code check_message(std::string_view bytes,
                              std::span<const NativeHandle> descriptors) noexcept {
  if (bytes.empty() || descriptors.size() > DescriptorLink::max_descriptors)
    return asio::error::invalid_argument;
  if (bytes.size() > DescriptorLink::max_message) return asio::error::message_size;
  return {};
}

std::error_code send_now(NativeHandle handle,
                         std::string_view bytes,
                         std::span<const NativeHandle> descriptors) noexcept {
  if (const std::error_code ec = check_message(bytes, descriptors)) return ec;
  if (handle == invalid_handle) return asio::error::bad_descriptor;
  alignas(cmsghdr) std::array<char, CMSG_SPACE(DescriptorLink::max_descriptors * sizeof(int))>
      control;
  iovec piece = {const_cast<char*>(bytes.data()), bytes.size()};
  msghdr message = {};
  message.msg_iov = &piece;
  message.msg_iovlen = 1;
  if (!descriptors.empty()) {
    std::memset(control.data(), 0, control.size());
    message.msg_control = control.data();
    message.msg_controllen = CMSG_SPACE(descriptors.size_bytes());
    cmsghdr* const header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(descriptors.size_bytes());
    std::memcpy(CMSG_DATA(header), descriptors.data(), descriptors.size_bytes());
  }
  // Before the message leaves, because the other side may set options at once.
  if (!descriptors.empty()) detail::note_shared_descriptors();
  ssize_t sent = -1;
  do {
    sent = ::sendmsg(handle, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  if (sent >= 0) return {};
  // ECONNRESET: the other end has gone without reading all that was sent to it. EPIPE also means
  // that it has gone, so both get the same code.
  return errno == ECONNRESET ? asio::error::broken_pipe : detail::last_error();
}

/// `into` has to have room for all descriptors that one message can bring.
void take_descriptors(msghdr& message, std::vector<Descriptor>& into) {
  for (cmsghdr* header = CMSG_FIRSTHDR(&message); header; header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < count; ++i) {
      int handle = invalid_handle;
      std::memcpy(&handle, CMSG_DATA(header) + i * sizeof(int), sizeof(int));
      into.emplace_back(handle);
    }
  }
}

// The most descriptors that the kernel passes in a message: SCM_MAX_FD, which it does not export.
constexpr std::size_t kernel_max_descriptors = 253;

bool receive_now(NativeHandle handle, LinkMessage& into, std::error_code& ec) {
  ec.clear();
  if (handle == invalid_handle) {
    ec = asio::error::bad_descriptor;
    return false;
  }
  // All memory is allocated first: a message that has arrived must not be lost for lack of memory.
  LinkMessage arrived;
  arrived.bytes.resize(DescriptorLink::max_message);
  arrived.descriptors.reserve(kernel_max_descriptors);
  alignas(cmsghdr) std::array<char, CMSG_SPACE(kernel_max_descriptors * sizeof(int))> control;
  iovec piece = {arrived.bytes.data(), arrived.bytes.size()};
  msghdr message = {};
  ssize_t size = -1;
  do {
    message.msg_iov = &piece;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    size = ::recvmsg(handle, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    // ECONNRESET: the other end has gone without reading all messages of this one. The kernel
    // reports it once; the messages of the other end are still queued.
  } while (size < 0 && (errno == EINTR || errno == ECONNRESET));
  if (size < 0) {
    ec = detail::last_error();
    return false;
  }
  take_descriptors(message, arrived.descriptors);
  if ((message.msg_flags & MSG_TRUNC) != 0)
    ec = asio::error::message_size;
  else if ((message.msg_flags & MSG_CTRUNC) != 0)
    ec = asio::error::no_descriptors;  // there was space, so the process has no free descriptors
  else if (size == 0)
    ec = arrived.descriptors.empty() ? std::error_code(asio::error::eof)
                                     : std::make_error_code(std::errc::protocol_error);
  if (ec) return false;
  arrived.bytes.resize(static_cast<std::size_t>(size));
  arrived.bytes.shrink_to_fit();
  into = std::move(arrived);
  return true;
}

asio::awaitable<void> send_message(LinkSocket socket,
                                   std::string bytes,
                                   std::vector<NativeHandle> descriptors,
                                   std::error_code* error) {
  std::error_code ec = check_message(bytes, descriptors);
  if (!ec && handle_of(socket) == invalid_handle) ec = asio::error::bad_descriptor;
  bool waits = !ec;
  while (waits) {
    ec = co_await detail::wait_for(*socket, asio::posix::descriptor_base::wait_write);
    if (ec) break;
    ec = send_now(handle_of(socket), bytes, descriptors);
    waits = ec == asio::error::would_block;
  }
  detail::report_to(error, ec, "send");
}

asio::awaitable<std::optional<LinkMessage>> receive_message(LinkSocket socket,
                                                            std::error_code* error) {
  std::optional<LinkMessage> result;
  std::error_code ec;
  if (handle_of(socket) == invalid_handle) ec = asio::error::bad_descriptor;
  bool waits = !ec;
  while (waits) {
    ec = co_await detail::wait_for(*socket, asio::posix::descriptor_base::wait_read);
    if (ec) break;
    LinkMessage message;
    if (receive_now(handle_of(socket), message, ec)) result = std::move(message);
    waits = ec == asio::error::would_block;
  }
  if (ec == asio::error::eof) ec.clear();
  detail::report_to(error, ec, "receive");
  co_return result;
}

std::error_code check_link(NativeHandle handle) noexcept {
  int type = 0;
  socklen_t size = sizeof type;
  if (::getsockopt(handle, SOL_SOCKET, SO_TYPE, &type, &size) != 0) return detail::last_error();
  sockaddr_storage name;
  size = sizeof name;
  if (::getsockname(handle, reinterpret_cast<sockaddr*>(&name), &size) != 0)
    return detail::last_error();
  if (name.ss_family != AF_UNIX || type != SOCK_SEQPACKET)
    return std::make_error_code(std::errc::wrong_protocol_type);
  return {};
}

}  // namespace

DescriptorLink::DescriptorLink(const asio::any_io_executor& executor) : executor_(executor) {}

DescriptorLink::DescriptorLink(const asio::any_io_executor& executor, Descriptor connected)
    : executor_(executor) {
  if (const std::error_code ec = check_link(connected.get()))
    throw Error(ec, "link", std::to_string(connected.get()));
  socket_ = std::make_shared<asio::posix::stream_descriptor>(executor, connected.get());
  static_cast<void>(connected.release());
}

std::pair<DescriptorLink, Descriptor> DescriptorLink::pair(const asio::any_io_executor& executor) {
  std::array<int, 2> ends;
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0)
    throw Error(detail::last_error(), "pair");
  Descriptor mine(ends[0]);
  Descriptor other(ends[1]);
  return {DescriptorLink(executor, std::move(mine)), std::move(other)};
}

DescriptorLink::DescriptorLink(DescriptorLink&& other) noexcept
    : executor_(other.executor_), socket_(std::move(other.socket_)) {}

DescriptorLink& DescriptorLink::operator=(DescriptorLink&& other) noexcept {
  if (this == &other) return *this;
  close();
  executor_ = other.executor_;
  socket_ = std::move(other.socket_);
  return *this;
}

DescriptorLink::~DescriptorLink() {
  close();
}

asio::awaitable<void> DescriptorLink::send(std::string bytes,
                                           std::span<const NativeHandle> descriptors) {
  return send_message(socket_,
                      std::move(bytes),
                      std::vector<NativeHandle>(descriptors.begin(), descriptors.end()),
                      nullptr);
}

asio::awaitable<void> DescriptorLink::send(std::string bytes,
                                           std::span<const NativeHandle> descriptors,
                                           std::error_code& ec) {
  return send_message(socket_,
                      std::move(bytes),
                      std::vector<NativeHandle>(descriptors.begin(), descriptors.end()),
                      &ec);
}

asio::awaitable<std::optional<LinkMessage>> DescriptorLink::receive() {
  return receive_message(socket_, nullptr);
}

asio::awaitable<std::optional<LinkMessage>> DescriptorLink::receive(std::error_code& ec) {
  return receive_message(socket_, &ec);
}

bool DescriptorLink::try_send(std::string_view bytes,
                              std::span<const NativeHandle> descriptors,
                              std::error_code& ec) noexcept {
  ec = send_now(native_handle(), bytes, descriptors);
  return !ec;
}

bool DescriptorLink::try_receive(LinkMessage& message, std::error_code& ec) {
  return receive_now(native_handle(), message, ec);
}

void DescriptorLink::close() noexcept {
  std::error_code ignored;
  if (socket_) socket_->close(ignored);
}

bool DescriptorLink::is_open() const noexcept {
  return native_handle() != invalid_handle;
}

NativeHandle DescriptorLink::native_handle() const noexcept {
  return handle_of(socket_);
}

DGRAM_END_NAMESPACE
