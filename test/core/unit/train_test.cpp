// Trains in the receive ring: datagrams of one slot, which live and die by themselves.
#include <core/memory/receive_ring.hpp>
#include <core/planning/batch_size.hpp>
#include <support/catch2.hpp>
#include <support/pool.hpp>
#include <support/slot_filler.hpp>
#include <vector>

namespace unit_train_test {

using dgram::Datagram;
using dgram::ReceiveSlot;
using dgram::detail::BatchSize;
using dgram::detail::ReceiveRing;

namespace {

/// Stores a train of datagrams of that size as Channel::receive_batch() does.
void store_train(ReceiveSlot& slot, std::string_view bytes, std::size_t segment) {
  test::store(slot, bytes);
  slot.segment_size = static_cast<std::uint32_t>(segment);
}
void store_single(ReceiveSlot& slot, std::string_view bytes) {
  store_train(slot, bytes, 0);
}

/// One fill of one train; the ring must have room.
ReceiveRing::Filled fill_train(ReceiveRing& ring, std::string_view bytes, std::size_t segment) {
  const std::span<ReceiveSlot> slots = ring.begin_fill(1);
  REQUIRE(!slots.empty());
  store_train(slots[0], bytes, segment);
  return ring.end_fill(1);
}

/// Takes what the ring holds; how many of them are not the next piece of `bytes`.
std::size_t wrong_pieces(ReceiveRing& ring, std::string_view bytes, std::size_t segment) {
  std::size_t wrong = 0;
  std::size_t at = 0;
  while (!ring.empty()) {
    const std::size_t held = ring.size();
    const Datagram one = ring.pop();
    wrong += one.text() != bytes.substr(at, segment);
    wrong += one.truncated() || one.full_size() != one.size() || !one.has_value();
    wrong += ring.size() != held - 1;
    at += one.size();
  }
  return wrong + (at != bytes.size()) + (ring.size() != 0);
}

}  // namespace

TEST_CASE("a train is its datagrams, the last one shorter", "[unit][train]") {
  const test::Pool pool;
  ReceiveRing ring(*pool, 16);
  ring.expect_trains();
  for (const std::size_t segment : {1u, 2u, 100u, 1200u, 1472u, 9000u, 30000u}) {
    for (const std::size_t whole : {segment,
                                    segment + 1,
                                    2 * segment - 1,
                                    2 * segment,
                                    std::min<std::size_t>(64 * segment, 65000)}) {
      INFO(segment << " of " << whole);
      const std::string bytes = test::pattern(whole, static_cast<unsigned>(whole));
      const std::size_t n = (whole + segment - 1) / segment;
      const ReceiveRing::Filled filled = fill_train(ring, bytes, segment);
      CHECK(filled.datagrams == n);
      CHECK(filled.in_trains == (n > 1 ? n : 0));
      CHECK(filled.bytes == whole);
      CHECK(filled.spilled == 0);
      CHECK(filled.truncated == 0);
      CHECK(ring.size() == n);
      CHECK(wrong_pieces(ring, bytes, segment) == 0);
    }
  }
}

TEST_CASE("a train that is no longer than its datagrams is one datagram", "[unit][train]") {
  const test::Pool pool;
  ReceiveRing ring(*pool, 16);
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{1}, std::size_t{99}, std::size_t{100}}) {
    const std::string bytes = test::pattern(size);
    const ReceiveRing::Filled filled = fill_train(ring, bytes, 100);
    CHECK(filled.datagrams == 1);
    CHECK(filled.in_trains == 0);
    REQUIRE(ring.size() == 1);
    const Datagram one = ring.pop();
    CHECK(one.has_value());
    CHECK(one.text() == bytes);
    CHECK(one.full_size() == size);
    CHECK(ring.empty());
  }
}

TEST_CASE("where trains are likely there is one slot, large enough for any", "[unit][train]") {
  const test::Pool pool;
  ReceiveRing ring(*pool, 16);
  ring.expect_trains();
  const std::span<ReceiveSlot> slots = ring.begin_fill(16);
  REQUIRE(slots.size() == 1);
  CHECK(slots[0].capacity >= 65527);
  store_train(slots[0], test::pattern(60000), 1200);
  ring.end_fill(1);
  CHECK(ring.size() == 50);
  ring.discard();
  CHECK(ring.begin_fill(16).size() == 1);
  ring.end_fill(0);
}

TEST_CASE("trains and single datagrams of one fill keep their order", "[unit][train]") {
  const test::Pool pool;
  for (unsigned round = 0; round < 20; ++round) {
    ReceiveRing ring(*pool, 16);  // one that knew of the first train would fill one slot
    const std::span<ReceiveSlot> slots = ring.begin_fill(5);
    REQUIRE(slots.size() == 5);
    store_single(slots[0], "first");
    store_train(slots[1], "aabbc", 2);
    store_single(slots[2], "");
    store_train(slots[3], test::pattern(30000, round), 1000);  // beyond its slot
    store_single(slots[4], "last");
    const ReceiveRing::Filled filled = ring.end_fill(5);
    CHECK(filled.datagrams == 1 + 3 + 1 + 30 + 1);
    CHECK(filled.in_trains == 33);
    std::vector<std::string> got;
    while (!ring.empty()) got.emplace_back(ring.pop().text());
    std::vector<std::string> expected = {"first", "aa", "bb", "c", ""};
    const std::string large = test::pattern(30000, round);
    for (std::size_t at = 0; at < 30000; at += 1000) expected.push_back(large.substr(at, 1000));
    expected.emplace_back("last");
    CHECK((got == expected));
  }
}

TEST_CASE("a train that is larger than its slot is whole, and spilled once", "[unit][train]") {
  const test::Pool pool;
  for (const std::size_t segment : {100u, 1000u, 2048u, 2049u, 5000u}) {
    INFO(segment);
    ReceiveRing ring(*pool, 16);
    const std::string bytes = test::pattern(64000, 3);
    const ReceiveRing::Filled filled = fill_train(ring, bytes, segment);
    CHECK(filled.spilled == 1);
    CHECK(filled.datagrams == (64000 + segment - 1) / segment);
    CHECK(filled.bytes == 64000);
    CHECK(wrong_pieces(ring, bytes, segment) == 0);
  }
}

TEST_CASE("datagrams of a train outlive the ring and each other, in any order", "[unit][train]") {
  for (const std::size_t whole : {1500u, 40000u}) {  // in the slot, and spilled
    for (const unsigned stays : {0u, 1u, 14u}) {
      const test::Pool pool;
      std::vector<Datagram> all;
      const std::size_t segment = whole / 15;
      const std::string bytes = test::pattern(whole, stays);
      {
        ReceiveRing ring(*pool, 16);
        fill_train(ring, bytes, segment);
        while (!ring.empty()) all.push_back(ring.pop());
        REQUIRE(all.size() >= 15);
      }
      Datagram kept = std::move(all[stays]);
      all.clear();
      CHECK(kept.text() == bytes.substr(stays * segment, segment));
      kept.reset();
      CHECK(pool->pinned_bytes() == 0);
    }
  }
}

TEST_CASE("one datagram of a train pins the slab, and the last one gives it back",
          "[unit][train]") {
  const test::Pool pool;
  ReceiveRing ring(*pool, 16);
  ring.expect_trains();
  fill_train(ring, test::pattern(60000), 1000);
  std::vector<Datagram> all;
  while (!ring.empty()) all.push_back(ring.pop());
  ring.park();
  const std::size_t slab = pool->pinned_bytes();
  CHECK(slab > 0);
  while (all.size() > 1) {
    all.pop_back();
    REQUIRE(pool->pinned_bytes() == slab);
  }
  all.clear();
  CHECK(pool->pinned_bytes() == 0);
  CHECK(pool->pooled_bytes() == slab);
}

TEST_CASE("datagrams of a train that are kept are never overwritten", "[unit][train]") {
  const test::Pool pool;
  ReceiveRing ring(*pool, 16);
  ring.expect_trains();
  std::vector<std::pair<std::string, Datagram>> kept;
  for (unsigned round = 0; round < 200; ++round) {
    const std::string bytes = test::pattern(6000 + round, round);
    fill_train(ring, bytes, 500);
    for (std::size_t at = 0; !ring.empty(); at += 500) {
      Datagram one = ring.pop();
      REQUIRE(one.text() == bytes.substr(at, 500));
      if ((at / 500 + round) % 13 == 0) kept.emplace_back(bytes.substr(at, 500), std::move(one));
    }
    if (kept.size() > 6) kept.erase(kept.begin());
  }
  for (const auto& [text, one] : kept) CHECK(one.text() == text);
}

TEST_CASE("discard counts datagrams, also of a train that was begun", "[unit][train]") {
  const test::Pool pool;
  for (const std::size_t whole : {1500u, 60000u}) {
    for (std::size_t taken = 0; taken <= 15; taken += 5) {
      ReceiveRing ring(*pool, 16);
      fill_train(ring, test::pattern(whole), whole / 15);
      for (std::size_t i = 0; i < taken; ++i) ring.pop();
      CHECK(ring.discard() == 15 - taken);
      CHECK(ring.empty());
      CHECK(ring.size() == 0);
      // And nothing of it is left in what comes next.
      test::fill_one(ring, "next");
      REQUIRE(ring.size() == 1);
      CHECK(ring.pop().text() == "next");
    }
    CHECK(pool->pinned_bytes() == 0);
  }
}

TEST_CASE("a ring that dies while a train is begun gives everything back", "[unit][train]") {
  const test::Pool pool;
  for (const std::size_t whole : {1500u, 60000u}) {
    Datagram kept;
    {
      ReceiveRing ring(*pool, 16);
      fill_train(ring, test::pattern(whole), 100);
      ring.pop();
      kept = ring.pop();
    }
    CHECK(kept.text() == test::pattern(whole).substr(100, 100));
    kept.reset();
    CHECK(pool->pinned_bytes() == 0);
  }
}

TEST_CASE("each datagram of a train has the sender and the metadata of the whole",
          "[unit][train]") {
  const test::Pool pool;
  ReceiveRing ring(*pool, 16);
  for (const std::size_t whole : {1000u, 50000u}) {
    const std::span<ReceiveSlot> slots = ring.begin_fill(1);
    store_train(slots[0], test::pattern(whole), 100);
    slots[0].remote = dgram::make_endpoint("192.0.2.7", 4242);
    slots[0].metadata.present =
        dgram::Metadata::traffic_class_item | dgram::Metadata::hop_limit_item;
    slots[0].metadata.traffic_class = 46 << 2 | 1;
    slots[0].metadata.hop_limit = 9;
    slots[0].control_truncated = true;
    CHECK(ring.end_fill(1).control_truncated == 1);
    while (!ring.empty()) {
      const Datagram one = ring.pop();
      REQUIRE(one.remote() == dgram::make_endpoint("192.0.2.7", 4242));
      REQUIRE(one.ecn() == dgram::Ecn::ect1);
      REQUIRE(one.dscp() == 46);
      REQUIRE(one.hop_limit() == 9);
      REQUIRE(one.control_truncated());
      REQUIRE(!one.local_address());
    }
  }
}

TEST_CASE("a copy of one of a train is that datagram and pins nothing", "[unit][train]") {
  const test::Pool pool;
  std::vector<Datagram> copies;
  const std::string bytes = test::pattern(50050, 9);
  {
    ReceiveRing ring(*pool, 16);
    fill_train(ring, bytes, 100);
    while (!ring.empty()) copies.push_back(ring.pop().copy());
  }
  CHECK(pool->pinned_bytes() == 0);
  REQUIRE(copies.size() == 501);
  for (std::size_t i = 0; i < copies.size(); ++i) {
    REQUIRE(copies[i].text() == bytes.substr(i * 100, 100));
    REQUIRE(copies[i].full_size() == copies[i].size());
    const Datagram again = copies[i].copy();
    REQUIRE(again.text() == copies[i].text());
  }
}

// What is cut off of a train is the end of its last datagram: the others are whole.
TEST_CASE("of a train that was cut only the last datagram says so", "[unit][train]") {
  const test::Pool pool;
  ReceiveRing ring(*pool, 16);
  const std::span<ReceiveSlot> slots = ring.begin_fill(1);
  store_train(slots[0], test::pattern(1050), 100);
  slots[0].full_size = 1075;
  CHECK(ring.end_fill(1).truncated == 1);
  std::size_t truncated = 0;
  while (!ring.empty()) {
    const bool is_last = ring.size() == 1;
    const Datagram one = ring.pop();
    CHECK(one.truncated() == is_last);
    CHECK(one.full_size() == (is_last ? 75u : 100u));
    truncated += one.truncated();
  }
  CHECK(truncated == 1);
}

TEST_CASE("single datagrams after trains are taken in batches again", "[unit][train]") {
  const test::Pool pool;
  ReceiveRing ring(*pool, 16);
  ring.expect_trains();
  fill_train(ring, test::pattern(60000), 1200);
  ring.discard();
  test::fill_one(ring, "one");
  ring.discard();
  CHECK(ring.begin_fill(16).size() > 1);
  ring.end_fill(0);
}

TEST_CASE("a slot that came with more datagrams than slots were asked for means more",
          "[unit][train][batch]") {
  for (const unsigned maximum : {1u, 16u, 64u}) {
    INFO(maximum);
    BatchSize size(maximum);
    size.record(1, 40);  // a train in the only slot
    CHECK(size.more());
    CHECK(size.next() == maximum);
    size.record(1, 0);
    CHECK(!size.more());
  }
}

TEST_CASE("trains one at a time are followed until one fill finds nothing",
          "[unit][train][batch]") {
  BatchSize size(16);
  for (int i = 0; i < 100; ++i) {
    size.record(1, 44);
    CHECK(size.more());
  }
  size.record(1, 1);  // a single one: not more than was asked for
  size.record(16, 0);
  CHECK(!size.more());
}

}  // namespace unit_train_test
