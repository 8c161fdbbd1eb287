// Receive memory: reused, counted, and never kept without bound.
#include <set>
#include <support/catch2.hpp>
#include <support/pool.hpp>
#include <thread>
#include <vector>

namespace unit_buffer_pool_test {

using dgram::detail::BufferPool;
using dgram::detail::Slab;
using dgram::detail::slab_classes;
using dgram::detail::spill_piece;

TEST_CASE("a slab has the slots of its class, none of them overlapping", "[unit][pool]") {
  const test::Pool pool;
  for (unsigned size_class = 0; size_class < slab_classes.size(); ++size_class) {
    Slab* slab = pool->get(size_class);
    REQUIRE(slab);
    CHECK(slab->slot_count() == slab_classes[size_class].slots);
    CHECK(slab->stride() == slab_classes[size_class].stride);
    CHECK(slab->bytes() >= std::size_t{slab->slot_count()} * slab->stride());
    for (unsigned i = 1; i < slab->slot_count(); ++i)
      CHECK(slab->slots()[i].data == slab->slots()[i - 1].data + slab->stride());
    slab->release();
  }
}

TEST_CASE("the largest class holds the largest datagram there is", "[unit][pool]") {
  CHECK(slab_classes[dgram::detail::largest_class].stride >= 65527);
  CHECK(spill_piece >= 65527);
}

TEST_CASE("a slab that was given back is used again", "[unit][pool]") {
  const test::Pool pool;
  for (unsigned size_class = 0; size_class < slab_classes.size(); ++size_class) {
    Slab* first = pool->get(size_class);
    first->release();
    Slab* second = pool->get(size_class);
    CHECK(second == first);
    CHECK(second->is_only_reference());
    second->release();
  }
}

TEST_CASE("slabs of one class are never handed out for another", "[unit][pool]") {
  const test::Pool pool;
  pool->get(dgram::detail::small_class)->release();
  Slab* jumbo = pool->get(dgram::detail::jumbo_class);
  CHECK(jumbo->size_class() == dgram::detail::jumbo_class);
  CHECK(jumbo->stride() == 16384);
  jumbo->release();
}

TEST_CASE("pinned and pooled bytes tell where every slab is", "[unit][pool]") {
  const test::Pool pool;
  CHECK(pool->pinned_bytes() == 0);
  CHECK(pool->pooled_bytes() == 0);
  Slab* slab = pool->get(0);
  const std::size_t bytes = slab->bytes();
  CHECK(pool->pinned_bytes() == bytes);
  slab->release();
  CHECK(pool->pinned_bytes() == 0);
  CHECK(pool->pooled_bytes() == bytes);
  pool->get(0)->release();
  CHECK(pool->pooled_bytes() == bytes);
}

TEST_CASE("what the pool keeps is bounded, however many slabs come back", "[unit][pool]") {
  const test::Pool pool;
  std::size_t ceiling = 0;
  for (int round = 0; round < 2; ++round) {
    for (unsigned size_class = 0; size_class < slab_classes.size(); ++size_class) {
      std::vector<Slab*> out;
      for (int i = 0; i < 200; ++i) out.push_back(pool->get(size_class));
      for (Slab* slab : out) slab->release();
    }
    CHECK(pool->pinned_bytes() == 0);
    if (round == 0) ceiling = pool->pooled_bytes();
    CHECK(pool->pooled_bytes() == ceiling);
  }
  CHECK(ceiling < std::size_t{10} << 20);
}

TEST_CASE("a spill area is leased to one fill at a time and reused", "[unit][pool]") {
  const test::Pool pool;
  for (const unsigned pieces : {1u, 16u, 64u}) {
    std::byte* first = pool->lease_spill(pieces);
    std::byte* second = pool->lease_spill(pieces);
    REQUIRE(first);
    REQUIRE(second);
    CHECK(first != second);
    first[0] = first[pieces * spill_piece - 1] = std::byte{1};  // ASan looks at the end
    pool->return_spill(first, pieces);
    std::byte* third = pool->lease_spill(pieces);
    CHECK(third == first);
    pool->return_spill(second, pieces);
    pool->return_spill(third, pieces);
  }
}

TEST_CASE("many spill areas at once are all freed again", "[unit][pool]") {
  const test::Pool pool;
  std::set<std::byte*> areas;
  for (int i = 0; i < 10; ++i) CHECK(areas.insert(pool->lease_spill(16)).second);
  for (std::byte* area : areas)
    pool->return_spill(area, 16);  // ASan counts those that found no cell
}

TEST_CASE("a pool lives until the last slab that came from it", "[unit][pool]") {
  BufferPool* pool = BufferPool::make();
  Slab* slab = pool->get(0);
  pool->release();
  slab->slots()[0].data[0] = std::byte{1};
  slab->release();  // ASan sees a pool that died too early, LSan one that did not die
}

TEST_CASE("threads that take and give slabs at the same time never share one", "[unit][pool]") {
  const test::Pool pool;
  constexpr unsigned rounds = 20000;
  const auto work = [&pool](unsigned char mark) {
    for (unsigned i = 0; i < rounds; ++i) {
      Slab* slab = pool->get(0);
      std::byte* bytes = slab->slots()[i % 16].data;
      bytes[0] = std::byte{mark};
      std::this_thread::yield();
      if (bytes[0] != std::byte{mark}) std::abort();  // Catch2's macros are for one thread
      slab->release();
    }
  };
  std::thread other(work, static_cast<unsigned char>(2));
  work(1);
  other.join();
  CHECK(pool->pinned_bytes() == 0);
}

TEST_CASE("a slab taken on one thread may go back on another", "[unit][pool]") {
  const test::Pool pool;
  for (int round = 0; round < 50; ++round) {
    std::vector<Slab*> out;
    for (int i = 0; i < 20; ++i) out.push_back(pool->get(0));
    std::thread([out] {
      for (Slab* slab : out) slab->release();
    }).join();
  }
  CHECK(pool->pinned_bytes() == 0);
  Slab* slab = pool->get(0);
  CHECK(pool->pooled_bytes() == 19 * slab->bytes());
  slab->release();
}

}  // namespace unit_buffer_pool_test
