// How many sends may wait, and how many bytes of them.
#include <memory>
#include <node/waiting_sends.hpp>
#include <support/catch2.hpp>
#include <vector>

namespace unit_node_waiting_sends_test {

using dgram::node::detail::WaitingSends;
using Place = WaitingSends::Place;

namespace {

constexpr std::size_t mib = std::size_t{1} << 20;

std::vector<Place> take(WaitingSends& sends, std::size_t count, std::size_t bytes) {
  std::vector<Place> places;
  for (std::size_t i = 0; i < count; ++i) places.push_back(sends.take(bytes));
  return places;
}

}  // namespace

TEST_CASE("65,536 sends may wait, and no more", "[unit][node][waiting_sends]") {
  WaitingSends sends;
  std::vector<Place> places = take(sends, 65'536, 1);
  CHECK(places.front());
  CHECK(places.back());
  CHECK(!sends.take(1));
  CHECK(!sends.take(0));
  places.pop_back();
  CHECK(sends.take(1));  // and is given back at once
  const Place last = sends.take(1);
  CHECK(last);
  CHECK(!sends.take(1));
}

TEST_CASE("sends without a byte are counted, too", "[unit][node][waiting_sends]") {
  WaitingSends sends;
  const std::vector<Place> places = take(sends, 65'536, 0);
  CHECK(places.back());
  CHECK(!sends.take(0));
}

TEST_CASE("16 MiB may wait, and not a byte more", "[unit][node][waiting_sends]") {
  WaitingSends sends;
  const std::vector<Place> places = take(sends, 15, mib);
  CHECK(places.back());
  CHECK(!sends.take(mib + 1));
  Place last = sends.take(mib);
  CHECK(last);
  CHECK(!sends.take(1));
  CHECK(sends.take(0));
  last.reset();
  CHECK(!sends.take(mib + 1));
  CHECK(sends.take(mib));
}

TEST_CASE("one that is refused takes no place", "[unit][node][waiting_sends]") {
  WaitingSends sends;
  const Place most = sends.take(16 * mib - 1);
  for (int i = 0; i < 100; ++i) CHECK(!sends.take(2));
  CHECK(sends.take(1));
}

TEST_CASE("a single one may have any size, and is alone then", "[unit][node][waiting_sends]") {
  WaitingSends sends;
  Place giant = sends.take(17 * mib);
  CHECK(giant);
  CHECK(!sends.take(17 * mib));
  CHECK(!sends.take(1));
  CHECK(!sends.take(0));
  giant.reset();
  CHECK(sends.take(16 * mib));

  const Place small = sends.take(0);
  CHECK(small);
  CHECK(!sends.take(17 * mib));  // it is not the only one any more
}

TEST_CASE("all places that are given back can be taken again", "[unit][node][waiting_sends]") {
  WaitingSends sends;
  for (int round = 0; round < 3; ++round) {
    std::vector<Place> places = take(sends, 16, mib);
    CHECK(places.back());
    CHECK(!sends.take(1));
    // In another order than they were taken in.
    std::swap(places.front(), places[7]);
  }
}

TEST_CASE("a place that is shared is given back with its last holder",
          "[unit][node][waiting_sends]") {
  WaitingSends sends;
  Place one = sends.take(16 * mib);
  Place other = one;
  one.reset();
  CHECK(!sends.take(1));
  other.reset();
  CHECK(sends.take(1));
}

TEST_CASE("a place may outlive what it is a place in", "[unit][node][waiting_sends]") {
  Place place;
  {
    WaitingSends sends;
    place = sends.take(mib);
  }
  CHECK(place.use_count() == 1);
  place.reset();
  CHECK(!place);
}

}  // namespace unit_node_waiting_sends_test
