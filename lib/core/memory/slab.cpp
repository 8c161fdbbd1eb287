#include <cstdlib>
#include <dgram/detail/slab.hpp>

#include "buffer_pool.hpp"

DGRAM_BEGIN_NAMESPACE
namespace detail {

namespace {

// One block: the Slab, its slots, the spill pointers, then the bytes.
struct Layout {
  Layout(unsigned slot_count, std::size_t stride) noexcept {
    static_assert(alignof(ReceiveSlot) <= alignof(std::max_align_t) &&
                  sizeof(Slab) % alignof(ReceiveSlot) == 0);
    static_assert(sizeof(ReceiveSlot) % alignof(Slab*) == 0);
    constexpr std::size_t line = 64;
    spilled_at = sizeof(Slab) + slot_count * sizeof(ReceiveSlot);
    data_at = (spilled_at + slot_count * sizeof(Slab*) + line - 1) / line * line;
    bytes = data_at + slot_count * stride;
  }
  std::size_t slots_at = sizeof(Slab);
  std::size_t spilled_at, data_at, bytes;
};

}  // namespace

std::size_t Slab::bytes_of(unsigned slot_count, std::size_t stride) noexcept {
  return Layout(slot_count, stride).bytes;
}

Slab* Slab::make(BufferPool* pool,
                 unsigned size_class,
                 unsigned slot_count,
                 std::size_t stride) noexcept {
  const Layout layout(slot_count, stride);
  std::byte* block = static_cast<std::byte*>(std::malloc(layout.bytes));
  if (!block) return nullptr;
  Slab* slab = new (block) Slab();
  slab->slot_count_ = static_cast<std::uint16_t>(slot_count);
  slab->size_class_ = static_cast<std::uint8_t>(size_class);
  slab->pool_ = pool;
  slab->bytes_ = layout.bytes;
  slab->slots_ = reinterpret_cast<ReceiveSlot*>(block + layout.slots_at);
  slab->spilled_ = reinterpret_cast<Slab**>(block + layout.spilled_at);
  for (unsigned i = 0; i < slot_count; ++i) {
    ReceiveSlot* slot = new (slab->slots_ + i) ReceiveSlot();
    slot->data = block + layout.data_at + i * stride;
    slot->capacity = static_cast<std::uint32_t>(stride);
    new (slab->spilled_ + i) Slab*(nullptr);
  }
  return slab;
}

Slab* Slab::make_single(std::size_t capacity) noexcept {
  return make(nullptr, 0, 1, capacity);
}

void Slab::destroy(Slab* slab) noexcept {
  static_assert(std::is_trivially_destructible_v<ReceiveSlot>);
  slab->~Slab();
  std::free(slab);
}

void Slab::recycle() noexcept {
  if (pool_)
    pool_->put(this);
  else
    destroy(this);
}

}  // namespace detail
DGRAM_END_NAMESPACE
