// Options whose control messages are none of dgram's take no room away from what was asked of it.
#include <linux/net_tstamp.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <sys/socket.h>

#include <dgram/dgram.hpp>
#include <string>
#include <vector>

#include "support/catch2.hpp"
#include "support/channel_kind.hpp"
#include "support/loopback.hpp"
#include "support/offload.hpp"
#include "support/options.hpp"

namespace socket_foreign_control_test {

namespace {

/// An option by its number. What a kernel does not know it does not send either.
struct Foreign {
  int level;
  int name;
  int value;
};
constexpr int so_timestamp = 29, so_timestamping = 37, so_rxq_ovfl = 40, so_rcvmark = 75,
              so_rcvpriority = 82, so_wifi_status = 41;
const std::vector<Foreign> foreign = {
    {SOL_SOCKET, so_timestamping, SOF_TIMESTAMPING_RX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE},
    {SOL_SOCKET, so_rxq_ovfl, 1},
    {SOL_SOCKET, so_rcvmark, 1},
    {SOL_SOCKET, so_rcvpriority, 1},
    {SOL_SOCKET, so_wifi_status, 1},
    {IPPROTO_IP, IP_RETOPTS, 1},
    {IPPROTO_IP, IP_RECVOPTS, 1},
    {IPPROTO_IP, IP_ORIGDSTADDR, 1},
    {IPPROTO_IP, IP_CHECKSUM, 1},
    {IPPROTO_IP, IP_RECVFRAGSIZE, 1},
    {IPPROTO_IPV6, IPV6_ORIGDSTADDR, 1},
    {IPPROTO_IPV6, IPV6_RECVFRAGSIZE, 1},
};

enum class By { set_option, adoption, native_handle };

/// set_option() for whatever level and name.
struct Option {
  Foreign of;
  template <class Protocol>
  int level(const Protocol&) const {
    return of.level;
  }
  template <class Protocol>
  int name(const Protocol&) const {
    return of.name;
  }
  template <class Protocol>
  const void* data(const Protocol&) const {
    return &of.value;
  }
  template <class Protocol>
  std::size_t size(const Protocol&) const {
    return sizeof of.value;
  }
};

dgram::SocketOptions asking(dgram::Family family, bool gro) {
  dgram::SocketOptions options = test::with_metadata(family);
  options.gro = gro;
  options.recv_buffer_size = 100'000;
  return options;
}

/// A socket on which all that is there is on.
dgram::Socket crowded(asio::io_context& io, dgram::Family family, bool gro, By by) {
  dgram::Socket first = test::bound(io, asking(family, gro));
  for (const Foreign& one : foreign) {
    if (one.level == IPPROTO_IPV6 && family != dgram::Family::ipv6) continue;
    std::error_code ec;
    if (by == By::set_option)
      first.set_option(Option{one}, ec);
    else
      ::setsockopt(first.native_handle(), one.level, one.name, &one.value, sizeof one.value);
  }
  if (by != By::adoption) return first;
  dgram::Socket second(io, asking(family, gro));
  second.adopt(first.release());
  return second;
}

/// SO_RXQ_OVFL tells only of a socket that has lost something.
void overflow(dgram::Socket& from, dgram::Socket& to) {
  const std::string large(20'000, 'x');
  for (int i = 0; i < 100 && to.stats().kernel_drops == 0; ++i) test::put(from, to, large);
  CHECK(to.stats().kernel_drops != 0);
  test::take_texts(to);
}

}  // namespace

TEST_CASE("whatever else is on, each datagram arrives as one, with all that was asked for",
          "[socket][offload][metadata]") {
  if (!test::is_linux_channel()) return;
  const By by = GENERATE(By::set_option, By::adoption, By::native_handle);
  const dgram::Family family = GENERATE(dgram::Family::ipv4, dgram::Family::ipv6);
  const bool gro = GENERATE(false, true);
  const int batch = GENERATE(1, 16);
  // Without trains, what is behind dgram's back may take the room of metadata; that is said.
  if (by == By::native_handle && !(gro && test::granted("gro"))) return;
  INFO("by " << static_cast<int>(by) << " gro " << gro << " batch " << batch);
  asio::io_context io;
  dgram::Socket receiver = crowded(io, family, gro, by);
  dgram::Socket sender = test::bound(io, asking(family, false));
  overflow(sender, receiver);
  const std::vector<std::string> texts = test::all_sized(5, 100);
  dgram::SendOptions options;
  options.ecn = dgram::Ecn::ect0;
  std::vector<dgram::Outgoing> sent = test::outgoing(texts, receiver.local_endpoint(), options);
  REQUIRE(test::send_all(io, sender, sent) == texts.size());
  std::vector<dgram::Datagram> got(static_cast<std::size_t>(batch));
  std::vector<std::string> received;
  while (received.size() < texts.size()) {
    test::Outcome<std::size_t> outcome;
    receiver.async_recv_many(got, outcome.handler());
    io.restart();
    test::run(io);
    REQUIRE_FALSE(outcome.ec);
    for (std::size_t i = 0; i < outcome.value; ++i) {
      const dgram::Datagram& d = got[i];
      received.emplace_back(d.text());
      CHECK(d.local_address() == receiver.local_endpoint().address());
      CHECK(d.ecn() == dgram::Ecn::ect0);
      CHECK(d.hop_limit());
      CHECK(d.received_at());
      CHECK(d.reply_options().source_address);
      CHECK_FALSE(d.control_truncated());
      CHECK_FALSE(d.truncated());
    }
  }
  CHECK((received == texts));
}

}  // namespace socket_foreign_control_test
