// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0

// Before <dgram/socket.hpp>, which else declares that BasicSocket<asio::any_io_executor> is
// instantiated in another file. It is instantiated here, before anything uses it: an attribute
// behind the first use would be ignored.
#if !defined(DGRAM_DETAIL_INSTANTIATE)
#define DGRAM_DETAIL_INSTANTIATE
#endif

#include <asio/error.hpp>
#include <dgram/detail/core.hpp>
#include <dgram/detail/host_operation.hpp>
#include <dgram/detail/request.hpp>
#include <dgram/socket.hpp>
#include <dgram/socket_base.hpp>

#include "core.hpp"
#include "guard.hpp"

DGRAM_BEGIN_NAMESPACE

template class DGRAM_API BasicSocket<asio::any_io_executor>;

namespace detail {

SocketState::SocketState(const asio::any_io_executor& executor, const SocketOptions& options)
    : executor_(executor), core_(executor, options) {}

// The executor is copied, because a moved-from socket still needs one to complete operations.
SocketState::SocketState(SocketState&& other) noexcept
    : executor_(other.executor_), core_(std::move(other.core_)) {}

SocketState& SocketState::operator=(SocketState&& other) noexcept {
  if (this == &other) return *this;
  close_core();
  executor_ = other.executor_;
  core_ = std::move(other.core_);
  return *this;
}

SocketState::~SocketState() {
  close_core();
}

void SocketState::close_core() noexcept {
  const Guard guard(core_);
  if (core_) core_->close();
}

const CoreRef& SocketState::closed_core() const {
  core_ = CoreRef::closed(executor_);
  return core_;
}

bool SocketState::has_descriptor() const noexcept {
  const Guard guard(core_);
  return core_ && core_->is_open();
}

}  // namespace detail

namespace detail {

std::error_code make_destination(const asio::ip::address& address, int port, Endpoint& endpoint) {
  if (port < 1 || port > 65535) return Errc::bad_port;
  endpoint = Endpoint(address, static_cast<unsigned short>(port));
  return {};
}

std::error_code act(Core& core, HostAction action, const asio::ip::address& address, int port) {
  if (port < 0 || port > 65535) return Errc::bad_port;
  const Endpoint endpoint(address, static_cast<unsigned short>(port));
  const Guard guard(core);
  return action == HostAction::bind ? core.bind(&endpoint) : core.connect(endpoint);
}

Endpoint reachable(const Core& core, const Endpoint& to) {
  const Guard guard(core);
  return Endpoint(core.reachable(to.address()), to.port());
}

Family lookup_family(const Core& core) noexcept {
  const Guard guard(core);
  return core.wanted_family();
}

}  // namespace detail

namespace {

void throw_if(const std::error_code& ec,
              std::string_view operation,
              std::string_view subject = {}) {
  if (ec) throw Error(ec, operation, subject);
}

/// For calls that may open the socket: if an option was refused, the error names that option as its
/// subject.
void throw_if(const std::error_code& ec,
              std::string_view operation,
              const detail::Core& core,
              const std::string& subject) {
  if (!ec) return;
  const std::string option = core.refused_option(ec);
  throw Error(ec, operation, option.empty() ? subject : option);
}

std::string number_and_kind(NativeHandle handle) {
  const std::string kind = detail::Core::kind_of(handle);
  return std::to_string(handle) + (kind.empty() ? "" : " (" + kind + ")");
}

}  // namespace

void SocketBase::open() {
  const detail::Guard guard(core());
  throw_if(core()->open(), "open", *core(), {});
}

void SocketBase::open(std::error_code& ec) {
  const detail::Guard guard(core());
  ec = core()->open();
}

void SocketBase::bind() {
  const detail::Guard guard(core());
  throw_if(core()->bind(nullptr), "bind", *core(), {});
}

void SocketBase::bind(const Endpoint& local) {
  const detail::Guard guard(core());
  throw_if(core()->bind(&local), "bind", *core(), to_string(local));
}

void SocketBase::bind(const Endpoint& local, std::error_code& ec) {
  const detail::Guard guard(core());
  ec = core()->bind(&local);
}

void SocketBase::connect(const Endpoint& remote) {
  const detail::Guard guard(core());
  throw_if(core()->connect(remote), "connect", *core(), to_string(remote));
}

void SocketBase::connect(const Endpoint& remote, std::error_code& ec) {
  const detail::Guard guard(core());
  ec = core()->connect(remote);
}

void SocketBase::disconnect() {
  const detail::Guard guard(core());
  throw_if(core()->disconnect(), "disconnect");
}

void SocketBase::disconnect(std::error_code& ec) {
  const detail::Guard guard(core());
  ec = core()->disconnect();
}

void SocketBase::close() {
  const detail::Guard guard(core_if_any());
  if (core_if_any()) core_if_any()->close();
}

void SocketBase::cancel() {
  const detail::Guard guard(core_if_any());
  if (core_if_any()) core_if_any()->cancel_all();
}

bool SocketBase::is_open() const noexcept {
  return has_descriptor();
}

void SocketBase::adopt(NativeHandle handle) {
  const detail::Guard guard(core());
  if (const std::error_code ec = core()->adopt(handle))
    throw_if(ec, "adopt", *core(), number_and_kind(handle));
}

void SocketBase::adopt(NativeHandle handle, std::error_code& ec) {
  const detail::Guard guard(core());
  ec = core()->adopt(handle);
}

void SocketBase::adopt(Descriptor descriptor) {
  adopt(descriptor.get());
  static_cast<void>(descriptor.release());
}

void SocketBase::adopt(Descriptor descriptor, std::error_code& ec) {
  adopt(descriptor.get(), ec);
  if (!ec) static_cast<void>(descriptor.release());
}

NativeHandle SocketBase::release() {
  std::error_code ec;
  const NativeHandle handle = release(ec);
  throw_if(ec, "release");
  return handle;
}

NativeHandle SocketBase::release(std::error_code& ec) {
  const detail::Guard guard(core());
  ec.clear();
  return core()->release_handle(ec);
}

void SocketBase::drain() {
  const detail::Guard guard(core());
  core()->drain();
}

void SocketBase::refuse_more() {
  std::error_code ec;
  refuse_more(ec);
  throw_if(ec, "refuse_more");
}

void SocketBase::refuse_more(std::error_code& ec) {
  const detail::Guard guard(core());
  ec = has_descriptor() ? core()->channel()->refuse_more()
                        : std::error_code(asio::error::bad_descriptor);
}

void SocketBase::stop_receiving() {
  const detail::Guard guard(core());
  core()->stop_receiving();
}

NativeHandle SocketBase::native_handle() const noexcept {
  const detail::Guard guard(core_if_any());
  return is_open() ? core_if_any()->channel()->native_handle() : invalid_handle;
}

Endpoint SocketBase::local_endpoint() const {
  std::error_code ec;
  const Endpoint endpoint = local_endpoint(ec);
  throw_if(ec, "local_endpoint");
  return endpoint;
}

Endpoint SocketBase::local_endpoint(std::error_code& ec) const {
  const detail::Guard guard(core_if_any());
  ec = asio::error::bad_descriptor;
  return is_open() ? core_if_any()->channel()->local_endpoint(ec) : Endpoint();
}

Endpoint SocketBase::remote_endpoint() const {
  std::error_code ec;
  const Endpoint endpoint = remote_endpoint(ec);
  throw_if(ec, "remote_endpoint");
  return endpoint;
}

Endpoint SocketBase::remote_endpoint(std::error_code& ec) const {
  const detail::Guard guard(core_if_any());
  ec = asio::error::bad_descriptor;
  return is_open() ? core_if_any()->channel()->remote_endpoint(ec) : Endpoint();
}

void SocketBase::set_lookup(Lookup lookup) {
  const detail::Guard guard(core());
  core()->set_lookup(std::move(lookup));
}

std::optional<Datagram> SocketBase::try_recv(std::error_code& ec) {
  detail::Core& core = *this->core();
  const detail::Guard guard(core);
  std::optional<Datagram> datagram;
  if (core.anyone_reads()) {
    ec = asio::error::would_block;
    return datagram;
  }
  if (!core.look_now(ec))
    ec = asio::error::would_block;
  else if (!ec)
    datagram.emplace(core.pop());
  return datagram;
}

std::optional<ErrorReport> SocketBase::try_recv_error(std::error_code& ec) {
  detail::Core& core = *this->core();
  const detail::Guard guard(core);
  std::optional<ErrorReport> result;
  ErrorReport report;
  if (core.anyone_awaits_reports() || !core.take_report(report, ec))
    ec = asio::error::would_block;
  else if (!ec)
    result = report;
  return result;
}

std::size_t SocketBase::try_send_many(std::span<Outgoing> batch, std::error_code& ec) {
  detail::Core& core = *this->core();
  const detail::Guard guard(core);
  detail::SendManyRequest request(batch);
  ec.clear();
  bool done = false;
  if (!core.anyone_writes()) {
    core.ask_to_write();
    while (!done && !core.is_write_blocked()) done = request.attempt(core, ec);
  }
  if (done) return request.take();
  for (Outgoing& one : batch.subspan(request.progress.next)) one.result = asio::error::would_block;
  ec = asio::error::would_block;
  return request.take();
}

void SocketBase::unref() {
  const detail::Guard guard(core());
  core()->set_referenced(false);
}

void SocketBase::ref() {
  const detail::Guard guard(core());
  core()->set_referenced(true);
}

std::size_t SocketBase::send_queue_size() const noexcept {
  const detail::Guard guard(core_if_any());
  return core_if_any() ? core_if_any()->send_queue_size() : 0;
}

std::size_t SocketBase::send_queue_count() const noexcept {
  const detail::Guard guard(core_if_any());
  return core_if_any() ? core_if_any()->send_queue_count() : 0;
}

Stats SocketBase::stats() const {
  const detail::Guard guard(core());
  return core()->stats();
}

std::vector<Capability> SocketBase::capabilities() const {
  const detail::Guard guard(core());
  return core()->capabilities();
}

DGRAM_END_NAMESPACE
