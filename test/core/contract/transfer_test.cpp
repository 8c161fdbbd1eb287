// Any channel: batches of datagrams out and in.
#include <asio/error.hpp>
#include <cerrno>
#include <support/catch2.hpp>
#include <support/channel_io.hpp>
#include <support/slot_filler.hpp>

namespace contract_transfer_test {

using dgram::Endpoint;
using dgram::Family;
using dgram::SendItem;

namespace {

/// A batch to send, with the storage that its items point to.
class Batch {
 public:
  void add(std::string bytes, const Endpoint& to) {
    bytes_.push_back(std::make_unique<std::string>(std::move(bytes)));
    to_.push_back(std::make_unique<Endpoint>(to));
    pieces_.push_back(std::make_unique<asio::const_buffer>(asio::buffer(*bytes_.back())));
    items_.push_back(SendItem{
        std::span<const asio::const_buffer>(pieces_.back().get(), 1), to_.back().get(), nullptr});
  }
  std::span<const SendItem> items() const { return items_; }
  const std::string& operator[](std::size_t i) const { return *bytes_[i]; }
  std::size_t size() const { return items_.size(); }

 private:
  std::vector<std::unique_ptr<std::string>> bytes_;
  std::vector<std::unique_ptr<Endpoint>> to_;
  std::vector<std::unique_ptr<asio::const_buffer>> pieces_;
  std::vector<SendItem> items_;
};

}  // namespace

TEST_CASE("an empty socket says would_block and counts nothing", "[contract][transfer]") {
  test::ChannelPair pair(GENERATE(from_range(test::worlds())));
  for (const std::size_t n : std::initializer_list<std::size_t>{1, 2, 64}) {
    test::Slots slots(n);
    std::size_t count = 7;
    CHECK(pair.b->receive_batch(slots.all(), count) == asio::error::would_block);
    CHECK(count == 0);
  }
}

TEST_CASE("a datagram arrives with its bytes, its sender and nothing that was not asked for",
          "[contract][transfer]") {
  const test::World world = GENERATE(from_range(test::worlds()));
  const Family family = GENERATE(Family::ipv4, Family::ipv6);
  test::ChannelPair pair(world, family);
  REQUIRE(!test::send(*pair.a, "hello", &pair.b_name));
  test::Slots slots(1);
  slots[0].control_truncated = true;  // what an earlier use of the slot left there
  slots[0].metadata.present = 255;
  test::receive_exactly(*pair.b, slots, 1);
  CHECK(slots.text(0) == "hello");
  CHECK(slots[0].full_size == 5);
  CHECK(slots[0].remote == pair.a_name);
  CHECK(!slots[0].control_truncated);
  CHECK(slots[0].metadata.present == 0);
}

TEST_CASE("batches of 1, 2, 32, 33 and 64 arrive whole, in order, once each",
          "[contract][transfer]") {
  const test::World world = GENERATE(from_range(test::worlds()));
  const std::size_t n = GENERATE(as<std::size_t>{}, 1, 2, 32, 33, 64);
  test::ChannelPair pair(world);
  Batch batch;
  for (unsigned i = 0; i < n; ++i) batch.add(test::pattern(10 + i, i), pair.b_name);
  std::size_t count = 0;
  REQUIRE(!pair.a->send_batch(batch.items(), count));
  CHECK(count == n);
  test::Slots slots(n);
  test::receive_exactly(*pair.b, slots, n);
  for (std::size_t i = 0; i < n; ++i) CHECK(slots.text(i) == batch[i]);
  CHECK(pair.b->receive_batch(slots.all(), count) == asio::error::would_block);
}

TEST_CASE("a batch with more slots than datagrams reports only those that came",
          "[contract][transfer]") {
  test::ChannelPair pair(GENERATE(from_range(test::worlds())));
  REQUIRE(!test::send(*pair.a, "one", &pair.b_name));
  REQUIRE(!test::send(*pair.a, "two", &pair.b_name));
  test::await_readable(*pair.b);
  test::Slots slots(64);
  std::size_t count = 0;
  std::size_t have = 0;
  while (have < 2) {
    const std::error_code ec = pair.b->receive_batch(slots.all().subspan(have), count);
    CHECK(
        (!ec ||
         ec == asio::error::would_block));  // "count says how many were done, also beside an error"
    have += count;
  }
  CHECK(have == 2);
  CHECK(slots.text(0) == "one");
  CHECK(slots.text(1) == "two");
}

TEST_CASE("a batch with fewer slots than datagrams leaves the rest in the kernel",
          "[contract][transfer]") {
  test::ChannelPair pair(GENERATE(from_range(test::worlds())));
  for (const char* text : {"one", "two", "three"})
    REQUIRE(!test::send(*pair.a, text, &pair.b_name));
  test::Slots slots(2);
  test::receive_exactly(*pair.b, slots, 2);
  CHECK(slots.text(1) == "two");
  test::receive_exactly(*pair.b, slots, 1);
  CHECK(slots.text(0) == "three");
}

TEST_CASE("zero-length datagrams go out and come in, alone and between others",
          "[contract][transfer]") {
  test::ChannelPair pair(GENERATE(from_range(test::worlds())));
  Batch batch;
  for (const char* text : {"", "a", "", "", "b", ""}) batch.add(text, pair.b_name);
  std::size_t count = 0;
  REQUIRE(!pair.a->send_batch(batch.items(), count));
  CHECK(count == 6);
  test::Slots slots(6);
  test::receive_exactly(*pair.b, slots, 6);
  for (std::size_t i = 0; i < 6; ++i) {
    CHECK(slots.text(i) == batch[i]);
    CHECK(slots[i].full_size == batch[i].size());
    CHECK(slots[i].remote == pair.a_name);
  }
  REQUIRE(!test::send(*pair.a, "", &pair.b_name));
  test::Slots one(1);
  test::receive_exactly(*pair.b, one, 1);
  CHECK(one[0].size == 0);
}

TEST_CASE("every size up to the largest arrives whole through data and spill",
          "[contract][transfer]") {
  const test::World world = GENERATE(from_range(test::worlds()));
  const Family family = GENERATE(Family::ipv4, Family::ipv6);
  test::ChannelPair pair(world, family);
  for (const std::size_t size :
       std::initializer_list<std::size_t>{1, 1472, 2047, 2048, 2049, 9000, 65507, 65527}) {
    if (size > 65507 && family == Family::ipv4) continue;
    INFO(size);
    const std::string bytes = test::pattern(size, 3);
    REQUIRE(!test::send(*pair.a, bytes, &pair.b_name));
    REQUIRE(!test::send(*pair.a, bytes, &pair.b_name));
    test::Slots one(1);  // both ways to receive: one, and a batch
    test::receive_exactly(*pair.b, one, 1);
    CHECK(one.text(0) == bytes);
    CHECK(one[0].full_size == size);
    test::Slots batch(2);
    std::size_t count = 0;
    test::await_readable(*pair.b);
    pair.b->receive_batch(batch.all(), count);
    REQUIRE(count == 1);
    CHECK(batch.text(0) == bytes);
    CHECK(batch[0].full_size == size);
  }
}

TEST_CASE("mixed sizes in one batch do not run into each other's spill", "[contract][transfer]") {
  test::ChannelPair pair(GENERATE(from_range(test::worlds())));
  Batch batch;
  for (const std::size_t size :
       std::initializer_list<std::size_t>{9000, 1, 2049, 65507, 0, 2048, 30000, 5})
    batch.add(test::pattern(size, static_cast<unsigned>(batch.size())), pair.b_name);
  std::size_t count = 0;
  REQUIRE(!pair.a->send_batch(batch.items(), count));
  REQUIRE(count == batch.size());
  test::Slots slots(batch.size());
  test::receive_exactly(*pair.b, slots, batch.size());
  for (std::size_t i = 0; i < batch.size(); ++i) CHECK(slots.text(i) == batch[i]);
}

TEST_CASE("a datagram that does not fit is cut, and the slot says that it was longer",
          "[contract][transfer]") {
  test::ChannelPair pair(GENERATE(from_range(test::worlds())));
  const std::size_t room = GENERATE(as<std::size_t>{}, 1, 100, 300);
  for (const std::size_t n : std::initializer_list<std::size_t>{1, 3}) {
    const std::string bytes = test::pattern(301, 1);
    for (std::size_t i = 0; i < n; ++i) REQUIRE(!test::send(*pair.a, bytes, &pair.b_name));
    test::Slots slots(n, room, 0);
    test::receive_exactly(*pair.b, slots, n);
    for (std::size_t i = 0; i < n; ++i) {
      CHECK(slots[i].size == room);
      CHECK(slots.text(i) == bytes.substr(0, room));
      CHECK(slots[i].full_size > room);
      CHECK(slots[i].full_size <= 301);
    }
  }
}

TEST_CASE("an exact fit is not a cut", "[contract][transfer]") {
  test::ChannelPair pair(GENERATE(from_range(test::worlds())));
  REQUIRE(!test::send(*pair.a, std::string(100, 'x'), &pair.b_name));
  REQUIRE(!test::send(*pair.a, std::string(100, 'y'), &pair.b_name));
  test::Slots exact(1, 100, 0);
  test::receive_exactly(*pair.b, exact, 1);
  CHECK(exact[0].full_size == 100);
  test::Slots split(1, 60, 40);
  test::receive_exactly(*pair.b, split, 1);
  CHECK(split[0].full_size == 100);
  CHECK(split.text(0) == std::string(100, 'y'));
}

TEST_CASE("a datagram of several pieces arrives as one, up to 1000 pieces",
          "[contract][transfer]") {
  test::ChannelPair pair(GENERATE(from_range(test::worlds())));
  for (const std::size_t n : std::initializer_list<std::size_t>{2, 3, 1000}) {
    const std::string bytes = test::pattern(n, 2);
    std::vector<asio::const_buffer> pieces;
    for (const char& c : bytes) pieces.emplace_back(&c, 1);
    const SendItem item{pieces, &pair.b_name, nullptr};
    std::size_t count = 0;
    REQUIRE(!pair.a->send_batch(std::span<const SendItem>(&item, 1), count));
    CHECK(count == 1);
    test::Slots slots(1);
    test::receive_exactly(*pair.b, slots, 1);
    CHECK(slots.text(0) == bytes);
  }
}

TEST_CASE("a batch that mixes single and several pieces keeps its order", "[contract][transfer]") {
  test::ChannelPair pair(GENERATE(from_range(test::worlds())));
  const std::array<asio::const_buffer, 2> two = {asio::buffer("a", 1), asio::buffer("b", 1)};
  const std::array<asio::const_buffer, 1> one = {asio::buffer("c", 1)};
  std::vector<SendItem> items;
  std::string expected;
  for (const int pieces : {1, 1, 2, 1, 2, 2, 1}) {
    items.push_back(SendItem{
        pieces == 2 ? std::span<const asio::const_buffer>(two) : one, &pair.b_name, nullptr});
    expected += pieces == 2 ? "ab." : "c.";
  }
  std::size_t count = 0;
  REQUIRE(!pair.a->send_batch(items, count));
  CHECK(count == items.size());
  test::Slots slots(items.size());
  test::receive_exactly(*pair.b, slots, items.size());
  std::string got;
  for (std::size_t i = 0; i < items.size(); ++i) got += slots.text(i) + '.';
  CHECK(got == expected);
}

TEST_CASE(
    "an error in the middle of a batch belongs to items[count]; what follows was not attempted",
    "[contract][transfer]") {
  const test::World world = GENERATE(from_range(test::worlds()));
  const std::size_t at = GENERATE(as<std::size_t>{}, 0, 1, 5, 31, 32, 39);
  test::ChannelPair pair(world);
  Batch batch;
  for (unsigned i = 0; i < 40; ++i) batch.add(std::string(i == at ? 65508 : 10, 'x'), pair.b_name);
  std::size_t count = 77;
  CHECK(pair.a->send_batch(batch.items(), count) == asio::error::message_size);
  CHECK(count == at);
  test::Slots slots(40);
  if (at > 0) test::receive_exactly(*pair.b, slots, at);
  CHECK(pair.b->receive_batch(slots.all(), count) == asio::error::would_block);
  // From behind the bad one the rest can go out.
  const std::span<const SendItem> rest = batch.items().subspan(at + 1);
  if (rest.empty()) return;
  CHECK(!pair.a->send_batch(rest, count));
  CHECK(count == rest.size());
}

TEST_CASE("an empty batch is done at once", "[contract][transfer]") {
  test::ChannelPair pair(GENERATE(from_range(test::worlds())));
  std::size_t count = 7;
  CHECK(!pair.a->send_batch({}, count));
  CHECK(count == 0);
}

TEST_CASE("one batch can go to several peers", "[contract][transfer]") {
  const test::World world = GENERATE(from_range(test::worlds()));
  test::ChannelPair pair(world);
  Batch batch;
  for (int i = 0; i < 6; ++i) batch.add(std::to_string(i), i % 2 ? pair.a_name : pair.b_name);
  std::size_t count = 0;
  REQUIRE(!pair.a->send_batch(batch.items(), count));
  test::Slots slots(3);
  test::receive_exactly(*pair.b, slots, 3);
  CHECK(slots.text(2) == "4");
  test::receive_exactly(*pair.a, slots, 3);
  CHECK(slots.text(2) == "5");
}

TEST_CASE("without a peer a send without a destination has an error", "[contract][transfer]") {
  test::ChannelPair pair(GENERATE(from_range(test::worlds())));
  const std::error_code ec = test::send(*pair.a, "x", nullptr);
  CHECK((ec.value() == EDESTADDRREQ || ec.value() == ENOTCONN));
}

TEST_CASE("an IPv6 channel exchanges datagrams with an IPv4 one by the mapped address",
          "[contract][transfer]") {
  const test::World world = GENERATE(from_range(test::worlds()));
  test::Bench v4(world);
  const Endpoint v4_name = test::open_bound(*v4.channel);
  test::Bench v6(world);
  REQUIRE(!v6.channel->open(Family::ipv6));
  REQUIRE(!v6.channel->bind(Endpoint(asio::ip::udp::v6(), 0)));
  std::error_code ec;
  const std::uint16_t v6_port = v6.channel->local_endpoint(ec).port();

  const Endpoint mapped = dgram::make_endpoint("::ffff:127.0.0.1", v4_name.port());
  REQUIRE(!test::send(*v6.channel, "from six", &mapped));
  test::Slots slots(1);
  test::receive_exactly(*v4.channel, slots, 1);
  CHECK(slots[0].remote == dgram::make_endpoint("127.0.0.1", v6_port));
  REQUIRE(!test::send(*v4.channel, "from four", &slots[0].remote));
  test::receive_exactly(*v6.channel, slots, 1);
  CHECK(slots.text(0) == "from four");
  CHECK(slots[0].remote == mapped);
}

}  // namespace contract_transfer_test
