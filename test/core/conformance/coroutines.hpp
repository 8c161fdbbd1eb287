// Coroutines of a user's own: around recv(), and one that is ready at once.
#pragma once

#include <asio/awaitable.hpp>
#include <dgram/dgram.hpp>

namespace test {

using Recv = asio::awaitable<dgram::Datagram>;

inline Recv own_coroutine(dgram::Socket& socket) {
  dgram::Datagram datagram = co_await socket.recv();
  co_return datagram;
}
/// No coroutine: it only passes the socket's on.
inline Recv passed_on(dgram::Socket& socket) {
  return socket.recv();
}
inline Recv nested(dgram::Socket& socket) {
  dgram::Datagram datagram = co_await own_coroutine(socket);
  co_return datagram;
}

inline asio::awaitable<void> ready() {
  co_return;
}

}  // namespace test
