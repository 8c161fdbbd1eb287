#include "kernel_channel.hpp"

#include <netinet/in.h>
#include <sys/socket.h>

#include <asio/bind_cancellation_slot.hpp>
#include <asio/error.hpp>
#include <cerrno>
#include <cstring>
#include <utility>

#include "descriptor.hpp"
#include "error_queue.hpp"
#include "transfer.hpp"
#if defined(__linux__)
#include <linux/sock_diag.h>
#include <netinet/udp.h>
#endif

DGRAM_BEGIN_NAMESPACE

std::unique_ptr<Channel> make_kernel_channel(const asio::any_io_executor& executor) {
  return std::make_unique<detail::KernelChannel>(executor);
}

namespace detail {

namespace {

std::error_code set_integer(NativeHandle handle, int level, int name, int value) noexcept {
  return ::setsockopt(handle, level, name, &value, sizeof value) == 0 ? std::error_code()
                                                                      : last_error();
}

#if defined(__linux__) && !defined(UDP_GRO)
#define UDP_GRO 104
#endif

std::error_code set_up(NativeHandle handle, Family family, const SocketOptions& options) noexcept {
  if (options.reuse_address)
    if (const std::error_code ec = set_integer(handle, SOL_SOCKET, SO_REUSEADDR, 1)) return ec;
  if (options.reuse_port)
    if (const std::error_code ec = set_integer(handle, SOL_SOCKET, SO_REUSEPORT, 1)) return ec;
  // Said both ways: the default is the system's (net.ipv6.bindv6only), not ours.
  if (family == Family::ipv6)
    if (const std::error_code ec =
            set_integer(handle, IPPROTO_IPV6, IPV6_V6ONLY, options.ipv6_only))
      return ec;
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
#if defined(__linux__)
  // With UDP_GRO on, a train of datagrams would arrive as one. Kernels before 5.0 do not know it,
  // nor can have it on.
  set_integer(handle, IPPROTO_UDP, UDP_GRO, 0);
#endif
  if (const std::error_code ec = take_over(handle, family, options)) return ec;
  collects_reports_ = collects_reports(handle, family);
  note_peer();
  return {};
}

std::error_code KernelChannel::take_over(NativeHandle handle,
                                         Family family,
                                         const SocketOptions& options) {
  if (options.recv_buffer_size != 0)
    if (const std::error_code ec =
            set_integer(handle, SOL_SOCKET, SO_RCVBUF, options.recv_buffer_size))
      return ec;
  if (options.send_buffer_size != 0)
    if (const std::error_code ec =
            set_integer(handle, SOL_SOCKET, SO_SNDBUF, options.send_buffer_size))
      return ec;
  ControlPlan control;
  if (const std::error_code ec = enable_metadata(handle, family, options, control)) return ec;
  std::error_code ec;
  socket_.assign(family == Family::ipv6 ? asio::ip::udp::v6() : asio::ip::udp::v4(), handle, ec);
  if (ec) return ec;
  sender_ = Sender{handle, family, family == Family::ipv4};
  control_ = control;
  return {};
}

void KernelChannel::note_peer() {
  std::error_code ec;
  const asio::ip::address peer = remote_endpoint(ec).address();
  sender_.peer_over_ipv4 =
      sender_.family == Family::ipv4 || (!ec && peer.is_v6() && peer.to_v6().is_v4_mapped());
}

// While a report is unread, every wait ends at once and finds nothing: drained here, that is no
// busy loop.
void KernelChannel::quieten(std::error_code ec) noexcept {
  if (collects_reports_ && (ec == asio::error::would_block || ec == asio::error::try_again))
    unread_reports_ += drain_reports(sender_.handle);
}

NativeHandle KernelChannel::release(std::error_code& ec) {
  const NativeHandle handle = socket_.release(ec);
  if (ec) return invalid_handle;
  sender_ = Sender();
  if (timer_) timer_->cancel();
  return handle;
}

std::error_code KernelChannel::bind(const Endpoint& local) {
  std::error_code ec;
  socket_.bind(local, ec);
  return comparable(ec);
}

std::error_code KernelChannel::connect(const Endpoint& remote) {
  std::error_code ec;
  socket_.connect(remote, ec);  // a datagram socket's connect never waits
  if (!ec) note_peer();
  return comparable(ec);
}

std::error_code KernelChannel::disconnect() {
  sockaddr nobody;
  std::memset(&nobody, 0, sizeof nobody);
  nobody.sa_family = AF_UNSPEC;
  if (::connect(sender_.handle, &nobody, sizeof nobody) == 0) return {};
  // The BSDs report this although they have disconnected.
  if (errno == EAFNOSUPPORT) return {};
  return last_error();
}

void KernelChannel::close() noexcept {
  std::error_code ec;
  socket_.close(ec);
  sender_ = Sender();
  if (timer_) timer_->cancel();
  if (resolver_) resolver_->cancel();
}

std::error_code KernelChannel::set_option(int level,
                                          int name,
                                          const void* value,
                                          std::size_t size) {
  if (::setsockopt(sender_.handle, level, name, value, static_cast<socklen_t>(size)) != 0)
    return last_error();
  collects_reports_ = collects_reports(sender_.handle, sender_.family);
  return {};
}

std::error_code KernelChannel::get_option(int level,
                                          int name,
                                          void* value,
                                          std::size_t& size) const {
  socklen_t room = static_cast<socklen_t>(size);
  if (::getsockopt(sender_.handle, level, name, value, &room) != 0) return last_error();
  size = room;
  return {};
}

std::uint64_t KernelChannel::kernel_drops() const noexcept {
#if defined(SO_MEMINFO)
  std::uint32_t values[SK_MEMINFO_VARS] = {};
  socklen_t size = sizeof values;
  if (::getsockopt(sender_.handle, SOL_SOCKET, SO_MEMINFO, values, &size) == 0)
    return values[SK_MEMINFO_DROPS];
#endif
  return 0;
}

std::error_code KernelChannel::receive_batch(std::span<ReceiveSlot> slots,
                                             std::size_t& count) noexcept {
  const std::error_code ec = receive_datagrams(sender_.handle, control_, slots, count);
  quieten(ec);
  return ec;
}

std::error_code KernelChannel::send_batch(std::span<const SendItem> items,
                                          std::size_t& count) noexcept {
  const std::error_code ec = send_datagrams(sender_, items, count);
  quieten(ec);
  return ec;
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
    resolver_->async_resolve(family == Family::ipv6 ? asio::ip::udp::v6() : asio::ip::udp::v4(),
                             host,
                             std::string_view(),
                             std::move(handler));
}

}  // namespace detail
DGRAM_END_NAMESPACE
