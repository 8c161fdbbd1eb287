// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// Life of a socket: open, bind, connect, adopt, release, close; and the references to its state.
#include "core.hpp"

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <asio/error.hpp>
#include <asio/execution/context.hpp>
#include <asio/query.hpp>
#include <dgram/error.hpp>
#include <utility>

#include "../settings/options.hpp"
#include "../values/address.hpp"
#include "../values/executor.hpp"
#include "context.hpp"
#include "error_reports.hpp"
#include "lookup.hpp"

DGRAM_BEGIN_NAMESPACE
namespace detail {

Core::Core(const asio::any_io_executor& executor,
           const SocketOptions& options,
           std::unique_ptr<Channel> channel,
           BufferPool& pool)
    : channel_(std::move(channel)),
      batch_size_(static_cast<unsigned>(std::clamp(options.batch, 1, 64))),
      ring_(pool, static_cast<unsigned>(std::clamp(options.batch, 1, 64))),
      read_(Event::read),
      write_(Event::write),
      executor_(executor),
      options_(options) {
  if (!channel_) state_ = State::closed;
  is_on_io_context_ = io_context_executor(executor) != nullptr;
  if (!is_run_by_one_thread(executor)) mutex_ = std::make_unique<std::recursive_mutex>();
}

Core::~Core() = default;

std::error_code Core::open(Family family) {
  refused_.reset();
  if (family == Family::unspecified ||
      (options_.family != Family::unspecified && options_.family != family))
    return asio::error::address_family_not_supported;
  if (!find_bad_option(options_, family).empty()) return asio::error::invalid_argument;
  if (const std::error_code ec = channel_->open(family)) return ec;
  family_ = family;
  state_ = State::open;
  look_at_runs();
  const std::error_code ec = apply_options(false);
  if (ec) undo_open();
  return ec;
}

std::error_code Core::open() {
  if (state_ == State::closed) return asio::error::bad_descriptor;
  if (state_ == State::open) return {};
  return open(options_.family == Family::unspecified ? Family::ipv4 : options_.family);
}

std::error_code Core::bind(const Endpoint* local) {
  if (state_ == State::closed) return asio::error::bad_descriptor;
  if (state_ == State::open && has_local_port()) return Errc::already_bound;
  const bool v6 = wanted_family() == Family::ipv6;
  const Endpoint any = v6 ? Endpoint(asio::ip::udp::v6(), 0) : Endpoint(asio::ip::udp::v4(), 0);
  const Endpoint& to = local ? *local : any;
  const bool opens = state_ == State::fresh;
  if (opens) {
    if (const std::error_code ec = open(family_of(to))) return ec;
  }
  if (family_of(to) != family_) return asio::error::address_family_not_supported;
  const std::error_code ec = channel_->bind(to);
  if (ec && opens) undo_open();
  return ec;
}

void Core::undo_open() noexcept {
  channel_->close();
  state_ = State::fresh;
  family_ = Family::unspecified;
  memberships_.reset();
  reports_.reset();
  refusals_.reset();
  pacer_.reset();
}

// Asks the kernel, because it also chooses a port at the first send or connect.
bool Core::has_local_port() const {
  std::error_code ec;
  return channel_->local_endpoint(ec).port() != 0;
}

std::error_code Core::connect(const Endpoint& remote) {
  if (state_ == State::closed) return asio::error::bad_descriptor;
  if (remote.port() == 0) return Errc::bad_port;
  const bool opens = state_ == State::fresh;
  if (opens) {
    if (const std::error_code ec = open(family_of(remote))) return ec;
  }
  if (family_of(remote) != family_) return asio::error::address_family_not_supported;
  const std::error_code ec = channel_->connect(remote);
  if (ec && opens) undo_open();
  if (ec) return ec;
  if (connected_) forget_peer();
  connected_ = true;
  refusals_.reset();  // they belong to the former peer
  if (destinations_) destinations_->set_peer(remote.address());
  peer_over_ipv4_ = is_over_ipv4(remote.address());
  return {};
}

std::error_code Core::disconnect() {
  if (state_ == State::closed) return asio::error::bad_descriptor;
  if (!connected_) return asio::error::not_connected;
  const std::error_code ec = channel_->disconnect();
  if (ec) return ec;
  forget_peer();
  connected_ = false;
  return {};
}

namespace {

std::string file_kind(NativeHandle handle, mode_t mode) {
  if (S_ISREG(mode)) return "file";
  if (S_ISDIR(mode)) return "directory";
  if (S_ISFIFO(mode)) return "pipe";
  if (S_ISCHR(mode)) return ::isatty(handle) != 0 ? "terminal" : "character device";
  if (S_ISBLK(mode)) return "block device";
  return "not a socket";  // an eventfd, an epoll descriptor and the like have no type of a file
}

std::string unix_kind(int type) {
  switch (type) {
    case SOCK_STREAM:
      return "Unix stream socket";
    case SOCK_DGRAM:
      return "Unix datagram socket";
    default:
      return "Unix socket";
  }
}

std::string internet_kind(int type, int protocol) {
  if (type == SOCK_RAW) return "raw socket";
  switch (protocol) {
    case IPPROTO_TCP:
      return "TCP socket";
    case IPPROTO_UDP:
      return "UDP socket";
    case IPPROTO_ICMP:
    case IPPROTO_ICMPV6:
      return "ICMP socket";
    default:
      return "socket of IP protocol " + std::to_string(protocol);
  }
}

// Where the system does not tell the protocol, the usual one of the type.
int protocol_of([[maybe_unused]] NativeHandle handle, int type) {
  int protocol = type == SOCK_STREAM ? IPPROTO_TCP : IPPROTO_UDP;
#if defined(SO_PROTOCOL)
  socklen_t size = sizeof protocol;
  ::getsockopt(handle, SOL_SOCKET, SO_PROTOCOL, &protocol, &size);
#endif
  return protocol;
}

}  // namespace

std::string Core::kind_of(NativeHandle handle) {
  struct stat status;
  if (::fstat(handle, &status) != 0) return {};
  if (!S_ISSOCK(status.st_mode)) return file_kind(handle, status.st_mode);
  sockaddr_storage name;
  socklen_t size = sizeof name;
  int type = 0;
  socklen_t type_size = sizeof type;
  if (::getsockname(handle, reinterpret_cast<sockaddr*>(&name), &size) != 0 ||
      ::getsockopt(handle, SOL_SOCKET, SO_TYPE, &type, &type_size) != 0)
    return "socket of another kind";
  switch (name.ss_family) {
    case AF_UNIX:
      return unix_kind(type);
    case AF_INET:
      return internet_kind(type, protocol_of(handle, type)) + " over IPv4";
    case AF_INET6:
      return internet_kind(type, protocol_of(handle, type)) + " over IPv6";
    default:
      return "socket of address family " + std::to_string(name.ss_family);
  }
}

std::error_code Core::adopt(NativeHandle handle) {
  if (state_ == State::closed) return asio::error::bad_descriptor;
  if (state_ == State::open) return Errc::already_bound;
  SocketOptions applied = options_;
  applied.ipv6_only = false;  // not applied to an adopted descriptor
  if (!find_bad_option(applied, options_.family).empty()) return asio::error::invalid_argument;
  refused_.reset();
  if (const std::error_code ec = channel_->adopt(handle, options_.family)) return ec;
  state_ = State::open;
  look_at_runs();
  std::error_code ec;
  const Endpoint local = channel_->local_endpoint(ec);
  family_ = family_of(local);
  if (const std::error_code refused = apply_options(true)) {
    if (pacer_) channel_->set_pacing_rate(0);
    channel_->release(ec);  // the descriptor stays the caller's
    undo_open();
    return refused;
  }
  const Endpoint remote = channel_->remote_endpoint(ec);
  connected_ = !ec;
  peer_over_ipv4_ = connected_ && is_over_ipv4(remote.address());
  return {};
}

NativeHandle Core::release_handle(std::error_code& ec) {
  if (state_ != State::open) {
    ec = asio::error::bad_descriptor;
    return invalid_handle;
  }
  if (!ring_.empty()) {
    ec = Errc::not_drained;
    return invalid_handle;
  }
  const std::uint64_t drops = channel_->kernel_drops();
  const NativeHandle handle = channel_->release(ec);
  if (ec) return invalid_handle;
  keep_drops(drops);
  state_ = State::closed;
  cancel_all();
  ring_.park();
  count_leftovers();
  return handle;
}

void Core::close() noexcept {
  if (state_ == State::closed) return;
  // The last chance to read the counter.
  if (state_ == State::open) keep_drops(channel_->kernel_drops());
  state_ = State::closed;
  cancel_all();
  channel_->close();
  if (const std::size_t discarded = ring_.discard()) counters_.discarded_at_close += discarded;
  ring_.park();
  count_leftovers();
}

void Core::keep_drops(std::uint64_t drops) noexcept {
  if (drops != 0) counters_.kernel_drops = drops;
}

void Core::count_leftovers() noexcept {
  if (!reports_) return;
  counters_.discarded_reports += reports_->queue.size();
  reports_->queue = ReportQueue();
}

void Core::cancel_all() noexcept {
  abort_all(read_);
  abort_all(write_);
  if (reports_) abort_all(reports_->direction);
}

void Core::abort_queue(OpQueue& queue) noexcept {
  while (!queue.empty()) {
    // Removed at once, so that the loop ends. The runner of a posted operation finds it settled.
    Op& op = *queue.front();
    queue.erase(op);
    settle(op, asio::error::operation_aborted);
    const std::shared_ptr<LookupTarget> lookup = op.lookup;
    const bool is_answered = lookup && !lookup->detach();  // its answer finds it settled
    if (!op.posted && !is_answered) finish_quietly(op);
    if (lookup)
      lookup
          ->forget();  // after the posting, so that the context does not run out of work in between
  }
}

void Core::abort_all(Direction& d) noexcept {
  abort_queue(d.queue);
  if (&d == &write_ && paused_until_ != TimePoint::max()) end_pause();
  if (lookups_ && d.event != Event::error)
    abort_queue(&d == &read_ ? lookups_->reads : lookups_->writes);
  if (d.waits()) channel_->cancel_wait(d.event);
  if (&d == &read_ && waits_for_deadline()) channel_->cancel_wait(Event::deadline);
  keep_home_busy(d);
}

void Core::stop_receiving() {
  stopped_ = true;
  if (read_.waits()) channel_->cancel_wait(Event::read);  // its handler ends the queued receives
}

void Core::drain() {
  if (state_ != State::open || draining_) return;
  draining_ = true;
  if (read_.waits()) channel_->cancel_wait(Event::read);  // its handler serves the queued receives
}

CoreRef::CoreRef(Core& core) noexcept : core_(&core) {
  core_->add_reference();
}

CoreRef::CoreRef(const asio::any_io_executor& executor, const SocketOptions& options) {
  asio::execution_context& context = asio::query(executor, asio::execution::context);
  core_ = new Core(executor, options, make_channel(context, executor), pool_of(context));
}

CoreRef CoreRef::closed(const asio::any_io_executor& executor) {
  asio::execution_context& context = asio::query(executor, asio::execution::context);
  CoreRef only;
  only.core_ = new Core(executor, SocketOptions(), nullptr, pool_of(context));
  return only;
}

CoreRef::CoreRef(const CoreRef& other) noexcept : core_(other.core_) {
  if (core_) core_->add_reference();
}

void CoreRef::release() noexcept {
  core_->release();
}

const asio::any_io_executor& CoreRef::executor() const noexcept {
  return core_->executor();
}
TimePoint deadline_in(const Core& core, TimePoint::duration timeout) {
  const TimePoint now = core.channel() ? core.channel()->now() : TimePoint();
  return deadline_after(now, timeout);
}

}  // namespace detail
DGRAM_END_NAMESPACE
