#include "kernel_channel.hpp"

#include <netinet/in.h>
#include <sys/socket.h>

#include <asio/bind_cancellation_slot.hpp>
#include <asio/error.hpp>
#include <cerrno>
#include <cstring>
#include <utility>

#include "descriptor.hpp"
#include "transfer.hpp"
#if defined(__linux__)
#include <linux/sock_diag.h>
#endif

DGRAM_BEGIN_NAMESPACE

std::unique_ptr<Channel> make_kernel_channel(const asio::any_io_executor& executor) {
  return std::make_unique<detail::KernelChannel>(executor);
}

namespace detail {

namespace {

std::error_code set_integer(NativeHandle handle, int level, int name, int value) noexcept {
  return ::setsockopt(handle, level, name, &value, sizeof value) == 0 ? std::error_code() : last_error();
}

std::error_code set_up(NativeHandle handle, Family family, const SocketOptions& options) noexcept {
  if (options.reuse_address)
    if (const std::error_code ec = set_integer(handle, SOL_SOCKET, SO_REUSEADDR, 1)) return ec;
  if (options.reuse_port)
    if (const std::error_code ec = set_integer(handle, SOL_SOCKET, SO_REUSEPORT, 1)) return ec;
  // Said both ways: the default is the system's (net.ipv6.bindv6only), not ours.
  if (family == Family::ipv6)
    if (const std::error_code ec = set_integer(handle, IPPROTO_IPV6, IPV6_V6ONLY, options.ipv6_only)) return ec;
  return {};
}

/// Hands the answer of Asio's resolver on.
class ResolveHandler {
 public:
  explicit ResolveHandler(LookupHandler done) noexcept : done_(std::move(done)) {}
  void operator()(std::error_code ec, const asio::ip::udp::resolver::results_type& results) {
    if (!ec && results.empty()) ec = asio::error::host_not_found;
    done_(ec, ec ? asio::ip::address() : results.begin()->endpoint().address());
  }

 private:
  LookupHandler done_;
};

}  // namespace

std::error_code KernelChannel::open(Family family, const SocketOptions& options) {
  std::error_code ec;
  const NativeHandle handle = make_descriptor(family, ec);
  if (ec) return ec;
  ec = set_up(handle, family, options);
  if (!ec) ec = take_over(handle, family, options);
  if (ec) close_descriptor(handle);
  return ec;
}

std::error_code KernelChannel::adopt(NativeHandle handle, const SocketOptions& options) {
  Family family = Family::unspecified;
  if (const std::error_code ec = check_descriptor(handle, family)) return ec;
  if (options.family != Family::unspecified && options.family != family)
    return asio::error::address_family_not_supported;
  if (const std::error_code ec = make_nonblocking(handle)) return ec;
  return take_over(handle, family, options);
}

std::error_code KernelChannel::take_over(NativeHandle handle, Family family, const SocketOptions& options) {
  if (options.recv_buffer_size != 0)
    if (const std::error_code ec = set_integer(handle, SOL_SOCKET, SO_RCVBUF, options.recv_buffer_size)) return ec;
  if (options.send_buffer_size != 0)
    if (const std::error_code ec = set_integer(handle, SOL_SOCKET, SO_SNDBUF, options.send_buffer_size)) return ec;
  ControlPlan control;
  if (const std::error_code ec = enable_metadata(handle, family, options, control)) return ec;
  std::error_code ec;
  socket_.assign(family == Family::ipv6 ? asio::ip::udp::v6() : asio::ip::udp::v4(), handle, ec);
  if (ec) return ec;
  handle_ = handle;
  family_ = family;
  control_ = control;
  return {};
}

NativeHandle KernelChannel::release(std::error_code& ec) {
  const NativeHandle handle = socket_.release(ec);
  if (ec) return invalid_handle;
  handle_ = invalid_handle;
  if (timer_) timer_->cancel();
  return handle;
}

std::error_code KernelChannel::bind(const Endpoint& local) {
  std::error_code ec;
  socket_.bind(local, ec);
  return ec;
}

std::error_code KernelChannel::connect(const Endpoint& remote) {
  std::error_code ec;
  socket_.connect(remote, ec);  // a datagram socket's connect never waits
  return ec;
}

std::error_code KernelChannel::disconnect() {
  sockaddr nobody;
  std::memset(&nobody, 0, sizeof nobody);
  nobody.sa_family = AF_UNSPEC;
  if (::connect(handle_, &nobody, sizeof nobody) == 0) return {};
  // The BSDs report this although they have disconnected.
  if (errno == EAFNOSUPPORT) return {};
  return last_error();
}

void KernelChannel::close() noexcept {
  std::error_code ec;
  socket_.close(ec);
  handle_ = invalid_handle;
  if (timer_) timer_->cancel();
  if (resolver_) resolver_->cancel();
}

std::error_code KernelChannel::set_option(int level, int name, const void* value, std::size_t size) {
  const int result = ::setsockopt(handle_, level, name, value, static_cast<socklen_t>(size));
  return result == 0 ? std::error_code() : last_error();
}

std::error_code KernelChannel::get_option(int level, int name, void* value, std::size_t& size) const {
  socklen_t room = static_cast<socklen_t>(size);
  if (::getsockopt(handle_, level, name, value, &room) != 0) return last_error();
  size = room;
  return {};
}

std::uint64_t KernelChannel::kernel_drops() const noexcept {
#if defined(SO_MEMINFO)
  std::uint32_t values[SK_MEMINFO_VARS] = {};
  socklen_t size = sizeof values;
  if (::getsockopt(handle_, SOL_SOCKET, SO_MEMINFO, values, &size) == 0) return values[SK_MEMINFO_DROPS];
#endif
  return 0;
}

std::error_code KernelChannel::receive_batch(std::span<ReceiveSlot> slots, std::size_t& count) noexcept {
  return receive_datagrams(handle_, control_, slots, count);
}

std::error_code KernelChannel::send_batch(std::span<const SendItem> items, std::size_t& count) noexcept {
  return send_datagrams(handle_, family_, items, count);
}

void KernelChannel::wait(Event event, TimePoint deadline, WaitHandler handler) {
  if (event == Event::deadline) {
    if (!timer_) timer_.emplace(socket_.get_executor());
    timer_->expires_at(deadline);
    return timer_->async_wait(std::move(handler));
  }
  const bool reading = event == Event::read;
  asio::cancellation_signal& signal = signals_[reading ? 0 : 1];
  socket_.async_wait(reading ? asio::socket_base::wait_read : asio::socket_base::wait_write,
                     asio::bind_cancellation_slot(signal.slot(), std::move(handler)));
}

void KernelChannel::cancel_wait(Event event) noexcept {
  if (event != Event::deadline)
    signals_[event == Event::read ? 0 : 1].emit(asio::cancellation_type::terminal);
  else if (timer_)
    timer_->cancel();
}

void KernelChannel::resolve(std::string host, Family family, LookupHandler done) {
  if (!resolver_) resolver_.emplace(socket_.get_executor());
  ResolveHandler handler(std::move(done));
  if (family == Family::unspecified)
    resolver_->async_resolve(host, std::string_view(), std::move(handler));
  else
    resolver_->async_resolve(family == Family::ipv6 ? asio::ip::udp::v6() : asio::ip::udp::v4(), host,
                             std::string_view(), std::move(handler));
}

}  // namespace detail
DGRAM_END_NAMESPACE
