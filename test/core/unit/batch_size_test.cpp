// How many datagrams a fill asks for, and whether another fill follows at once.
#include <core/planning/batch_size.hpp>
#include <support/catch2.hpp>
#include <vector>

namespace unit_batch_size_test {

using dgram::detail::BatchSize;

TEST_CASE("the first fill of a socket looks for a second datagram", "[unit][batch]") {
  CHECK(BatchSize(16).next() == 2);
  CHECK(BatchSize(64).next() == 2);
  CHECK(!BatchSize(16).more());
}

TEST_CASE("a second datagram makes the next fill a whole batch, without a wait", "[unit][batch]") {
  BatchSize size(64);
  size.record(size.next(), 2);
  CHECK(size.more());
  CHECK(size.next() == 64);
}

TEST_CASE("a full batch means more, a short one means that the socket is drained",
          "[unit][batch]") {
  BatchSize size(16);
  size.record(16, 16);
  CHECK(size.more());
  CHECK(size.next() == 16);
  size.record(16, 15);
  CHECK(!size.more());
  CHECK(size.next() == 16);  // still a burst
}

TEST_CASE("a slab with less room than a batch still means more when it came back full",
          "[unit][batch]") {
  BatchSize size(16);
  size.record(16, 9);
  size.record(7, 7);
  CHECK(size.more());
}

TEST_CASE("datagrams that come one at a time are asked for one at a time, with a look now and then",
          "[unit][batch]") {
  BatchSize size(16);
  std::vector<int> looks;
  for (int i = 0; i < 100; ++i) {
    const unsigned asked = size.next();
    if (asked == 2) looks.push_back(i);
    size.record(asked, 1);
    CHECK(!size.more());  // an empty second receive would cost half of a full one
  }
  CHECK(looks == std::vector<int>{0, 4, 12, 28, 44, 60, 76, 92});
}

TEST_CASE("a burst is found within sixteen fills and then taken in batches", "[unit][batch]") {
  for (int before = 0; before < 100; ++before) {
    BatchSize size(16);
    for (int i = 0; i < before; ++i) size.record(size.next(), 1);
    int fills = 0;
    while (size.next() == 1) {
      size.record(1, 1);
      ++fills;
      REQUIRE(fills < 16);
    }
    size.record(2, 2);
    CHECK(size.next() == 16);
    CHECK(size.more());
  }
}

TEST_CASE("after a burst the next one is found within four fills", "[unit][batch]") {
  BatchSize size(16);
  for (int i = 0; i < 100; ++i) size.record(size.next(), 1);
  while (size.next() == 1) size.record(1, 1);
  size.record(2, 2);
  size.record(16, 1);
  int fills = 0;
  while (size.next() == 1) {
    size.record(1, 1);
    ++fills;
    REQUIRE(fills < 4);
  }
}

TEST_CASE("a burst that is over goes back to single receives", "[unit][batch]") {
  BatchSize size(16);
  size.record(16, 16);
  size.record(16, 1);
  int singles = 0;
  for (int i = 0; i < 4; ++i) {
    singles += size.next() == 1;
    size.record(size.next(), 1);
  }
  CHECK(singles == 3);
}

TEST_CASE("an empty fill never asks for more", "[unit][batch]") {
  for (const unsigned maximum : {1u, 2u, 16u, 64u}) {
    BatchSize size(maximum);
    size.record(size.next(), size.next());
    size.record(size.next(), 0);
    CHECK(!size.more());
  }
}

TEST_CASE("forget makes the next receive wait for the kernel's word", "[unit][batch]") {
  BatchSize size(4);
  size.record(4, 4);
  REQUIRE(size.more());
  size.forget();
  CHECK(!size.more());
  CHECK(size.next() == 4);
}

// A batch of one is for descriptors that processes share: it may never take two.
TEST_CASE("a maximum of one never asks for more than one", "[unit][batch]") {
  BatchSize size(1);
  for (int i = 0; i < 100; ++i) {
    CHECK(size.next() == 1);
    size.record(1, i % 7 != 0);
  }
}

TEST_CASE("a maximum of one follows a backlog without a wait, and stops at its end",
          "[unit][batch]") {
  BatchSize size(1);
  int fills = 0;
  do {
    size.record(1, 1);
    REQUIRE(++fills <= 4);
  } while (!size.more());
  for (int i = 0; i < 100; ++i) {
    size.record(1, 1);
    CHECK(size.more());
  }
  size.record(1, 0);
  CHECK(!size.more());
}

TEST_CASE("a maximum of one that was answered nothing on its second look waits again",
          "[unit][batch]") {
  BatchSize size(1);
  int looks = 0;
  for (int i = 0; i < 400; ++i) {
    size.record(1, 1);
    if (!size.more()) continue;
    ++looks;
    size.record(1, 0);
  }
  CHECK(looks <= 400 / 16 + 3);  // each costs an empty receive
}

}  // namespace unit_batch_size_test
