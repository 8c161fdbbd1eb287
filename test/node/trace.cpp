#include "trace.hpp"

#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <asio/ip/udp.hpp>
#include <asio/steady_timer.hpp>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <system_error>

#include "support/network.hpp"

namespace test {

namespace node = dgram::node;

namespace {

/// As JSON.stringify() writes it.
std::string stringify(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    if (c == '\n') {
      result += "\\n";
    } else if (static_cast<unsigned char>(c) < 0x20) {
      char escape[7];
      std::snprintf(escape, sizeof escape, "\\u%04x", static_cast<unsigned>(c));
      result += escape;
    } else {
      result += c;
    }
  }
  return result + '"';
}

std::string or_dash(const std::string& text) {
  return text.empty() ? "-" : text;
}

/// Bytes that wait for the UDP port, as the kernel counts them.
std::size_t waiting_for(int port) {
  std::ifstream file("/proc/thread-self/net/udp");
  std::string line;
  char wanted[8];
  std::snprintf(wanted, sizeof wanted, ":%04X", static_cast<unsigned>(port));
  while (std::getline(file, line)) {
    std::istringstream words(line);
    std::string number, local, remote, state, queues;
    words >> number >> local >> remote >> state >> queues;
    if (local.size() > 5 && local.substr(local.size() - 5) == wanted)
      return std::stoul(queues.substr(queues.find(':') + 1), nullptr, 16);
  }
  return 0;
}

ino_t inode_of(int fd) {
  struct stat status {};
  return ::fstat(fd, &status) == 0 ? status.st_ino : 0;
}

}  // namespace

node::Error plain_error(std::string message) {
  node::Error::Fields fields;
  fields.message = std::move(message);
  return node::Error(std::move(fields));
}

node::Error not_found(const std::string& hostname) {
  node::Error::Fields fields;
  fields.code = "ENOTFOUND";
  fields.message = "getaddrinfo ENOTFOUND " + hostname;
  fields.number = -3008;
  fields.syscall = "getaddrinfo";
  fields.hostname = hostname;
  return node::Error(std::move(fields));
}

node::SocketOptions udp4_with_lookup(node::Lookup lookup) {
  node::SocketOptions options;
  options.type = "udp4";
  options.lookup = std::move(lookup);
  return options;
}

node::SocketOptions udp4_with_signal(const std::stop_source& controller) {
  node::SocketOptions options;
  options.type = "udp4";
  options.signal = controller.get_token();
  return options;
}

Inherited::Inherited(int fd) : fd_(fd), inode_(inode_of(fd)) {}

// The number may be another file's by now, or nobody's.
Inherited::~Inherited() {
  if (inode_of(fd_) == inode_) ::close(fd_);
}

void Trace::tick(std::string name) {
  node::next_tick(io, [this, name = std::move(name)] { log("tick " + name); });
}

void Trace::immediate(std::string name) {
  const auto timer = std::make_shared<asio::steady_timer>(io, std::chrono::steady_clock::now());
  timer->async_wait(
      [this, timer, name = std::move(name)](std::error_code) { log("immediate " + name); });
}

void Trace::set_timeout(int milliseconds, std::function<void()> f) {
  const auto timer =
      std::make_shared<asio::steady_timer>(io, std::chrono::milliseconds(milliseconds));
  timer->async_wait([this, timer, f = std::move(f)](std::error_code) { node::next_tick(io, f); });
}

// A wait counts as work of the context, and is taken from the count when it ends.
void Trace::set_unref_timeout(int milliseconds, std::function<void()> f) {
  const auto timer =
      std::make_shared<asio::steady_timer>(io, std::chrono::milliseconds(milliseconds));
  const asio::io_context::executor_type context = io.get_executor();
  timer->async_wait([this, timer, context, f = std::move(f)](std::error_code) {
    context.on_work_started();
    node::next_tick(io, f);
  });
  context.on_work_finished();
}

void Trace::port(const node::Socket& socket, const std::string& name) {
  ports_[socket.address().port] = name;
}

void Trace::on(node::Socket& socket, const std::string& name, node::event::Message) {
  socket.on(node::event::message,
            [this, name](const dgram::Datagram& received, const node::RemoteInfo& rinfo) {
              message(name, received, rinfo);
            });
}
void Trace::on(node::Socket& socket, const std::string& name, node::event::Listening) {
  socket.on(node::event::listening, [this, name] { log("listening " + name); });
}
void Trace::on(node::Socket& socket, const std::string& name, node::event::Connect) {
  socket.on(node::event::connect, [this, name] { log("connect " + name); });
}
void Trace::on(node::Socket& socket, const std::string& name, node::event::Close) {
  socket.on(node::event::close, [this, name] { log("close " + name); });
}
void Trace::on(node::Socket& socket, const std::string& name, node::event::Error) {
  socket.on(node::event::error, [this, name](const node::Error& failure) { error(name, failure); });
}

void Trace::readable(const node::Socket& socket, int count) {
  const int port = socket.address().port;
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (std::chrono::steady_clock::now() < deadline) {
    const std::size_t waiting = waiting_for(port);
    if (count == 1 && waiting > 0) one_ = waiting;
    if (waiting > 0 && waiting >= static_cast<std::size_t>(count) * one_) return;
  }
  log("no datagram arrived");
}

int Trace::fd(const node::Socket& socket) {
  const int port = socket.address().port;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    const int fd = std::stoi(entry.path().filename());
    int type = 0;
    socklen_t type_size = sizeof type;
    asio::ip::udp::endpoint local;
    auto local_size = static_cast<socklen_t>(local.capacity());
    if (::getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &type_size) == 0 && type == SOCK_DGRAM &&
        ::getsockname(fd, local.data(), &local_size) == 0 && local.port() == port)
      return fd;
  }
  throw std::runtime_error("the socket has no descriptor");
}

int Trace::descriptor(std::string_view kind) {
  const int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  descriptors_.emplace_back(fd);
  asio::ip::udp::endpoint local(asio::ip::address_v4::loopback(), 0);
  auto size = static_cast<socklen_t>(local.size());
  if (::bind(fd, local.data(), size) != 0 || ::getsockname(fd, local.data(), &size) != 0)
    throw std::system_error(errno, std::generic_category(), "descriptor");
  // To itself: nobody else can be harmed.
  if (kind == "udp4-connected" && ::connect(fd, local.data(), size) != 0)
    throw std::system_error(errno, std::generic_category(), "descriptor");
  return fd;
}

void Trace::ip(std::string_view arguments) const {
  if (!network_) throw std::logic_error("not in a network of its own");
  network_->ip(arguments);
}

void Trace::message(const std::string& name,
                    const dgram::Datagram& received,
                    const node::RemoteInfo& rinfo) {
  const std::string payload = received.size() <= 64 ? stringify(received.text())
                                                    : std::to_string(received.size()) + " bytes";
  log("message " + name + ' ' + payload + " from " + rinfo.address() + ' ' +
      port_text(rinfo.port()) + ' ' + std::string(rinfo.family()) +
      " size=" + std::to_string(rinfo.size()));
}

void Trace::sent(const std::string& what, const node::Error* failure, std::size_t bytes) {
  if (failure)
    log("sent " + what + " bytes=- error " + words_of(*failure));
  else
    log("sent " + what + " bytes=" + std::to_string(bytes) + " error=null");
}

void Trace::error(const std::string& where, const node::Error& failure) {
  log(where + " error " + words_of(failure));
}

std::string Trace::text_of(const std::string& value) {
  return stringify(value);
}

std::string Trace::text_of(const node::AddressInfo& value) const {
  return value.address + ' ' + port_text(value.port) + ' ' + value.family;
}

// Ports that a scenario chose itself are lower than those that the kernel chooses.
std::string Trace::port_text(int port) const {
  if (port < 0) return "-";
  const auto named = ports_.find(port);
  if (named != ports_.end()) return '<' + named->second + '>';
  return port < 32768 ? std::to_string(port) : "<unregistered>";
}

std::string Trace::words_of(const node::Error& error) const {
  std::string message = error.message();
  const std::size_t colon = message.rfind(':');
  if (error.port() > 0 && colon != std::string::npos)
    message = message.substr(0, colon + 1) + port_text(error.port());
  std::string text = "name=" + error.name() + " code=" + or_dash(error.code()) +
                     " errno=" + (error.number() == 0 ? "-" : std::to_string(error.number())) +
                     " syscall=" + or_dash(error.syscall()) +
                     " address=" + or_dash(error.address()) + " port=" + port_text(error.port());
  if (!error.hostname().empty()) text += " hostname=" + error.hostname();
  return text + " message=" + stringify(message);
}

void Trace::try_call(const std::string& what, const std::function<std::string()>& call) {
  std::string result;
  try {
    result = call();
  } catch (const node::Error& failure) {
    return log(what + " threw " + words_of(failure));
  }
  log(what + " returned " + result);
}

}  // namespace test
