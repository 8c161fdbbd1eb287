// The kernel channel on Linux: what control messages bring, and what they make a send do.
#include <array>
#include <asio/error.hpp>
#include <chrono>
#include <support/catch2.hpp>
#include <support/channel_io.hpp>
#include <support/slot_filler.hpp>
#include <tuple>

#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace contract_metadata_test {

using dgram::Datagram;
using dgram::Endpoint;
using dgram::Family;
using dgram::Metadata;
using dgram::SendOptions;

namespace {

constexpr std::uint8_t everything = Metadata::local_address_item | Metadata::traffic_class_item |
                                    Metadata::hop_limit_item | Metadata::timestamp_item;

test::Settings all_metadata() {
  return {{dgram::Setting::receive_local_address, 1},
          {dgram::Setting::receive_ecn, 1},
          {dgram::Setting::receive_hop_limit, 1},
          {dgram::Setting::receive_timestamp, 1}};
}

/// A way from a sender to a receiver that asked for all metadata.
struct Path {
  const char* name;
  Family sender_family;
  Family receiver_family;
  const char* bind_receiver;
  const char* destination;  ///< The receiver as the sender calls it.
  const char* arrives_as;   ///< The destination as the receiver calls it.
};

constexpr std::array<Path, 4> paths = {{
    {"IPv4", Family::ipv4, Family::ipv4, "0.0.0.0", "127.0.0.2", "127.0.0.2"},
    {"IPv6", Family::ipv6, Family::ipv6, "::", "::1", "::1"},
    {"IPv4 to a dual-stack socket",
     Family::ipv4,
     Family::ipv6,
     "::",
     "127.0.0.2",
     "::ffff:127.0.0.2"},
    {"mapped addresses both ways",
     Family::ipv6,
     Family::ipv6,
     "::",
     "::ffff:127.0.0.2",
     "::ffff:127.0.0.2"},
}};

struct Line {
  explicit Line(const Path& path, const test::Settings& settings = all_metadata()) {
    for (const auto& [channel, family, local] :
         {std::tuple(sender.get(),
                     path.sender_family,
                     path.sender_family == Family::ipv6 ? "::" : "0.0.0.0"),
          std::tuple(receiver.get(), path.receiver_family, path.bind_receiver)}) {
      const bool receives = channel == receiver.get();
      test::open(*channel, family, receives ? settings : test::Settings());
      if (const std::error_code ec = channel->bind(dgram::make_endpoint(local, 0)))
        throw std::system_error(ec, "bind");
    }
    std::error_code ec;
    to = dgram::make_endpoint(path.destination, receiver->local_endpoint(ec).port());
  }

  /// Sends with `options`, receives in a batch of `slots`, and gives what arrived.
  dgram::ReceiveSlot pass(const SendOptions& options, std::size_t batch = 1) {
    if (const std::error_code ec =
            test::send(*sender, "x", &to, options.empty() ? nullptr : &options))
      throw std::system_error(ec, "send");
    test::await_readable(*receiver);
    test::Slots slots(batch);
    std::size_t count = 0;
    receiver->receive_batch(slots.all(), count);
    if (count != 1) throw std::runtime_error("not one datagram");
    return slots[0];
  }

  asio::io_context io;
  std::unique_ptr<dgram::Channel> sender = dgram::make_kernel_channel(io.get_executor());
  std::unique_ptr<dgram::Channel> receiver = dgram::make_kernel_channel(io.get_executor());
  Endpoint to;
};

}  // namespace

TEST_CASE("all metadata that was asked for arrives at once, and none is cut",
          "[contract][metadata]") {
  const Path path = GENERATE(from_range(paths));
  const std::size_t batch = GENERATE(as<std::size_t>{}, 1, 16);  // recvmsg and recvmmsg
  INFO(path.name);
  Line line(path);
  const auto before = std::chrono::system_clock::now();
  const dgram::ReceiveSlot slot = line.pass({}, batch);
  const auto after = std::chrono::system_clock::now();
  CHECK(slot.metadata.present == everything);
  CHECK(!slot.control_truncated);
  CHECK(slot.metadata.local_address == asio::ip::make_address(path.arrives_as));
  CHECK(slot.metadata.interface_index == ::if_nametoindex("lo"));
  CHECK(slot.metadata.traffic_class == 0);
  CHECK(slot.metadata.hop_limit == 64);
  const std::chrono::system_clock::time_point at{
      std::chrono::duration_cast<std::chrono::system_clock::duration>(
          std::chrono::nanoseconds(slot.metadata.received_at_ns))};
  CHECK(at >=
        before - std::chrono::milliseconds(10));  // the kernel's clock ticks coarser than ours
  CHECK(at <= after + std::chrono::milliseconds(10));
}

TEST_CASE("metadata for which the kernel has found no room is flagged, and reads as absent",
          "[contract][metadata]") {
  const Path path = GENERATE(from_range(paths));
  const std::size_t batch = GENERATE(as<std::size_t>{}, 1, 16);
  INFO(path.name);
  Line line(path, {{dgram::Setting::receive_hop_limit, 1}});
  // Behind the channel's back, so that it has less room than the kernel needs.
  const bool v6 = path.receiver_family == Family::ipv6;
  const int level = v6 ? IPPROTO_IPV6 : IPPROTO_IP;
  const int name = v6 ? IPV6_RECVPKTINFO : IP_PKTINFO;
  const int on = 1;
  REQUIRE(::setsockopt(line.receiver->native_handle(), level, name, &on, sizeof on) == 0);
  const dgram::ReceiveSlot slot = line.pass({}, batch);
  CHECK(slot.control_truncated);
  CHECK(slot.size == 1);
  CHECK(slot.full_size == 1);
  CHECK((slot.metadata.present & Metadata::hop_limit_item) == 0);
}

TEST_CASE("each piece of metadata comes alone when it alone was asked for",
          "[contract][metadata]") {
  const Path path = GENERATE(from_range(paths));
  const int which = GENERATE(0, 1, 2, 3);
  Line line(path, {all_metadata()[static_cast<std::size_t>(which)]});
  CHECK(line.pass({}).metadata.present == 1 << which);
}

TEST_CASE("ecn and dscp that are sent arrive", "[contract][metadata]") {
  const Path path = GENERATE(from_range(paths));
  INFO(path.name);
  Line line(path);
  for (const int dscp : {0, 46, 63}) {
    for (const dgram::Ecn ecn :
         {dgram::Ecn::not_ect, dgram::Ecn::ect0, dgram::Ecn::ect1, dgram::Ecn::ce}) {
      SendOptions options;
      options.dscp = dscp;
      options.ecn = ecn;
      CHECK(line.pass(options).metadata.traffic_class == (dscp << 2 | static_cast<int>(ecn)));
    }
  }
  SendOptions only_ecn;
  only_ecn.ecn = dgram::Ecn::ect1;
  CHECK(line.pass(only_ecn).metadata.traffic_class == 1);
  CHECK(line.pass({}).metadata.traffic_class == 0);  // it was for that datagram only
}

TEST_CASE("a send that sets only one of ecn and dscp leaves the other as the socket has it",
          "[contract][metadata]") {
  const Path path = GENERATE(from_range(paths));
  INFO(path.name);
  Line line(path);
  REQUIRE(!line.sender->set(dgram::Setting::traffic_class, 46 << 2 | 1));
  SendOptions only_ecn;
  only_ecn.ecn = dgram::Ecn::ect0;
  CHECK(line.pass(only_ecn).metadata.traffic_class == (46 << 2 | 2));
  SendOptions only_dscp;
  only_dscp.dscp = 10;
  CHECK(line.pass(only_dscp).metadata.traffic_class == (10 << 2 | 1));
}

TEST_CASE("a hop limit that is sent arrives", "[contract][metadata]") {
  const Path path = GENERATE(from_range(paths));
  INFO(path.name);
  Line line(path);
  for (const int hops : {1, 17, 255}) {
    SendOptions options;
    options.hop_limit = hops;
    CHECK(line.pass(options).metadata.hop_limit == hops);
  }
  CHECK(line.pass({}).metadata.hop_limit == 64);
}

TEST_CASE("a source address that is sent is where the datagram comes from",
          "[contract][metadata]") {
  const auto from = [](Line& line, const char* source) {
    SendOptions options;
    options.source_address = asio::ip::make_address(source);
    return line.pass(options).remote.address();
  };
  Line v4(paths[0]);
  CHECK(from(v4, "127.0.0.9") == asio::ip::make_address("127.0.0.9"));
  Line mapped(paths[3]);
  CHECK(from(mapped, "127.0.0.9") == asio::ip::make_address("::ffff:127.0.0.9"));
  CHECK(from(mapped, "::ffff:127.0.0.8") == asio::ip::make_address("::ffff:127.0.0.8"));
  Line v6(paths[1]);
  CHECK(from(v6, "::1") == asio::ip::make_address("::1"));
}

TEST_CASE("a source address that is not this host's is an error, and nothing is sent",
          "[contract][metadata]") {
  Line line(paths[0]);
  SendOptions options;
  options.source_address = asio::ip::make_address("198.51.100.7");  // TEST-NET-2 (RFC 5737)
  CHECK(test::send(*line.sender, "x", &line.to, &options));
  test::Slots slots(1);
  std::size_t count = 0;
  CHECK(line.receiver->receive_batch(slots.all(), count) == asio::error::would_block);
}

TEST_CASE("an interface can be chosen by its index", "[contract][metadata]") {
  const Path path = GENERATE(from_range(paths));
  INFO(path.name);
  Line line(path);
  SendOptions options;
  options.interface_index = ::if_nametoindex("lo");
  CHECK(line.pass(options).metadata.interface_index == options.interface_index);
}

TEST_CASE("all send options go together", "[contract][metadata]") {
  const Path path = GENERATE(from_range(paths));
  INFO(path.name);
  Line line(path);
  SendOptions options;
  options.dscp = 10;
  options.ecn = dgram::Ecn::ect0;
  options.hop_limit = 9;
  options.interface_index = ::if_nametoindex("lo");
  options.source_address = path.receiver_family == Family::ipv6 && path.arrives_as[2] == '1'
                               ? asio::ip::make_address("::1")
                               : asio::ip::make_address("127.0.0.5");
  const dgram::ReceiveSlot slot = line.pass(options);
  CHECK(slot.metadata.traffic_class == (10 << 2 | 2));
  CHECK(slot.metadata.hop_limit == 9);
  CHECK(dgram::to_string(slot.remote).find(path.arrives_as[2] == '1' ? "::1" : "127.0.0.5") !=
        std::string::npos);
}

// A connected IPv6 socket whose peer is a mapped address sends over IPv4 though the item names no
// destination.
TEST_CASE("ecn and hop limit arrive from a socket that is connected to a mapped address",
          "[contract][metadata]") {
  Line line(paths[3]);
  REQUIRE(!line.sender->connect(line.to));
  SendOptions options;
  options.ecn = dgram::Ecn::ce;
  options.dscp = 46;
  options.hop_limit = 7;
  REQUIRE(!test::send(*line.sender, "x", nullptr, &options));
  test::Slots slots(1);
  test::receive_exactly(*line.receiver, slots, 1);
  CHECK(slots[0].metadata.traffic_class == (46 << 2 | 3));
  CHECK(slots[0].metadata.hop_limit == 7);
}

TEST_CASE("a batch carries each datagram's own options", "[contract][metadata]") {
  Line line(paths[0]);
  const asio::const_buffer piece("x", 1);
  std::array<SendOptions, 4> options;
  for (int i = 1; i < 4; ++i) options[static_cast<std::size_t>(i)].dscp = i;
  std::array<dgram::SendItem, 4> items;
  for (std::size_t i = 0; i < 4; ++i)
    items[i] = {
        std::span<const asio::const_buffer>(&piece, 1), &line.to, i == 0 ? nullptr : &options[i]};
  std::size_t count = 0;
  REQUIRE(!line.sender->send_batch(items, count));
  REQUIRE(count == 4);
  test::Slots slots(4);
  test::receive_exactly(*line.receiver, slots, 4);
  for (std::size_t i = 0; i < 4; ++i) CHECK(slots[i].metadata.traffic_class == i << 2);
}

TEST_CASE("a cut datagram tells its true length", "[contract][metadata]") {
  Line line(paths[0], {});
  for (const std::size_t size : std::initializer_list<std::size_t>{301, 9000, 65507}) {
    const std::string bytes = test::pattern(size);
    for (const std::size_t batch : std::initializer_list<std::size_t>{1, 2}) {
      REQUIRE(!test::send(*line.sender, bytes, &line.to));
      test::await_readable(*line.receiver);
      test::Slots slots(batch, 300, 0);
      std::size_t count = 0;
      line.receiver->receive_batch(slots.all(), count);
      REQUIRE(count == 1);
      CHECK(slots[0].size == 300);
      CHECK(slots[0].full_size == size);
      CHECK(slots.text(0) == bytes.substr(0, 300));
    }
  }
}

TEST_CASE("what the kernel dropped for want of room is counted", "[contract][metadata]") {
  Line line(paths[0], {{dgram::Setting::recv_buffer_size, 4096}});
  CHECK(line.receiver->kernel_drops() == 0);
  const std::string bytes(1000, 'x');
  for (int i = 0; i < 100; ++i) REQUIRE(!test::send(*line.sender, bytes, &line.to));
  test::Slots slots(64);
  std::size_t received = 0;
  for (std::size_t count = 1; count != 0; received += count)
    line.receiver->receive_batch(slots.all(), count);
  CHECK(received < 100);
  CHECK(received + line.receiver->kernel_drops() == 100);
}

}  // namespace contract_metadata_test
