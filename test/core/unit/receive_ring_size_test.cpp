// Sizes: what does not fit a slot is spilled and delivered whole, and the slots follow the traffic
// up and down.
#include <core/memory/receive_ring.hpp>
#include <support/catch2.hpp>
#include <support/pool.hpp>
#include <support/slot_filler.hpp>

namespace unit_receive_ring_size_test {

using dgram::Datagram;
using dgram::ReceiveSlot;
using dgram::detail::ReceiveRing;

namespace {

/// The slot size that the next fill would use.
std::size_t next_stride(ReceiveRing& ring) {
  const std::size_t stride = ring.begin_fill(1)[0].capacity;
  ring.end_fill(0);
  return stride;
}

void receive(ReceiveRing& ring, std::size_t size, unsigned times = 1) {
  for (unsigned i = 0; i < times; ++i) {
    const std::string bytes = test::pattern(size, i);
    test::fill_one(ring, bytes);
    REQUIRE(ring.pop().text() == bytes);
  }
}

}  // namespace

TEST_CASE("every size arrives whole on fresh slots", "[unit][ring]") {
  for (const std::size_t size : std::initializer_list<std::size_t>{
           0, 1, 1472, 2047, 2048, 2049, 9000, 16384, 16385, 65507, 65527}) {
    INFO(size);
    const test::Pool pool;
    ReceiveRing ring(*pool, 16);
    const std::string bytes = test::pattern(size, 5);
    const ReceiveRing::Filled filled = test::fill_one(ring, bytes);
    CHECK(filled.bytes == size);
    CHECK(filled.spilled == (size > 2048 ? 1u : 0u));
    CHECK(filled.truncated == 0);
    const Datagram datagram = ring.pop();
    CHECK(datagram.text() == bytes);
    CHECK(datagram.full_size() == size);
    CHECK(!datagram.truncated());
    CHECK(datagram.remote().port() == 9);
  }
}

TEST_CASE("all sizes in one batch arrive whole and in order", "[unit][ring]") {
  const test::Pool pool;
  for (const unsigned batch : {16u, 64u}) {
    ReceiveRing ring(*pool, batch);
    std::vector<std::string> sent;
    for (const std::size_t size : std::initializer_list<std::size_t>{
             0, 1, 1472, 2048, 2049, 9000, 65507, 3, 65527, 2049, 0, 7})
      sent.push_back(test::pattern(size, static_cast<unsigned>(sent.size())));
    REQUIRE(test::fill(ring, sent) == sent.size());
    for (const std::string& bytes : sent) CHECK(ring.pop().text() == bytes);
  }
}

TEST_CASE("a spilled datagram keeps its metadata and flags", "[unit][ring]") {
  const test::Pool pool;
  ReceiveRing ring(*pool, 16);
  const std::span<ReceiveSlot> slots = ring.begin_fill(1);
  test::store(slots[0], test::pattern(3000));
  slots[0].control_truncated = true;
  slots[0].full_size = 4000;
  slots[0].metadata.hop_limit = 17;
  slots[0].metadata.present = dgram::Metadata::hop_limit_item;
  const ReceiveRing::Filled filled = ring.end_fill(1);
  CHECK(filled.spilled == 1);
  CHECK(filled.truncated == 1);
  const Datagram datagram = ring.pop();
  CHECK(datagram.hop_limit() == 17);
  CHECK(datagram.control_truncated());
  CHECK(datagram.size() == 3000);
  CHECK(datagram.full_size() == 4000);
}

TEST_CASE("a spilled datagram outlives the ring and the spill area", "[unit][ring]") {
  const test::Pool pool;
  Datagram kept;
  {
    ReceiveRing ring(*pool, 16);
    test::fill_one(ring, test::pattern(30000, 1));
    kept = ring.pop();
    receive(ring, 40000);
  }
  CHECK(kept.text() == test::pattern(30000, 1));
}

TEST_CASE("the slot after a spill fits the traffic, so that it costs no second copy",
          "[unit][ring]") {
  const test::Pool pool;
  {
    ReceiveRing ring(*pool, 16);
    CHECK(next_stride(ring) == 2048);
    receive(ring, 2048);
    CHECK(next_stride(ring) == 2048);
    receive(ring, 2049);
    CHECK(next_stride(ring) == 16384);
    CHECK(test::fill_one(ring, test::pattern(16384)).spilled == 0);
    ring.pop();
    CHECK(next_stride(ring) == 16384);
    receive(ring, 16385);
    CHECK(next_stride(ring) == 65536);
    CHECK(test::fill_one(ring, test::pattern(65527)).spilled == 0);
    ring.pop();
  }
  ReceiveRing straight(*pool, 16);
  receive(straight, 65507);
  CHECK(next_stride(straight) == 65536);  // not by way of the middle class
}

TEST_CASE("a slot that holds the largest datagram takes no spill area", "[unit][ring]") {
  const test::Pool pool;
  ReceiveRing ring(*pool, 16);
  receive(ring, 60000);
  const std::span<ReceiveSlot> slots = ring.begin_fill(4);
  REQUIRE(!slots.empty());
  for (ReceiveSlot& slot : slots) {
    CHECK(slot.capacity == 65536);
    CHECK(slot.spill_capacity == 0);
  }
  ring.end_fill(0);
}

TEST_CASE("large slots are kept while large datagrams keep coming, however seldom",
          "[unit][ring]") {
  const test::Pool pool;
  ReceiveRing ring(*pool, 16);
  receive(ring, 9000);
  for (int round = 0; round < 5; ++round) {
    receive(ring, 100, 900);
    CHECK(next_stride(ring) == 16384);
    receive(ring, 9000);
  }
  CHECK(next_stride(ring) == 16384);
}

TEST_CASE("after a long quiet the small slots come back", "[unit][ring]") {
  const test::Pool pool;
  for (const std::size_t large : std::initializer_list<std::size_t>{9000, 60000}) {
    ReceiveRing ring(*pool, 16);
    receive(ring, large);
    REQUIRE(next_stride(ring) > 2048);
    receive(ring, 100, 1100);
    CHECK(next_stride(ring) == 2048);
    receive(ring, large);  // and up again
    CHECK(next_stride(ring) > 2048);
  }
}

TEST_CASE("the slot class changes while a datagram of the old class is kept", "[unit][ring]") {
  const test::Pool pool;
  ReceiveRing ring(*pool, 16);
  test::fill_one(ring, "small");
  Datagram small = ring.pop();
  receive(ring, 9000);
  test::fill_one(ring, test::pattern(9000, 7));
  const Datagram large = ring.pop();
  receive(ring, 60000, 3);
  CHECK(small.text() == "small");
  CHECK(large.text() == test::pattern(9000, 7));
}

TEST_CASE("a batch above 16 uses slabs of 64 slots, and comes back to them", "[unit][ring]") {
  const test::Pool pool;
  ReceiveRing ring(*pool, 64);
  CHECK(ring.begin_fill(64).size() == 64);
  ring.end_fill(0);
  receive(ring, 9000);
  CHECK(ring.begin_fill(64).size() == 8);
  ring.end_fill(0);
  receive(ring, 100, 1100);
  CHECK(ring.begin_fill(64).size() == 64);
  ring.end_fill(0);
}

}  // namespace unit_receive_ring_size_test
