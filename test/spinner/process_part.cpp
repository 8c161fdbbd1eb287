#include "spinner/process_part.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <asio/bind_cancellation_slot.hpp>
#include <asio/co_spawn.hpp>
#include <charconv>
#include <chrono>
#include <utility>

#include "spinner/fail.hpp"
#include "spinner/reached.hpp"

namespace spinner {

using namespace std::chrono_literals;

ProcessPart::ProcessPart(World&) : socket_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
  cookie_ = cookie_of(socket_.get());
}

std::uint64_t ProcessPart::cookie_of(int handle) {
  std::uint64_t cookie = 0;
  socklen_t size = sizeof cookie;
  if (::getsockopt(handle, SOL_SOCKET, SO_COOKIE, &cookie, &size) != 0)
    fail("a descriptor that was passed on is no socket");
  return cookie;
}

// ---- links

LinkPair& ProcessPart::pair(std::size_t n) {
  std::shared_ptr<LinkPair>& one = pairs_[n];
  if (!one) {
    one = std::make_shared<LinkPair>();
    const asio::any_io_executor executor = stage_.context().get_executor();
    auto [link, other] = CALL_STATIC(DescriptorLink, pair, executor);
    one->ends[0].link = std::make_unique<dgram::DescriptorLink>(std::move(link));
    one->ends[1].link = std::make_unique<dgram::DescriptorLink>(executor, std::move(other));
    if (CALL(DescriptorLink, *one->ends[1].link, get_executor) != executor)
      fail("a link has another executor than it was made with");
  }
  return *one;
}

std::string ProcessPart::write(LinkEnd& end, std::uint64_t& number) {
  number = ++numbered_;
  end.under_way.insert(number);
  return std::to_string(number) + std::string(number * 7919 % 3000, 'x');
}

std::vector<dgram::NativeHandle> ProcessPart::descriptors(std::size_t count) const {
  return std::vector<dgram::NativeHandle>(count, socket_.get());
}

void ProcessPart::received(LinkPair& pair,
                           std::size_t to,
                           const dgram::DescriptorLink::Message& message) {
  for (const dgram::Descriptor& one : message.descriptors)
    if (cookie_of(one.get()) != cookie_) fail("a link brings another socket than was sent");
  std::uint64_t number = 0;
  const char* const begin = message.bytes.data();
  const auto [end, error] = std::from_chars(begin, begin + message.bytes.size(), number);
  if (error != std::errc()) {
    if (!pair.is_hostile) fail("a link brings what nobody has sent");
    return;
  }
  if (static_cast<std::size_t>(begin + message.bytes.size() - end) != number * 7919 % 3000)
    fail("message " + std::to_string(number) + " of a link has another length");
  if (pair.ends[1 - to].under_way.erase(number) == 0)
    fail("message " + std::to_string(number) + " of a link has come twice, or was not sent");
}

asio::awaitable<void> ProcessPart::send(std::size_t n,
                                        std::size_t from,
                                        std::size_t count,
                                        bool throws) {
  const std::shared_ptr<LinkPair> one = pairs_[n];
  LinkEnd& end = one->ends[from];
  std::uint64_t number = 0;
  std::string text = write(end, number);
  const std::vector<dgram::NativeHandle> handles = descriptors(count);
  std::error_code ec;
  ++end.sends;
  try {
    if (throws && count == 0)
      co_await CALL(DescriptorLink, *end.link, send, std::move(text));
    else if (throws)
      co_await CALL(DescriptorLink, *end.link, send, std::move(text), handles);
    else
      co_await CALL(DescriptorLink, *end.link, send, std::move(text), handles, ec);
  } catch (const dgram::Error& error) {
    ec = error.code();
  }
  --end.sends;
  if (ec && end.under_way.erase(number) == 0)
    fail("a link says " + ec.message() + ", and its message has arrived");
}

asio::awaitable<void> ProcessPart::receive(std::size_t n, std::size_t to, bool throws) {
  const std::shared_ptr<LinkPair> one = pairs_[n];
  LinkEnd& end = one->ends[to];
  std::error_code ec;
  std::optional<dgram::DescriptorLink::Message> message;
  ++end.receives;
  try {
    if (throws)
      message = co_await CALL(DescriptorLink, *end.link, receive);
    else
      message = co_await CALL(DescriptorLink, *end.link, receive, ec);
  } catch (const dgram::Error& error) {
    ec = error.code();
  }
  --end.receives;
  if (message && ec) fail("a link brings a message and an error");
  if (message) received(*one, to, *message);
}

void ProcessPart::end_pair(std::size_t n) {
  const std::shared_ptr<LinkPair> one = pairs_[n];
  if (!one) return;
  for (std::size_t to = 0; to < 2; ++to) {
    dgram::DescriptorLink& link = *one->ends[to].link;
    dgram::DescriptorLink::Message message;
    std::error_code ec;
    for (int errors = 0; errors < 100 && CALL(DescriptorLink, link, is_open);) {
      if (CALL(DescriptorLink, link, try_receive, message, ec))
        received(*one, to, message);
      else if (ec == asio::error::would_block || ec == asio::error::eof)
        break;
      else
        ++errors;
    }
  }
  for (const LinkEnd& end : one->ends)
    if (end.sends == 0 && !one->has_closed && !end.under_way.empty())
      fail("message " + std::to_string(*end.under_way.begin()) + " of a link is lost");
  for (LinkEnd& end : one->ends) CALL(DescriptorLink, *end.link, close);
}

// ---- handover

void ProcessPart::start_server(const Plan& plan) {
  if (servers_.size() > 4) return;
  auto server = std::make_shared<Server>();
  server->handover =
      std::make_shared<dgram::Handover>(stage_.context().get_executor(), folder_ / "handover");
  if (CALL(Handover, *server->handover, path) != folder_ / "handover")
    fail("a handover has another path");
  servers_.push_back(server);
  const auto ended = [this, server](const std::exception_ptr& failure) {
    try {
      if (failure) std::rethrow_exception(failure);
    } catch (const std::system_error& error) {
      if (error.code() != asio::error::operation_aborted)
        fail(std::string("a server ends with ") + error.what());
    }
    if (server->state == Server::State::serving) close_server(*server);
    CALL(Handover, *server->handover, close);
    servers_.remove(server);
  };
  asio::co_spawn(stage_.context(),
                 serve(server, plan),
                 asio::bind_cancellation_slot(server->signal.slot(), ended));
}

void ProcessPart::close_server(Server& server) {
  if (server.state == Server::State::serving) must_serve_ = false;
  server.state = Server::State::gone;
  CALL(Handover, *server.handover, close);
}

void ProcessPart::call_as_stranger(const std::string& says) const {
  const dgram::Descriptor caller(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  (folder_ / "handover").copy(address.sun_path, sizeof address.sun_path - 1);
  // Who listens may be gone, or have too many callers.
  ::fcntl(caller.get(), F_SETFL, O_NONBLOCK);
  if (::connect(caller.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0)
    ::send(caller.get(), says.data(), says.size(), MSG_NOSIGNAL);
}

std::size_t ProcessPart::serving() const {
  std::size_t count = 0;
  for (const std::shared_ptr<Server>& one : servers_) count += one->state == Server::State::serving;
  return count;
}

asio::awaitable<void> ProcessPart::serve(std::shared_ptr<Server> server, Plan plan) {
  dgram::Handover& handover = *server->handover;
  std::error_code ec;
  dgram::NamedDescriptors taken;
  try {
    if (plan.throws)
      taken = co_await CALL(Handover, handover, take_over);
    else
      taken = co_await CALL(Handover, handover, take_over, 10s, ec);
  } catch (const dgram::Error& error) {
    ec = error.code();
  }
  if (ec || plan.gives_up) co_return;
  if (taken.empty())
    server->socket = dgram::Descriptor(::fcntl(socket_.get(), F_DUPFD_CLOEXEC, 0));
  else
    server->socket = taken.take("socket");
  if (!server->socket || cookie_of(server->socket.get()) != cookie_)
    fail("a successor gets another socket than was offered");
  const dgram::NativeHandle handle = server->socket.get();
  CALL(Handover, handover, offer, "socket", handle);
  CALL(Handover, handover, offer, "unwanted", socket_.get());
  CALL(Handover, handover, withdraw, socket_.get());
  server->state = Server::State::getting_ready;
  try {
    if (plan.throws)
      co_await CALL(Handover, handover, ready);
    else
      co_await CALL(Handover, handover, ready, 10s, ec);
  } catch (const dgram::Error& error) {
    ec = error.code();
  }
  if (ec) co_return;
  must_serve_ = true;
  const bool was_closed = server->state == Server::State::gone;
  server->state = Server::State::serving;
  if (was_closed) {  // too late: it was decided
    close_server(*server);
    co_return;
  }
  try {
    if (plan.throws)
      co_await CALL(Handover, handover, predecessor_gone);
    else
      co_await CALL(Handover, handover, predecessor_gone, ec);
    if (!ec && plan.throws)
      co_await CALL(Handover, handover, handed_over);
    else if (!ec)
      co_await CALL(Handover, handover, handed_over, 1min, ec);
  } catch (const dgram::Error& error) {
    ec = error.code();
  }
  if (ec) co_return;
  server->state = Server::State::gone;
}

// ---- quiescent points

void ProcessPart::end_operations() {
  const auto settled = [this] {
    for (const std::shared_ptr<Server>& one : servers_)
      if (one->state == Server::State::taking_over || one->state == Server::State::getting_ready)
        return false;
    return serving() <= 1;
  };
  stage_.run_until(settled, [this] {
    return std::to_string(serving()) + " of " + std::to_string(servers_.size()) +
           " servers serve, and the others do not end";
  });
  stage_.act(
      [this] {
        if (must_serve_ && serving() != 1) fail("a socket was handed over, and nobody has it");
        for (const std::shared_ptr<Server>& one : servers_) close_server(*one);
        for (std::size_t n = 0; n < pairs_count; ++n) end_pair(n);
      },
      false);
  const auto ended = [this] {
    for (const std::shared_ptr<LinkPair>& one : pairs_)
      if (one)
        for (const LinkEnd& end : one->ends)
          if (end.sends != 0 || end.receives != 0) return false;
    return servers_.empty();
  };
  stage_.run_until(ended, [] { return std::string("a closed link or server does not end"); });
  pairs_ = {};
}

}  // namespace spinner
