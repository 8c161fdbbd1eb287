// Asio's own socket, by callback and by coroutine.
#include <array>
#include <asio/awaitable.hpp>
#include <asio/buffer.hpp>
#include <asio/co_spawn.hpp>
#include <asio/ip/udp.hpp>
#include <asio/use_awaitable.hpp>
#include <exception>
#include <optional>
#include <system_error>

#include "../support/context.hpp"
#include "../support/datagram_buffer.hpp"
#include "peers.hpp"
#include "ticks.hpp"

namespace bench::plain_asio {

namespace {

using asio::ip::udp;

void rethrow(const std::exception_ptr& e) {
  if (e) std::rethrow_exception(e);
}

void check(std::error_code ec) {
  if (ec) throw std::system_error(ec);
}

struct Slot {
  DatagramBuffer bytes;
  udp::endpoint from;
};

class CallbackReceiver {
 public:
  CallbackReceiver(udp::socket& socket, Tally& tally) : socket_(socket), tally_(tally) {}
  void next() {
    socket_.async_receive_from(
        asio::buffer(slot_.bytes), slot_.from, [this](std::error_code ec, std::size_t size) {
          check(ec);
          tally_.take(size);
          next();
        });
  }

 private:
  udp::socket& socket_;
  Tally& tally_;
  Slot slot_;
};

void receive_by_callback(int descriptor, const ToParent& parent, bool with_timer) {
  Context io;
  udp::socket socket(io, udp::v4(), descriptor);
  Tally tally(parent);
  CallbackReceiver receiver(socket, tally);
  std::optional<Ticks> ticks;
  if (with_timer) ticks.emplace(io, tally);
  receiver.next();
  parent.ready();
  io.run();
}

asio::awaitable<void> receive(udp::socket& socket, Tally& tally) {
  Slot slot;
  for (;;) {
    const std::size_t size = co_await socket.async_receive_from(
        asio::buffer(slot.bytes), slot.from, asio::use_awaitable);
    tally.take(size);
  }
}

void receive_by_coroutine(int descriptor, const ToParent& parent) {
  Context io;
  udp::socket socket(io, udp::v4(), descriptor);
  Tally tally(parent);
  asio::co_spawn(io, receive(socket, tally), rethrow);
  parent.ready();
  io.run();
}

class CallbackEcho {
 public:
  explicit CallbackEcho(udp::socket& socket) : socket_(socket) {}
  void next() {
    socket_.async_receive_from(
        asio::buffer(slot_.bytes), slot_.from, [this](std::error_code ec, std::size_t size) {
          check(ec);
          answer(size);
        });
  }

 private:
  void answer(std::size_t size) {
    socket_.async_send_to(
        asio::buffer(slot_.bytes, size), slot_.from, [this](std::error_code ec, std::size_t) {
          check(ec);
          next();
        });
  }

  udp::socket& socket_;
  Slot slot_;
};

void echo_by_callback(int descriptor, const ToParent& parent) {
  Context io;
  udp::socket socket(io, udp::v4(), descriptor);
  CallbackEcho echo(socket);
  echo.next();
  parent.ready();
  io.run();
}

asio::awaitable<void> echo(udp::socket& socket) {
  Slot slot;
  for (;;) {
    const std::size_t size = co_await socket.async_receive_from(
        asio::buffer(slot.bytes), slot.from, asio::use_awaitable);
    co_await socket.async_send_to(asio::buffer(slot.bytes, size), slot.from, asio::use_awaitable);
  }
}

void echo_by_coroutine(int descriptor, const ToParent& parent) {
  Context io;
  udp::socket socket(io, udp::v4(), descriptor);
  asio::co_spawn(io, echo(socket), rethrow);
  parent.ready();
  io.run();
}

}  // namespace

std::vector<Peer> receivers() {
  const auto by_callback = [](int socket, const ToParent& parent) {
    receive_by_callback(socket, parent, false);
  };
  return {{"asio_callback", by_callback}, {"asio_use_awaitable", receive_by_coroutine}};
}

Peer receiver_with_timer() {
  return {"asio_callback",
          [](int socket, const ToParent& parent) { receive_by_callback(socket, parent, true); }};
}

std::vector<Peer> echo_servers() {
  return {{"asio_callback", echo_by_callback}, {"asio_use_awaitable", echo_by_coroutine}};
}

}  // namespace bench::plain_asio
