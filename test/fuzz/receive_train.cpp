// Datagrams and trains that come out of the kernel in any mixture of sizes: the ring cuts them, and
// each datagram keeps its bytes for as long as somebody has it.
#include <core/memory/buffer_pool.hpp>
#include <core/memory/receive_ring.hpp>
#include <cstring>
#include <deque>
#include <dgram/datagram.hpp>
#include <memory>
#include <utility>
#include <vector>

#include "input.hpp"

namespace fuzz_receive_train {

using fuzz::Input;

namespace {

using dgram::Datagram;
using dgram::detail::BufferPool;
using dgram::detail::ReceiveRing;

/// A datagram that has to come out. Each of its bytes is `mark`.
struct Expected {
  std::size_t size = 0;
  std::size_t full_size = 0;
  std::byte mark{};
  unsigned short port = 0;
};

void check(const Datagram& datagram, const Expected& expected) {
  HOLDS(datagram && datagram.size() == expected.size);
  HOLDS(datagram.full_size() == expected.full_size);
  HOLDS(datagram.remote().port() == expected.port);
  if (expected.size == 0) return;
  const std::span<const std::byte> bytes = datagram.data();
  HOLDS(bytes.front() == expected.mark && bytes.back() == expected.mark);
  HOLDS(bytes[bytes.size() / 2] == expected.mark);
}

class World {
 public:
  explicit World(Input& input)
      : input_(input), batch_(static_cast<unsigned>(input.between(1, 64))), ring_(*pool_, batch_) {}

  void run() {
    if (input_.flag()) ring_.expect_trains();
    for (int steps = 0; !input_.empty() && steps < 40; ++steps) {
      fill();
      take();
    }
    // Not all is taken when the ring goes.
  }

 private:
  /// Writes to the place of a slot where the kernel would.
  static void write(dgram::ReceiveSlot& slot, std::size_t at, std::size_t size, std::byte mark) {
    const std::size_t here = at < slot.capacity ? std::min(size, slot.capacity - at) : 0;
    if (here != 0) std::memset(slot.data + at, static_cast<int>(mark), here);
    if (here == size) return;
    std::memset(slot.spill + (at + here - slot.capacity), static_cast<int>(mark), size - here);
  }

  std::size_t any_size(const dgram::ReceiveSlot& slot) {
    const std::size_t room = std::size_t{slot.capacity} + slot.spill_capacity;
    switch (input_.below(6)) {
      case 0:
        return input_.below(3);
      case 1:
        return slot.capacity - 1 + input_.below(3);
      case 2:
        return std::min<std::size_t>(room, 65507 + input_.below(30));
      case 3:
        return std::min<std::size_t>(room, input_.number<std::uint16_t>());
      default:
        return input_.byte();
    }
  }

  /// A datagram or a train, into one slot.
  void receive(dgram::ReceiveSlot& slot) {
    const std::size_t room = std::size_t{slot.capacity} + slot.spill_capacity;
    const std::size_t size = std::min(any_size(slot), room);
    const std::size_t cut = input_.byte() == 0 ? input_.byte() : 0;
    slot.size = static_cast<std::uint32_t>(size);
    slot.full_size = static_cast<std::uint32_t>(size + cut);
    slot.control_truncated = false;
    slot.metadata = dgram::Metadata();
    slot.remote.port(++port_);
    // The kernel has at most 128 in a train; a size of one that is alone means nothing.
    const std::size_t most = input_.between(1, 128);
    slot.segment_size =
        input_.flag() ? static_cast<std::uint32_t>((size + most - 1) / most + input_.below(2)) : 0;
    const std::size_t each = slot.segment_size == 0 ? size : slot.segment_size;
    std::size_t at = 0;
    do {
      Expected one;
      one.size = std::min(each, size - at);
      one.full_size = one.size + (at + one.size == size ? cut : 0);
      one.mark = static_cast<std::byte>(++mark_);
      one.port = port_;
      write(slot, at, one.size, one.mark);
      expected_.push_back(one);
      bytes_ += one.size;
      at += one.size;
    } while (at < size);
    truncated_ += cut != 0;
  }

  void fill() {
    if (!ring_.empty()) return;
    bytes_ = 0;
    truncated_ = 0;
    const auto wanted = static_cast<unsigned>(input_.between(1, batch_));
    const std::span<dgram::ReceiveSlot> slots = ring_.begin_fill(wanted);
    HOLDS(!slots.empty() && slots.size() <= wanted);
    const std::size_t count = input_.below(slots.size() + 1);
    for (dgram::ReceiveSlot& slot : slots.first(count)) receive(slot);
    const ReceiveRing::Filled filled = ring_.end_fill(count);
    HOLDS(filled.datagrams == expected_.size() && ring_.size() == expected_.size());
    HOLDS(filled.bytes == bytes_ && filled.truncated == truncated_);
    HOLDS(filled.in_trains <= filled.datagrams && filled.spilled <= count);
  }

  void take() {
    std::size_t count = input_.flag() ? expected_.size() : input_.below(expected_.size() + 1);
    for (; count != 0; --count) {
      Datagram datagram = ring_.pop();
      check(datagram, expected_.front());
      if (input_.byte() % 4 == 0) kept_.emplace_back(std::move(datagram), expected_.front());
      expected_.pop_front();
    }
    HOLDS(ring_.size() == expected_.size() && ring_.empty() == expected_.empty());
    if (input_.flag()) ring_.park();
    if (input_.byte() % 8 == 0) {
      HOLDS(ring_.discard() == expected_.size() && ring_.empty());
      expected_.clear();
    }
    // Some of those that were kept go, in any order; the others have their bytes still.
    while (!kept_.empty() && input_.flag())
      kept_.erase(kept_.begin() + static_cast<std::ptrdiff_t>(input_.below(kept_.size())));
    for (const auto& [datagram, as] : kept_) check(datagram, as);
  }

  struct Release {
    void operator()(BufferPool* pool) const { pool->release(); }
  };
  Input& input_;
  std::unique_ptr<BufferPool, Release> pool_{BufferPool::make()};
  std::vector<std::pair<Datagram, Expected>> kept_;  // some of these outlive the ring
  unsigned batch_;
  ReceiveRing ring_;
  std::deque<Expected> expected_;
  std::uint64_t bytes_ = 0;
  unsigned truncated_ = 0;
  unsigned short port_ = 0;
  unsigned mark_ = 0;
};

}  // namespace

void test_one_input(std::span<const std::uint8_t> bytes) {
  Input input(bytes);
  World(input).run();
}

}  // namespace fuzz_receive_train
