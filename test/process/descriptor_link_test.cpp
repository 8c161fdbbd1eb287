// Messages with descriptors between processes: whole, once, in order, and nothing left open.
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/experimental/awaitable_operators.hpp>
#include <cstring>
#include <dgram/dgram.hpp>
#include <dgram/process/descriptor_link.hpp>

#include "support/catch2.hpp"
#include "support/descriptors.hpp"
#include "support/loopback.hpp"
#include "support/run.hpp"
#include "support/run_until.hpp"

namespace process_descriptor_link_test {

namespace {

using dgram::Descriptor;
using dgram::DescriptorLink;
using Message = DescriptorLink::Message;
using namespace asio::experimental::awaitable_operators;

/// Both ends in one process.
struct LinkedEnds {
  explicit LinkedEnds(asio::io_context& io)
      : LinkedEnds(io, DescriptorLink::pair(io.get_executor())) {}
  LinkedEnds(asio::io_context& io, std::pair<DescriptorLink, Descriptor> made)
      : here(std::move(made.first)), there(io.get_executor(), std::move(made.second)) {}
  DescriptorLink here;
  DescriptorLink there;
};

/// As another program would: whatever bytes, whatever number of descriptors.
void send_raw(int fd, std::string bytes, const std::vector<int>& descriptors) {
  std::vector<char> control(CMSG_SPACE(descriptors.size() * sizeof(int)));
  iovec piece = {bytes.data(), bytes.size()};
  msghdr message = {};
  message.msg_iov = &piece;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  cmsghdr* const header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(descriptors.size() * sizeof(int));
  std::memcpy(CMSG_DATA(header), descriptors.data(), descriptors.size() * sizeof(int));
  REQUIRE(::sendmsg(fd, &message, MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size()));
}

/// Fills the link until it takes no more; returns how many messages that were.
int fill(DescriptorLink& link) {
  const std::string large(DescriptorLink::max_message, 'x');
  std::error_code ec;
  int sent = 0;
  while (sent < 1000 && link.try_send(large, {}, ec)) ++sent;
  REQUIRE(ec == asio::error::would_block);
  return sent;
}

}  // namespace

TEST_CASE("a socket that goes over a link is the same socket: its queue, its port, its settings",
          "[link]") {
  asio::io_context io;
  LinkedEnds pair(io);
  dgram::Socket socket = test::bound(io);
  dgram::Socket peer = test::bound(io);
  socket.set_ttl(77);
  test::put(peer, socket, "waits in the kernel");
  dgram::Socket taken(io);
  const auto body = [&]() -> asio::awaitable<void> {
    const std::array handles = {socket.native_handle()};
    co_await pair.here.send("take it", handles);
    std::optional<Message> message = co_await pair.there.receive();
    REQUIRE(message);
    CHECK(message->bytes == "take it");
    REQUIRE(message->descriptors.size() == 1);
    taken.adopt(message->descriptors[0].release());
  };
  test::run(io, body());
  CHECK(taken.native_handle() != socket.native_handle());
  CHECK(taken.local_endpoint() == socket.local_endpoint());
  CHECK(taken.ttl() == 77);
  socket.close();
  std::error_code ec;
  const auto datagram = taken.try_recv(ec);
  REQUIRE(datagram);
  CHECK(datagram->text() == "waits in the kernel");
}

TEST_CASE("messages keep their bounds and their order, from one byte to the longest", "[link]") {
  asio::io_context io;
  LinkedEnds pair(io);
  const std::vector<std::size_t> sizes = {1, 2, 1000, 65535, DescriptorLink::max_message, 1};
  std::vector<std::string> got;
  const auto sends = [&]() -> asio::awaitable<void> {
    for (const std::size_t size : sizes) {
      std::string bytes(size, static_cast<char>('a' + size % 26));
      co_await pair.here.send(std::move(bytes));
    }
  };
  const auto receives = [&]() -> asio::awaitable<void> {
    while (got.size() < sizes.size()) {
      std::optional<Message> message = co_await pair.there.receive();
      REQUIRE(message);
      CHECK(message->descriptors.empty());
      got.push_back(message->bytes);
    }
  };
  asio::co_spawn(io, sends(), asio::detached);
  test::run(io, receives());
  for (std::size_t i = 0; i < sizes.size(); ++i)
    CHECK(got[i] == std::string(sizes[i], static_cast<char>('a' + sizes[i] % 26)));
}

TEST_CASE("what a link does not send it refuses by name, and goes on", "[link]") {
  asio::io_context io;
  LinkedEnds pair(io);
  std::error_code ec;
  CHECK_FALSE(pair.here.try_send("", {}, ec));
  CHECK(ec == asio::error::invalid_argument);
  CHECK_FALSE(pair.here.try_send(std::string(DescriptorLink::max_message + 1, 'x'), {}, ec));
  CHECK(ec == asio::error::message_size);
  const std::vector<int> too_many(DescriptorLink::max_descriptors + 1, 0);
  CHECK_FALSE(pair.here.try_send("x", too_many, ec));
  CHECK(ec == asio::error::invalid_argument);
  const std::array closed = {-1};
  CHECK_FALSE(pair.here.try_send("x", closed, ec));
  CHECK(ec == asio::error::bad_descriptor);
  const auto body = [&]() -> asio::awaitable<void> {
    std::string empty;
    co_await pair.here.send(empty);
  };
  CHECK_THROWS_AS(test::run(io, body()), dgram::Error);
  Message message;
  CHECK_FALSE(pair.there.try_receive(message, ec));
  CHECK(ec == asio::error::would_block);
  const std::vector<int> many(DescriptorLink::max_descriptors, 0);
  CHECK(pair.here.try_send("y", many, ec));
  CHECK(pair.there.try_receive(message, ec));
  CHECK(message.bytes == "y");
  CHECK(message.descriptors.size() == DescriptorLink::max_descriptors);
}

TEST_CASE("descriptors that arrive are closed on exec, and with their message", "[link]") {
  asio::io_context io;
  LinkedEnds pair(io);
  const std::array handles = {0};
  const auto before = test::open_descriptors();
  {
    std::error_code ec;
    REQUIRE(pair.here.try_send("x", handles, ec));
    Message message;
    REQUIRE(pair.there.try_receive(message, ec));
    REQUIRE(message.descriptors.size() == 1);
    const int arrived = message.descriptors[0].get();
    CHECK((::fcntl(arrived, F_GETFD) & FD_CLOEXEC) != 0);
    CHECK(test::open_descriptors() == before + 1);
  }
  CHECK(test::open_descriptors() == before);
}

TEST_CASE("receive waits for a message, and send for room", "[link]") {
  asio::io_context io;
  LinkedEnds pair(io);
  bool arrived = false, sent = false;
  const auto receives = [&]() -> asio::awaitable<void> {
    const std::optional<Message> message = co_await pair.there.receive();
    arrived = message.has_value();
  };
  asio::co_spawn(io, receives(), asio::detached);
  io.poll();
  CHECK_FALSE(arrived);
  std::error_code ec;
  REQUIRE(pair.here.try_send("x", {}, ec));
  test::run(io);
  CHECK(arrived);

  const int waiting = fill(pair.here);
  const auto sends = [&]() -> asio::awaitable<void> {
    std::string last = "last";
    co_await pair.here.send(last);
    sent = true;
  };
  asio::co_spawn(io, sends(), asio::detached);
  io.restart();
  io.poll();
  CHECK_FALSE(sent);
  Message message;
  for (int i = 0; i < waiting; ++i) CHECK(pair.there.try_receive(message, ec));
  test::run(io);
  CHECK(sent);
  CHECK(pair.there.try_receive(message, ec));
  CHECK(message.bytes == "last");
}

TEST_CASE("what was sent before the end still arrives, then the end", "[link]") {
  asio::io_context io;
  LinkedEnds pair(io);
  std::error_code ec;
  REQUIRE(pair.here.try_send("first", {}, ec));
  REQUIRE(pair.here.try_send("second", {}, ec));
  // With something unread on the side that ends, the kernel says ECONNRESET instead of the end.
  const bool unread = GENERATE(false, true);
  if (unread) REQUIRE(pair.there.try_send("never read", {}, ec));
  pair.here.close();
  std::vector<std::string> got;
  const auto body = [&]() -> asio::awaitable<void> {
    for (;;) {
      const std::optional<Message> message = co_await pair.there.receive();
      if (!message) break;
      got.push_back(message->bytes);
    }
  };
  test::run(io, body());
  CHECK(got == std::vector<std::string>{"first", "second"});
  CHECK_FALSE(pair.there.try_send("anybody?", {}, ec));
  CHECK(ec == asio::error::broken_pipe);
  Message message;
  CHECK_FALSE(pair.there.try_receive(message, ec));
  CHECK(ec == asio::error::eof);
}

TEST_CASE("a send to an end that has gone is an error each time, and no signal", "[link]") {
  asio::io_context io;
  LinkedEnds pair(io);
  std::error_code ec;
  REQUIRE(pair.here.try_send("never read", {}, ec));
  pair.there.close();
  for (int i = 0; i < 3; ++i) {
    CHECK_FALSE(pair.here.try_send("x", {}, ec));
    CHECK(ec == asio::error::broken_pipe);
  }
}

TEST_CASE("a receive that loses a race has taken nothing", "[link][cancel]") {
  asio::io_context io;
  LinkedEnds pair(io);
  int got = 0;
  const auto ready = []() -> asio::awaitable<int> { co_return 1; };
  const auto body = [&]() -> asio::awaitable<void> {
    for (int i = 0; i < 200; ++i) {
      std::error_code ec;
      pair.here.try_send("x", {}, ec);
      if (i % 2 == 0) {
        auto winner = co_await (ready() || pair.there.receive());
        got += winner.index() == 1;
      } else {
        auto winner = co_await (pair.there.receive() || ready());
        got += winner.index() == 0;
      }
      // What the race left is still here.
      Message message;
      while (pair.there.try_receive(message, ec)) ++got;
    }
  };
  test::run(io, body());
  CHECK(got == 200);
}

TEST_CASE("close, destruction and a new link end what is pending with operation_aborted",
          "[link][cancel]") {
  asio::io_context io;
  LinkedEnds pair(io);
  auto link = std::make_unique<DescriptorLink>(std::move(pair.here));
  fill(*link);
  std::error_code received, sent;
  const auto receives = [&]() -> asio::awaitable<void> { co_await link->receive(received); };
  const auto sends = [&]() -> asio::awaitable<void> {
    std::string bytes = "x";
    co_await link->send(bytes, {}, sent);
  };
  asio::co_spawn(io, receives(), asio::detached);
  asio::co_spawn(io, sends(), asio::detached);
  io.poll();
  SECTION("close") {
    link->close();
  }
  SECTION("destruction") {
    link.reset();
  }
  SECTION("another link in its place") {
    *link = DescriptorLink(io.get_executor());
  }
  test::run(io);
  CHECK(received == asio::error::operation_aborted);
  CHECK(sent == asio::error::operation_aborted);
}

TEST_CASE("a link may be moved while it is waited on", "[link]") {
  asio::io_context io;
  LinkedEnds pair(io);
  std::string got;
  const auto receives = [&]() -> asio::awaitable<void> {
    const std::optional<Message> message = co_await pair.there.receive();
    if (message) got = message->bytes;
  };
  asio::co_spawn(io, receives(), asio::detached);
  io.poll();
  const DescriptorLink moved = std::move(pair.there);
  std::error_code ec;
  REQUIRE(pair.here.try_send("x", {}, ec));
  test::run(io);
  CHECK(got == "x");
  CHECK_FALSE(pair.there.is_open());
  CHECK_FALSE(pair.there.try_send("x", {}, ec));
  CHECK(ec == asio::error::bad_descriptor);
}

TEST_CASE("a link that is not connected answers bad_descriptor", "[link]") {
  asio::io_context io;
  DescriptorLink link(io.get_executor());
  std::error_code received, sent, ec;
  const auto body = [&]() -> asio::awaitable<void> {
    co_await link.receive(received);
    std::string bytes = "x";
    co_await link.send(bytes, {}, sent);
  };
  test::run(io, body());
  CHECK(received == asio::error::bad_descriptor);
  CHECK(sent == asio::error::bad_descriptor);
  Message message;
  CHECK_FALSE(link.try_receive(message, ec));
  CHECK(ec == asio::error::bad_descriptor);
  CHECK(link.native_handle() == dgram::invalid_handle);
  link.close();
}

TEST_CASE("a descriptor that is no link is refused by name, and closed", "[link]") {
  asio::io_context io;
  const auto refusal = [&](int fd) {
    try {
      DescriptorLink link(io.get_executor(), Descriptor(fd));
    } catch (const dgram::Error& error) {
      if (fd >= 0) CHECK_FALSE(test::is_open(fd));
      return error.code();
    }
    return std::error_code();
  };
  CHECK(refusal(-1) == asio::error::bad_descriptor);
  CHECK(refusal(::open("/dev/null", O_RDONLY | O_CLOEXEC)) == asio::error::not_socket);
  CHECK(refusal(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) == std::errc::wrong_protocol_type);
  CHECK(refusal(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) ==
        std::errc::wrong_protocol_type);
}

TEST_CASE("a process without room for descriptors is told so, keeps none, and goes on", "[link]") {
  asio::io_context io;
  LinkedEnds pair(io);
  std::error_code ec;
  const std::vector<int> three(3, 0);
  REQUIRE(pair.here.try_send("no room", three, ec));
  REQUIRE(pair.here.try_send("no descriptors", {}, ec));
  const auto before = test::open_descriptors();
  rlimit limit;
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &limit) == 0);
  rlimit tight = limit;
  tight.rlim_cur = static_cast<rlim_t>(::dup(0)) + 1;  // room for one more
  ::close(static_cast<int>(tight.rlim_cur) - 1);
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &tight) == 0);
  Message message;
  const bool taken = pair.there.try_receive(message, ec);
  ::setrlimit(RLIMIT_NOFILE, &limit);
  CHECK_FALSE(taken);
  CHECK(ec == asio::error::no_descriptors);
  CHECK(test::open_descriptors() == before);
  CHECK(pair.there.try_receive(message, ec));
  CHECK(message.bytes == "no descriptors");
}

TEST_CASE("what another program sends is refused whole, and leaves nothing open", "[link]") {
  asio::io_context io;
  LinkedEnds pair(io);
  const auto before = test::open_descriptors();
  std::error_code ec;
  Message message;
  send_raw(pair.here.native_handle(), std::string(DescriptorLink::max_message + 1, 'x'), {0});
  CHECK_FALSE(pair.there.try_receive(message, ec));
  CHECK(ec == asio::error::message_size);
  send_raw(pair.here.native_handle(), "", {0});
  CHECK_FALSE(pair.there.try_receive(message, ec));
  CHECK(ec == std::errc::protocol_error);
  CHECK(test::open_descriptors() == before);
  // More than a link would send, and all of it is here.
  send_raw(pair.here.native_handle(), "x", std::vector<int>(253, 0));
  CHECK(pair.there.try_receive(message, ec));
  CHECK(message.descriptors.size() == 253);
  message = Message();
  CHECK(test::open_descriptors() == before);
}

}  // namespace process_descriptor_link_test
