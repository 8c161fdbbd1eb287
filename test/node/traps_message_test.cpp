// How datagrams come, and the settings of a socket: where Node surprises, what dgram promises.
#include <algorithm>
#include <asio/post.hpp>
#include <cstdint>
#include <functional>
#include <utility>

#include "failures.hpp"
#include "support/catch2.hpp"
#include "trace.hpp"

namespace node_traps_message_test {

namespace event = dgram::node::event;
using dgram::node::create_socket;
using dgram::node::Error;
using dgram::node::next_tick;
using dgram::node::Socket;
using test::code_of;
using test::run_through;
using Texts = std::vector<std::string>;

TEST_CASE("without a listener messages are read, lost, and counted", "[node][trap]") {
  asio::io_context io;
  Socket socket = create_socket(io, "udp4");
  const int port = socket.bind_sync({0, "127.0.0.1"}).port;
  Texts came;
  socket.send("lost", port, "127.0.0.1");
  socket.send("lost", port, "127.0.0.1", [&](const Error*, std::size_t) {
    asio::post(io, [&] {
      asio::post(io, [&] {
        socket.on(event::message, [&](const dgram::Datagram& message, const auto&) {
          came.emplace_back(message.text());
          socket.close();
        });
        socket.send("heard", port, "127.0.0.1");
      });
    });
  });
  CHECK(run_through(io) == Texts{});
  CHECK(came.size() == 1);
  CHECK(socket.stats().unheard_messages + 1 == socket.stats().datagrams_received);
}

TEST_CASE("ticks run between two messages of one batch", "[node][trap]") {
  asio::io_context io;
  Socket socket = create_socket(io, "udp4");
  const int port = socket.bind_sync({0, "127.0.0.1"}).port;
  Texts order;
  socket.on(event::message, [&](const dgram::Datagram& message, const auto&) {
    const std::string text(message.text());
    order.push_back(text);
    next_tick(io, [&, text] {
      order.push_back("tick of " + text);
      if (text == "3") socket.close();
    });
  });
  for (const char* text : {"1", "2", "3"}) socket.send(text, port, "127.0.0.1");
  CHECK(run_through(io) == Texts{});
  CHECK(order == Texts{"1", "tick of 1", "2", "tick of 2", "3", "tick of 3"});
}

TEST_CASE("a busy socket does not starve another: they take turns of 32 messages", "[node][trap]") {
  constexpr int each = 96;
  asio::io_context io;
  Socket sender = create_socket(io, "udp4"), a = create_socket(io, "udp4"),
         b = create_socket(io, "udp4");
  std::string order;
  for (Socket* socket : {&a, &b}) {
    const int port = socket->bind_sync({0, "127.0.0.1"}).port;
    socket->on(event::message, [&, socket, heard = 0](const auto&, const auto&) mutable {
      order += socket == &a ? 'a' : 'b';
      if (++heard == each) socket->close();
    });
    for (int i = 0; i < each; ++i) sender.send("x", port, "127.0.0.1");
  }
  sender.send("x", 9, "127.0.0.1", [&](const Error*, std::size_t) { sender.close(); });
  CHECK(run_through(io) == Texts{});
  REQUIRE(order.size() == 2 * each);
  for (std::size_t from = 0, run = 0; from < order.size(); from += run) {
    run = std::min(order.find_first_not_of(order[from], from), order.size()) - from;
    CHECK(run <= 32);
  }
}

TEST_CASE("a message is whole, however large, and nobody else's", "[node][trap]") {
  asio::io_context io;
  Socket socket = create_socket(io, "udp4");
  const int port = socket.bind_sync({0, "127.0.0.1"}).port;
  std::vector<dgram::Datagram> kept;
  socket.on(event::message, [&](const dgram::Datagram& message, const auto& rinfo) {
    CHECK(rinfo.size() == message.size());
    kept.push_back(message.copy());
    if (message.size() == 0) socket.close();
  });
  socket.send(std::string(65'507, 'a'), port, "127.0.0.1");
  socket.send(std::string(1, 'b'), port, "127.0.0.1");
  socket.send(std::string(2'049, 'c'), port, "127.0.0.1");
  socket.send("", port, "127.0.0.1");
  CHECK(run_through(io) == Texts{});
  REQUIRE(kept.size() == 4);
  CHECK(kept[0].text() == std::string(65'507, 'a'));
  CHECK(kept[1].text() == "b");
  CHECK(kept[2].text() == std::string(2'049, 'c'));
  CHECK(kept[3].text().empty());
}

TEST_CASE("settings of a socket that is not bound fail with EBADF, behind the check of their range",
          "[node][trap]") {
  asio::io_context io;
  Socket socket = create_socket(io, "udp4");
  CHECK(code_of([&] { socket.set_ttl(1); }) == "EBADF");
  CHECK(code_of([&] { socket.set_ttl(0); }) == "EINVAL");
  CHECK(code_of([&] { socket.set_ttl(256); }) == "EINVAL");
  CHECK(code_of([&] { socket.set_multicast_ttl(0); }) == "EBADF");
  CHECK(code_of([&] { socket.set_multicast_ttl(-1); }) == "EINVAL");
  CHECK(code_of([&] { socket.set_multicast_ttl(256); }) == "EINVAL");
  CHECK(code_of([&] { socket.set_broadcast(true); }) == "EBADF");
  CHECK(code_of([&] { socket.set_multicast_loopback(true); }) == "EBADF");
  CHECK(code_of([&] { socket.set_multicast_interface("127.0.0.1"); }) == "EBADF");
  CHECK(code_of([&] { socket.set_multicast_interface("no address"); }) == "EINVAL");
  CHECK(code_of([&] { socket.get_recv_buffer_size(); }) == "ERR_SOCKET_BUFFER_SIZE");
  CHECK(code_of([&] { socket.set_send_buffer_size(4096); }) == "ERR_SOCKET_BUFFER_SIZE");
  CHECK(code_of([&] { socket.set_send_buffer_size(-1); }) == "ERR_SOCKET_BAD_BUFFER_SIZE");
  CHECK(socket.get_send_queue_size() == 0);
  CHECK(socket.get_send_queue_count() == 0);
  CHECK(code_of([&] { socket.bind_sync({0, "127.0.0.1"}); }).empty());
  CHECK(socket.set_ttl(255) == 255);
  CHECK(socket.set_multicast_ttl(0) == 0);
  CHECK_FALSE(socket.set_multicast_loopback(false));
  socket.close();
  CHECK(run_through(io) == Texts{});
}

TEST_CASE("a buffer size of 0 changes nothing, one that is no size is refused", "[node][trap]") {
  asio::io_context io;
  Socket socket = create_socket(io, "udp4");
  socket.bind_sync({0, "127.0.0.1"});
  socket.set_recv_buffer_size(10'000);
  CHECK(socket.get_recv_buffer_size() == 20'000);
  socket.set_recv_buffer_size(0);
  CHECK(socket.get_recv_buffer_size() == 20'000);
  CHECK(code_of([&] { socket.set_recv_buffer_size(-1); }) == "ERR_SOCKET_BAD_BUFFER_SIZE");
  CHECK(code_of([&] { socket.set_recv_buffer_size(std::int64_t{1} << 32); }) ==
        "ERR_SOCKET_BAD_BUFFER_SIZE");
  CHECK(code_of([&] { socket.set_recv_buffer_size(std::int64_t{1} << 31); }) ==
        "ERR_SOCKET_BUFFER_SIZE");
  CHECK(socket.get_recv_buffer_size() == 20'000);
  socket.close();
  CHECK(run_through(io) == Texts{});
}

TEST_CASE("run does not wait for a socket that is unbound or unref'ed, and an unref'ed one works",
          "[node][trap]") {
  asio::io_context io;
  Socket unbound = create_socket(io, "udp4");
  Socket quiet = create_socket(io, "udp4");
  quiet.unref();
  bool listening = false, heard = false;
  quiet.bind(0, "127.0.0.1", [&] { listening = true; });
  CHECK(run_through(io) == Texts{});
  CHECK(listening);

  quiet.on(event::message, [&](const auto&, const auto&) {
    heard = true;
    quiet.close();
    unbound.close();
  });
  quiet.send("x", quiet.address().port, "127.0.0.1");
  quiet.ref();
  CHECK(run_through(io) == Texts{});
  CHECK(heard);
}

}  // namespace node_traps_message_test
