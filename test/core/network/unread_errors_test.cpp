// An error queue that somebody else reads, or nobody: what waits on the socket does not go round in
// circles because of it.
#include <linux/net_tstamp.h>
#include <sys/socket.h>

#include <dgram/dgram.hpp>
#include <string>

#include "core/network/bound_on.hpp"
#include "core/network/narrow_link.hpp"
#include "support/catch2.hpp"
#include "support/outcome.hpp"

namespace network_unread_errors_test {

TEST_CASE("a send waits for room while transmit timestamps lie unread", "[network][errors]") {
  const bool reads_too = GENERATE(false, true);
  const test::NarrowLink link;
  asio::io_context io;
  dgram::SocketOptions options;
  options.send_buffer_size = 4096;
  dgram::Socket socket = test::bound_on(link.here, io, "0.0.0.0", options);
  socket.set_option(asio::detail::socket_option::integer<SOL_SOCKET, SO_TIMESTAMPING>(
      SOF_TIMESTAMPING_TX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE | SOF_TIMESTAMPING_OPT_TSONLY));
  const std::string bytes(1000, 'x');
  std::error_code ec;
  // Some leave, and bring their timestamps.
  CHECK(socket.try_send(bytes, dgram::make_endpoint("10.0.0.1", 9), ec));
  const dgram::Endpoint to = dgram::make_endpoint("10.0.0.2", 9);
  while (socket.try_send(bytes, to, ec)) {
  }
  CHECK(ec == asio::error::would_block);
  test::Outcome<std::size_t> sent;
  test::Outcome<dgram::Datagram> received;
  socket.async_send(bytes, to, sent.handler());
  if (reads_too) socket.async_recv(received.handler());
  int turns = 0;
  while (turns < 1000 && io.poll_one() != 0) ++turns;
  CHECK(turns < 20);
  CHECK(sent.calls == 0);
  link.open();
  test::run_until(io, [&] { return sent.calls != 0; });
  CHECK_FALSE(sent.ec);
  // The timestamps are still there for whoever wants them.
  char control[512];
  msghdr message = msghdr();
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  CHECK(::recvmsg(socket.native_handle(), &message, MSG_ERRQUEUE | MSG_DONTWAIT) >= 0);
  socket.cancel();
  io.restart();
  io.poll();
}

}  // namespace network_unread_errors_test
