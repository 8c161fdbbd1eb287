#include <asio/error.hpp>
#include <dgram/detail/host_action.hpp>
#include <dgram/detail/request.hpp>
#include <dgram/socket_base.hpp>

#include "core.hpp"
#include "option_rules.hpp"

DGRAM_BEGIN_NAMESPACE

namespace detail {

std::error_code make_destination(const asio::ip::address& address, int port, Endpoint& endpoint) {
  if (port < 1 || port > 65535) return Errc::bad_port;
  endpoint = Endpoint(address, static_cast<unsigned short>(port));
  return {};
}

std::error_code act(Core& core, HostAction action, const asio::ip::address& address, int port) {
  if (port < 0 || port > 65535) return Errc::bad_port;
  const Endpoint endpoint(address, static_cast<unsigned short>(port));
  return action == HostAction::bind ? core.bind(&endpoint) : core.connect(endpoint);
}

Family lookup_family(const Core& core) noexcept {
  return core.family() != Family::unspecified ? core.family() : core.options().family;
}

}  // namespace detail

namespace {

void throw_if(const std::error_code& ec,
              std::string_view operation,
              std::string_view subject = {}) {
  if (ec) throw Error(ec, operation, subject);
}

/// For the calls that may open the socket: an option that it cannot have is what the error is
/// about.
void throw_if(const std::error_code& ec,
              std::string_view operation,
              const detail::Core& core,
              const std::string& subject) {
  if (!ec) return;
  const Family family =
      core.family() != Family::unspecified ? core.family() : core.options().family;
  const std::string option = ec == asio::error::invalid_argument && !core.is_open()
                                 ? detail::find_bad_option(core.options(), family)
                                 : std::string();
  throw Error(ec, operation, option.empty() ? subject : option);
}

}  // namespace

SocketBase::SocketBase(const asio::any_io_executor& executor, const SocketOptions& options)
    : executor_(executor), core_(executor, options) {}

// The executor is copied: a moved-from socket still has one, to answer on.
SocketBase::SocketBase(SocketBase&& other) noexcept
    : executor_(other.executor_), core_(std::move(other.core_)) {}

SocketBase& SocketBase::operator=(SocketBase&& other) noexcept {
  if (this == &other) return *this;
  if (core_) core_->close();
  executor_ = other.executor_;
  core_ = std::move(other.core_);
  return *this;
}

SocketBase::~SocketBase() {
  if (core_) core_->close();
}

const detail::CoreRef& SocketBase::core() const {
  if (!core_) core_ = detail::CoreRef::closed(executor_);
  return core_;
}

void SocketBase::bind() {
  throw_if(core()->bind(nullptr), "bind", *core(), {});
}

void SocketBase::bind(const Endpoint& local) {
  throw_if(core()->bind(&local), "bind", *core(), to_string(local));
}

void SocketBase::bind(const Endpoint& local, std::error_code& ec) {
  ec = core()->bind(&local);
}

void SocketBase::connect(const Endpoint& remote) {
  throw_if(core()->connect(remote), "connect", *core(), to_string(remote));
}

void SocketBase::connect(const Endpoint& remote, std::error_code& ec) {
  ec = core()->connect(remote);
}

void SocketBase::disconnect() {
  throw_if(core()->disconnect(), "disconnect");
}

void SocketBase::disconnect(std::error_code& ec) {
  ec = core()->disconnect();
}

void SocketBase::close() {
  if (core_) core_->close();
}

void SocketBase::cancel() {
  if (core_) core_->cancel_all();
}

bool SocketBase::is_open() const noexcept {
  return core_ && core_->is_open();
}

void SocketBase::adopt(NativeHandle handle) {
  throw_if(core()->adopt(handle), "adopt", *core(), std::to_string(handle));
}

void SocketBase::adopt(NativeHandle handle, std::error_code& ec) {
  ec = core()->adopt(handle);
}

NativeHandle SocketBase::release() {
  std::error_code ec;
  const NativeHandle handle = release(ec);
  throw_if(ec, "release");
  return handle;
}

NativeHandle SocketBase::release(std::error_code& ec) {
  ec.clear();
  return core()->release_handle(ec);
}

void SocketBase::stop_receiving() {
  core()->stop_receiving();
}

NativeHandle SocketBase::native_handle() const noexcept {
  return is_open() ? core_->channel()->native_handle() : invalid_handle;
}

Endpoint SocketBase::local_endpoint() const {
  std::error_code ec;
  const Endpoint endpoint = local_endpoint(ec);
  throw_if(ec, "local_endpoint");
  return endpoint;
}

Endpoint SocketBase::local_endpoint(std::error_code& ec) const {
  ec = asio::error::bad_descriptor;
  return is_open() ? core_->channel()->local_endpoint(ec) : Endpoint();
}

Endpoint SocketBase::remote_endpoint() const {
  std::error_code ec;
  const Endpoint endpoint = remote_endpoint(ec);
  throw_if(ec, "remote_endpoint");
  return endpoint;
}

Endpoint SocketBase::remote_endpoint(std::error_code& ec) const {
  ec = asio::error::bad_descriptor;
  return is_open() ? core_->channel()->remote_endpoint(ec) : Endpoint();
}

void SocketBase::set_lookup(Lookup lookup) {
  core()->set_lookup(std::move(lookup));
}

std::optional<Datagram> SocketBase::try_recv(std::error_code& ec) {
  detail::Core& core = *this->core();
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

bool SocketBase::try_send(Payload payload, const Endpoint& to, std::error_code& ec) {
  return try_send(detail::SendRequest(payload, to, SendOptions()), ec);
}

bool SocketBase::try_send(Payload payload, std::error_code& ec) {
  return try_send(detail::SendRequest(payload, SendOptions()), ec);
}

bool SocketBase::try_send(detail::SendRequest request, std::error_code& ec) {
  detail::Core& core = *this->core();
  if (core.anyone_writes() || !request.attempt(core, ec)) ec = asio::error::would_block;
  return !ec;
}

std::size_t SocketBase::send_queue_size() const noexcept {
  return core_ ? core_->send_queue_size() : 0;
}

std::size_t SocketBase::send_queue_count() const noexcept {
  return core_ ? core_->send_queue_count() : 0;
}

Stats SocketBase::stats() const {
  return core()->stats();
}

SocketBase::Protocol SocketBase::protocol() const noexcept {
  return core_ && core_->family() == Family::ipv6 ? Protocol::v6() : Protocol::v4();
}

std::error_code SocketBase::set_option(int level, int name, const void* value, std::size_t size) {
  if (!is_open()) return asio::error::bad_descriptor;
  return core_->channel()->set_option(level, name, value, size);
}

std::error_code SocketBase::get_option(int level, int name, void* value, std::size_t& size) const {
  if (!is_open()) return asio::error::bad_descriptor;
  return core_->channel()->get_option(level, name, value, size);
}

DGRAM_END_NAMESPACE
