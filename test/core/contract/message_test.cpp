// What a slot says of a datagram whose control messages did not all arrive: a message as the kernel
// writes it, filled by hand, since control space for everything is what the channel asks with.
#include <array>
#include <core/kernel/message.hpp>
#include <cstring>
#include <support/catch2.hpp>

#include <netinet/in.h>

namespace contract_message_test {

using dgram::detail::ControlPlan;

namespace {

/// A message of 3,000 bytes that has arrived, with the size of its train or without.
struct Arrived {
  explicit Arrived(bool with_size) {
    dgram::detail::aim_at(message, slot, pieces, control, sizeof control);
    message.msg_controllen = 0;
    if (!with_size) return;
    message.msg_controllen = CMSG_SPACE(sizeof(int));
    cmsghdr* const item = CMSG_FIRSTHDR(&message);
    item->cmsg_level = IPPROTO_UDP;
    item->cmsg_type = dgram::detail::udp_gro;
    item->cmsg_len = CMSG_LEN(sizeof(int));
    const int size = 1000;
    std::memcpy(CMSG_DATA(item), &size, sizeof size);
  }
  dgram::ReceiveSlot& taken(bool trains, bool truncated) {
    message.msg_flags = truncated ? MSG_CTRUNC : 0;
    take_from(message, 3000, ControlPlan{sizeof control, trains}, slot);
    return slot;
  }

  std::array<std::byte, 4000> memory{};
  dgram::ReceiveSlot slot = make_slot(memory);
  msghdr message;
  std::array<iovec, 2> pieces;
  alignas(cmsghdr) std::byte control[256] = {};

 private:
  static dgram::ReceiveSlot make_slot(std::array<std::byte, 4000>& memory) {
    dgram::ReceiveSlot slot;
    slot.data = memory.data();
    slot.capacity = static_cast<std::uint32_t>(memory.size());
    return slot;
  }
};

}  // namespace

TEST_CASE("a train whose size did not arrive is never one datagram: none of its bytes are there",
          "[contract][offload]") {
  Arrived arrived(false);
  const dgram::ReceiveSlot& slot = arrived.taken(true, true);
  CHECK(slot.size == 0);
  CHECK(slot.full_size == 3000);
  CHECK(slot.control_truncated);
}

TEST_CASE("a train whose size arrived keeps its bytes, whatever else did not",
          "[contract][offload]") {
  for (const bool truncated : {false, true}) {
    Arrived arrived(true);
    const dgram::ReceiveSlot& slot = arrived.taken(true, truncated);
    CHECK(slot.size == 3000);
    CHECK(slot.segment_size == 1000);
    CHECK(slot.control_truncated == truncated);
  }
}

TEST_CASE("where no trains are expected, lost metadata costs a datagram no byte",
          "[contract][metadata]") {
  for (const bool truncated : {false, true}) {
    Arrived arrived(false);
    const dgram::ReceiveSlot& slot = arrived.taken(false, truncated);
    CHECK(slot.size == 3000);
    CHECK(slot.full_size == 3000);
    CHECK(slot.control_truncated == truncated);
  }
}

}  // namespace contract_message_test
