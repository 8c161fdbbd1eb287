// The receive ring driven by hand: order, memory, and what happens to datagrams that are kept.
#include <core/memory/receive_ring.hpp>
#include <string>
#include <support/catch2.hpp>
#include <support/pool.hpp>
#include <support/slot_filler.hpp>

namespace unit_receive_ring_test {

using dgram::Datagram;
using dgram::ReceiveSlot;
using dgram::detail::ReceiveRing;

namespace {

std::vector<std::string> numbered(unsigned first, unsigned count, std::size_t size = 100) {
  std::vector<std::string> batch;
  for (unsigned i = 0; i < count; ++i) batch.push_back(test::pattern(size, first + i));
  return batch;
}

}  // namespace

TEST_CASE("a ring gives out what was filled, in order, and nothing else", "[unit][ring]") {
  const test::Pool pool;
  ReceiveRing ring(*pool, 16);
  CHECK(ring.empty());
  unsigned next = 0;
  for (unsigned size = 1; size <= 16; ++size) {
    REQUIRE(test::fill(ring, numbered(next, size)) > 0);
    while (!ring.empty()) {
      const std::size_t before = ring.size();
      CHECK(ring.pop().text() == test::pattern(100, next++));
      CHECK(ring.size() == before - 1);
    }
  }
}

TEST_CASE("the slots of a fill come with room and with a spill of their own each", "[unit][ring]") {
  const test::Pool pool;
  ReceiveRing ring(*pool, 16);
  const std::span<ReceiveSlot> slots = ring.begin_fill(16);
  REQUIRE(slots.size() == 16);
  for (std::size_t i = 0; i < slots.size(); ++i) {
    CHECK(slots[i].capacity == 2048);
    CHECK(slots[i].spill_capacity >= 65527 - 2048);
    if (i > 0) CHECK(slots[i].spill >= slots[i - 1].spill + slots[i - 1].spill_capacity);
  }
  ring.end_fill(0);
}

TEST_CASE("a fill that brought nothing leaves the ring empty and usable", "[unit][ring]") {
  const test::Pool pool;
  ReceiveRing ring(*pool, 16);
  ring.begin_fill(16);
  const ReceiveRing::Filled filled = ring.end_fill(0);
  CHECK(filled.bytes == 0);
  CHECK(ring.empty());
  test::fill_one(ring, "after");
  CHECK(ring.pop().text() == "after");
}

TEST_CASE("a short fill holds only what arrived", "[unit][ring]") {
  const test::Pool pool;
  ReceiveRing ring(*pool, 16);
  const std::span<ReceiveSlot> slots = ring.begin_fill(16);
  test::store(slots[0], "one");
  test::store(slots[1], "two");
  CHECK(ring.end_fill(2).bytes == 6);
  CHECK(ring.size() == 2);
  CHECK(ring.pop().text() == "one");
  CHECK(ring.pop().text() == "two");
  CHECK(ring.empty());
}

TEST_CASE("a batch of 64 is filled by one fill", "[unit][ring]") {
  const test::Pool pool;
  ReceiveRing ring(*pool, 64);
  REQUIRE(test::fill(ring, numbered(0, 64)) == 64);
  for (unsigned i = 0; i < 64; ++i) CHECK(ring.pop().text() == test::pattern(100, i));
}

TEST_CASE("a slab is filled again from its start once nobody holds a part of it", "[unit][ring]") {
  const test::Pool pool;
  ReceiveRing ring(*pool, 16);
  for (unsigned round = 0; round < 100; ++round) {
    const std::span<ReceiveSlot> slots = ring.begin_fill(16);
    REQUIRE(slots.size() == 16);
    test::store(slots[0], "x");
    ring.end_fill(1);
    ring.pop();
  }
  ring.park();
  CHECK(pool->pooled_bytes() < 64 * 1024);  // one slab served them all
}

TEST_CASE("a kept datagram is never overwritten by later fills", "[unit][ring]") {
  const test::Pool pool;
  ReceiveRing ring(*pool, 16);
  std::vector<Datagram> kept;
  unsigned next = 0;
  for (unsigned round = 0; round < 200; ++round) {
    const std::size_t got = test::fill(ring, numbered(next, 1 + round % 16));
    for (std::size_t i = 0; i < got; ++i) {
      Datagram datagram = ring.pop();
      CHECK(datagram.text() == test::pattern(100, next));
      if (next % 7 == 0) kept.push_back(std::move(datagram));
      ++next;
    }
  }
  for (std::size_t i = 0; i < kept.size(); ++i)
    CHECK(kept[i].text() == test::pattern(100, static_cast<unsigned>(i) * 7));
}

TEST_CASE("a kept datagram pins its slab, and lets it go when it dies", "[unit][ring]") {
  const test::Pool pool;
  ReceiveRing ring(*pool, 16);
  test::fill(ring, numbered(0, 2));
  Datagram kept = ring.pop();
  ring.pop();
  const std::size_t slab = pool->pinned_bytes();
  CHECK(slab > 0);
  // 16 slots: the rest of the slab is used up first, then another one is taken.
  for (unsigned i = 0; i < 20; ++i) {
    test::fill_one(ring, "x");
    ring.pop();
  }
  CHECK(pool->pinned_bytes() == 2 * slab);
  kept.reset();
  CHECK(pool->pinned_bytes() == slab);
}

TEST_CASE("the free rest of a pinned slab is still used", "[unit][ring]") {
  const test::Pool pool;
  ReceiveRing ring(*pool, 16);
  test::fill_one(ring, "kept");
  const Datagram kept = ring.pop();
  CHECK(ring.begin_fill(16).size() == 15);
  ring.end_fill(0);
}

TEST_CASE("park gives the memory back when there is nothing to hold, and only then",
          "[unit][ring]") {
  const test::Pool pool;
  ReceiveRing ring(*pool, 16);
  test::fill(ring, numbered(0, 2));
  ring.park();
  CHECK(pool->pinned_bytes() > 0);
  CHECK(ring.pop().text() == test::pattern(100, 0));
  ring.park();
  CHECK(ring.pop().text() == test::pattern(100, 1));
  ring.park();
  CHECK(pool->pinned_bytes() == 0);
  CHECK(pool->pooled_bytes() > 0);
  test::fill_one(ring, "after");
  CHECK(ring.pop().text() == "after");
}

TEST_CASE("discard drops what is held and says how many", "[unit][ring]") {
  const test::Pool pool;
  {
    ReceiveRing ring(*pool, 16);
    std::vector<std::string> batch = numbered(0, 3);
    batch.push_back(test::pattern(9000, 3));  // a spilled one has memory of its own
    test::fill(ring, batch);
    ring.pop();
    CHECK(ring.discard() == 3);
    CHECK(ring.empty());
    CHECK(ring.discard() == 0);
    ring.park();
    CHECK(pool->pinned_bytes() == 0);
  }
}

TEST_CASE("a ring that dies gives back everything, what it held included", "[unit][ring]") {
  const test::Pool pool;
  {
    ReceiveRing ring(*pool, 16);
    std::vector<std::string> batch = numbered(0, 3);
    batch.push_back(test::pattern(60000, 3));
    test::fill(ring, batch);
  }
  CHECK(pool->pinned_bytes() == 0);
}

TEST_CASE("two rings of one pool never share a slab that holds something", "[unit][ring]") {
  const test::Pool pool;
  ReceiveRing a(*pool, 16);
  ReceiveRing b(*pool, 16);
  for (unsigned round = 0; round < 50; ++round) {
    test::fill(a, numbered(round, 4));
    test::fill(b, numbered(1000 + round, 4));
    for (unsigned i = 0; i < 4; ++i) {
      CHECK(a.pop().text() == test::pattern(100, round + i));
      CHECK(b.pop().text() == test::pattern(100, 1000 + round + i));
    }
    a.park();
  }
}

TEST_CASE("cut payloads and lost control data are counted", "[unit][ring]") {
  const test::Pool pool;
  ReceiveRing ring(*pool, 16);
  const std::span<ReceiveSlot> slots = ring.begin_fill(4);
  for (ReceiveSlot& slot : slots) test::store(slot, "abcd");
  slots[1].full_size = 5;
  slots[2].control_truncated = true;
  slots[3].full_size = 6;
  slots[3].control_truncated = true;
  const ReceiveRing::Filled filled = ring.end_fill(4);
  CHECK(filled.bytes == 16);
  CHECK(filled.truncated == 2);
  CHECK(filled.control_truncated == 2);
  CHECK(filled.spilled == 0);
  CHECK(!ring.pop().truncated());
  CHECK(ring.pop().truncated());
  CHECK(ring.pop().control_truncated());
  const Datagram both = ring.pop();
  CHECK(both.truncated());
  CHECK(both.control_truncated());
}

TEST_CASE("a datagram that did not fit its slot says the same of itself", "[unit][ring]") {
  const test::Pool pool;
  ReceiveRing ring(*pool, 16);
  const std::span<ReceiveSlot> slots = ring.begin_fill(2);
  const std::string payload(9000, 'x');
  for (ReceiveSlot& slot : slots) test::store(slot, payload);
  slots[1].full_size = 9001;
  slots[1].control_truncated = true;
  const ReceiveRing::Filled filled = ring.end_fill(2);
  CHECK(filled.spilled == 2);
  CHECK(filled.truncated == 1);
  CHECK(filled.control_truncated == 1);
  const Datagram whole = ring.pop();
  CHECK(whole.text() == payload);
  CHECK(!whole.truncated());
  CHECK(!whole.control_truncated());
  const Datagram cut = ring.pop();
  CHECK(cut.text() == payload);
  CHECK(cut.full_size() == 9001);
  CHECK(cut.truncated());
  CHECK(cut.control_truncated());
}

}  // namespace unit_receive_ring_test
