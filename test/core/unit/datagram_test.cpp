// The Datagram as a value: what it holds, when it lets go, what it says when it holds nothing.
#include <dgram/datagram.hpp>
#include <memory>
#include <support/catch2.hpp>
#include <support/pool.hpp>
#include <support/slot_filler.hpp>
#include <thread>
#include <type_traits>

namespace unit_datagram_test {

using dgram::Datagram;
using dgram::Metadata;
using dgram::ReceiveSlot;
using dgram::detail::Slab;

namespace {

/// A datagram with memory of its own; `edit` may change its slot.
template <class Edit>
Datagram make(std::string_view bytes, Edit edit) {
  Slab* slab = Slab::make_single(std::max<std::size_t>(bytes.size(), 1));
  test::store(slab->slots()[0], bytes);
  edit(slab->slots()[0]);
  return Datagram(slab, &slab->slots()[0]);
}
Datagram make(std::string_view bytes) {
  return make(bytes, [](ReceiveSlot&) {});
}

}  // namespace

static_assert(!std::is_copy_constructible_v<Datagram> && !std::is_copy_assignable_v<Datagram>);
static_assert(std::is_nothrow_move_constructible_v<Datagram> &&
              std::is_nothrow_move_assignable_v<Datagram>);
static_assert(std::is_nothrow_default_constructible_v<Datagram>);

TEST_CASE("a default-made Datagram is nothing, and says so everywhere", "[unit][datagram]") {
  const Datagram none;
  CHECK(!none.has_value());
  CHECK(!none);
  CHECK(none.size() == 0);
  CHECK(none.full_size() == 0);
  CHECK(none.data().empty());
  CHECK(none.text().empty());
  CHECK(!none.truncated());
  CHECK(!none.control_truncated());
  CHECK(none.remote() == dgram::Endpoint());
  CHECK(!none.local_address());
  CHECK(!none.interface_index());
  CHECK(!none.ecn());
  CHECK(!none.dscp());
  CHECK(!none.hop_limit());
  CHECK(!none.received_at());
  CHECK(none.reply_options().empty());
  CHECK(!none.copy().has_value());
}

TEST_CASE("a zero-length datagram is a datagram", "[unit][datagram]") {
  const Datagram empty = make("");
  CHECK(empty.has_value());
  CHECK(empty.size() == 0);
  CHECK(empty.data().empty());
  CHECK(empty.remote().port() == 9);
  CHECK(!empty.truncated());
  const Datagram copy = empty.copy();
  CHECK(copy.has_value());
  CHECK(copy.remote().port() == 9);
}

TEST_CASE("a moved-from Datagram is empty, the target has everything", "[unit][datagram]") {
  Datagram source = make("hello");
  Datagram target(std::move(source));
  CHECK(!source.has_value());
  CHECK(source.size() == 0);
  CHECK(target.text() == "hello");

  Datagram other = make("other");
  other = std::move(target);
  CHECK(!target.has_value());
  CHECK(other.text() == "hello");

  Datagram& self = other;
  other = std::move(self);
  CHECK(other.text() == "hello");
}

TEST_CASE("reset gives the memory back and leaves nothing", "[unit][datagram]") {
  Datagram datagram = make("hello");
  datagram.reset();
  CHECK(!datagram.has_value());
  datagram.reset();
  CHECK(!datagram.has_value());
}

TEST_CASE("the payload can be changed in place", "[unit][datagram]") {
  Datagram datagram = make("hello");
  datagram.data()[0] = std::byte{'j'};
  CHECK(datagram.text() == "jello");
}

TEST_CASE("truncation shows the length that was sent", "[unit][datagram]") {
  const Datagram datagram = make("half", [](ReceiveSlot& slot) { slot.full_size = 1000; });
  CHECK(datagram.truncated());
  CHECK(datagram.size() == 4);
  CHECK(datagram.full_size() == 1000);
  CHECK(datagram.copy().truncated());
  CHECK(datagram.copy().full_size() == 1000);
}

TEST_CASE("metadata that did not arrive reads as absent, whatever lies in its place",
          "[unit][datagram]") {
  const Datagram datagram = make("x", [](ReceiveSlot& slot) {
    slot.metadata.traffic_class = 255;
    slot.metadata.hop_limit = 64;
    slot.metadata.received_at_ns = 1;
    slot.metadata.local_address = asio::ip::address_v4::loopback();
    slot.metadata.interface_index = 1;
    slot.metadata.present = 0;
    slot.control_truncated = true;
  });
  CHECK(!datagram.local_address());
  CHECK(!datagram.interface_index());
  CHECK(!datagram.ecn());
  CHECK(!datagram.dscp());
  CHECK(!datagram.hop_limit());
  CHECK(!datagram.received_at());
  CHECK(datagram.control_truncated());
  CHECK(datagram.reply_options().empty());
}

TEST_CASE("each piece of metadata reads as it arrived", "[unit][datagram]") {
  const Datagram datagram = make("x", [](ReceiveSlot& slot) {
    slot.metadata.traffic_class = 46 << 2 | 3;
    slot.metadata.hop_limit = 255;
    slot.metadata.received_at_ns = 1'700'000'000'123'456'789;
    slot.metadata.local_address = asio::ip::make_address("127.0.0.2");
    slot.metadata.interface_index = 4;
    slot.metadata.present = Metadata::local_address_item | Metadata::traffic_class_item |
                            Metadata::hop_limit_item | Metadata::timestamp_item;
  });
  CHECK(datagram.ecn() == dgram::Ecn::ce);
  CHECK(datagram.dscp() == 46);
  CHECK(datagram.hop_limit() == 255);
  CHECK(datagram.local_address() == asio::ip::make_address("127.0.0.2"));
  CHECK(datagram.interface_index() == 4u);
  const std::chrono::nanoseconds then(1'700'000'000'123'456'789);
  CHECK(datagram.received_at()->time_since_epoch() ==
        std::chrono::duration_cast<std::chrono::system_clock::duration>(then));
}

TEST_CASE("a copy owns the same datagram and pins nothing else", "[unit][datagram]") {
  const test::Pool pool;
  dgram::detail::ReceiveRing ring(*pool, 16);
  const std::string bytes = test::pattern(1400, 1);
  test::fill_one(ring, bytes);
  Datagram original = ring.pop();
  const Datagram copy = original.copy();
  CHECK(copy.data().data() != original.data().data());
  original.reset();
  ring.park();
  CHECK(pool->pinned_bytes() == 0);
  CHECK(copy.text() == bytes);
  CHECK(copy.remote().port() == 9);
}

TEST_CASE("reply_options answer from the address that the datagram was sent to",
          "[unit][datagram]") {
  const auto sent_to = [](const char* address, const char* peer) {
    return make("x",
                [&](ReceiveSlot& slot) {
                  slot.remote = dgram::make_endpoint(peer, 9);
                  slot.metadata.local_address = asio::ip::make_address(address);
                  slot.metadata.interface_index = 3;
                  slot.metadata.present = Metadata::local_address_item;
                })
        .reply_options();
  };
  const dgram::SendOptions plain = sent_to("127.0.0.2", "127.0.0.1");
  CHECK(plain.source_address == asio::ip::make_address("127.0.0.2"));
  CHECK(plain.interface_index ==
        0);  // the address says which way; an interface would break asymmetric routing

  const dgram::SendOptions group = sent_to("239.1.2.3", "127.0.0.1");
  CHECK(!group.source_address);  // a group can be no source
  CHECK(group.interface_index == 3);

  const dgram::SendOptions broadcast = sent_to("255.255.255.255", "127.0.0.1");
  CHECK(!broadcast.source_address);
  CHECK(broadcast.interface_index == 3);

  const dgram::SendOptions link_local = sent_to("fe80::2", "fe80::1%3");
  CHECK(link_local.source_address == asio::ip::make_address("fe80::2"));
  CHECK(link_local.interface_index == 3);
}

TEST_CASE("a Datagram may die on another thread, after its ring and the last owner of its pool",
          "[unit][datagram]") {
  auto pool = std::make_unique<test::Pool>();
  std::vector<Datagram> kept;
  {
    dgram::detail::ReceiveRing ring(**pool, 16);
    std::vector<std::string> batch;
    for (unsigned i = 0; i < 16; ++i)
      batch.push_back(test::pattern(100 + i * 300, i));  // some of them spilled
    test::fill(ring, batch);
    while (!ring.empty()) kept.push_back(ring.pop());
  }
  pool.reset();
  std::thread reader([kept = std::move(kept)]() mutable {
    for (unsigned i = 0; i < kept.size(); ++i)
      if (kept[i].text() != test::pattern(100 + i * 300, i)) std::abort();
    kept.clear();
  });
  reader.join();
}

}  // namespace unit_datagram_test
