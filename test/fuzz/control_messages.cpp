// Control messages: those that the kernel puts beside a datagram, read into a slot; those of a
// send, written.
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <core/kernel/message.hpp>
#include <cstring>
#include <ctime>
#include <dgram/datagram.hpp>
#include <dgram/detail/slab.hpp>
#include <map>
#include <memory>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

#include "input.hpp"

namespace fuzz_control_messages {

using fuzz::Input;

namespace {

using dgram::detail::udp_gro;
using dgram::detail::udp_segment;

struct ControlMessage {
  int level = 0;
  int type = 0;
  std::vector<std::byte> payload;

  template <class T>
  std::optional<T> as() const {
    if (payload.size() < sizeof(T)) return std::nullopt;
    T result;
    std::memcpy(&result, payload.data(), sizeof result);
    return result;
  }
};

/// Those that are known, and one that is not.
ControlMessage any_message(Input& input) {
  constexpr std::pair<int, int> kinds[] = {{IPPROTO_IP, IP_PKTINFO},
                                           {IPPROTO_IPV6, IPV6_PKTINFO},
                                           {IPPROTO_IP, IP_TOS},
                                           {IPPROTO_IPV6, IPV6_TCLASS},
                                           {IPPROTO_IP, IP_TTL},
                                           {IPPROTO_IPV6, IPV6_HOPLIMIT},
                                           {IPPROTO_UDP, udp_gro},
                                           {SOL_SOCKET, SO_TIMESTAMPNS},
                                           {SOL_SOCKET, SO_RXQ_OVFL}};
  ControlMessage message;
  std::tie(message.level, message.type) = kinds[input.below(std::size(kinds))];
  if (message.type == SO_TIMESTAMPNS && message.level == SOL_SOCKET) {
    // The kernel's time is 64 bits of nanoseconds.
    timespec time = timespec();
    time.tv_sec = static_cast<time_t>(input.number<std::uint64_t>() % 9'223'372'036);
    time.tv_nsec = static_cast<long>(input.number<std::uint32_t>() % 1'000'000'000);
    message.payload.resize(sizeof time);
    std::memcpy(message.payload.data(), &time, sizeof time);
  }
  const std::size_t size = input.below(40);
  if (!message.payload.empty()) return message;
  const std::string_view bytes = input.text(size);
  message.payload.resize(size);
  std::ranges::copy(std::as_bytes(std::span(bytes)), message.payload.begin());
  return message;
}

/// put_cmsg() of net/core/scm.c: what does not fit is cut, and MSG_CTRUNC says so. Messages that
/// were cut are so in `messages` as well.
void put(msghdr& to, std::size_t space, std::vector<ControlMessage>& messages) {
  std::byte* const begin = static_cast<std::byte*>(to.msg_control);
  std::size_t used = 0;
  for (ControlMessage& message : messages) {
    cmsghdr header = cmsghdr();
    if (space - used < sizeof header) {
      to.msg_flags |= MSG_CTRUNC;
      message.payload.clear();
      continue;
    }
    const std::size_t whole = CMSG_LEN(message.payload.size());
    header.cmsg_len = std::min(whole, space - used);
    header.cmsg_level = message.level;
    header.cmsg_type = message.type;
    if (header.cmsg_len < whole) to.msg_flags |= MSG_CTRUNC;
    message.payload.resize(header.cmsg_len - sizeof header);
    std::memcpy(begin + used, &header, sizeof header);
    if (!message.payload.empty())
      std::memcpy(begin + used + sizeof header, message.payload.data(), message.payload.size());
    used += std::min(CMSG_SPACE(message.payload.size()), space - used);
  }
  to.msg_controllen = used;
}

void check_metadata(const std::vector<ControlMessage>& messages, const dgram::ReceiveSlot& slot) {
  std::optional<in_pktinfo> info4;
  std::optional<in6_pktinfo> info6;
  std::optional<int> traffic_class;
  std::optional<int> hop_limit;
  std::optional<std::int64_t> time;
  std::uint32_t segment_size = 0;
  std::optional<std::uint32_t> interface;
  for (const ControlMessage& message : messages) {
    const bool v4 = message.level == IPPROTO_IP;
    const bool v6 = message.level == IPPROTO_IPV6;
    if (v4 && message.type == IP_PKTINFO) {
      if (const auto info = message.as<in_pktinfo>()) {
        info4 = info;
        // The first one counts, unless one of IPv6 comes.
        if (!interface) interface = static_cast<std::uint32_t>(info->ipi_ifindex);
      }
    } else if (v6 && message.type == IPV6_PKTINFO) {
      if (const auto info = message.as<in6_pktinfo>()) {
        info6 = info;
        interface = info->ipi6_ifindex;
      }
    } else if (v4 && message.type == IP_TOS) {
      if (const auto value = message.as<std::uint8_t>()) traffic_class = *value;
    } else if (v6 && message.type == IPV6_TCLASS) {
      if (const auto value = message.as<int>()) traffic_class = *value & 0xff;
    } else if ((v4 && message.type == IP_TTL) || (v6 && message.type == IPV6_HOPLIMIT)) {
      if (const auto value = message.as<int>()) hop_limit = *value & 0xff;
    } else if (message.level == IPPROTO_UDP && message.type == udp_gro) {
      if (const auto value = message.as<int>(); value && *value > 0)
        segment_size = static_cast<std::uint32_t>(*value);
    } else if (message.level == SOL_SOCKET && message.type == SO_TIMESTAMPNS) {
      if (const auto value = message.as<timespec>())
        time = std::int64_t{value->tv_sec} * 1'000'000'000 + value->tv_nsec;
    }
  }
  using Metadata = dgram::Metadata;
  const Metadata& read = slot.metadata;
  HOLDS(((read.present & Metadata::local_address_item) != 0) == (info4 || info6));
  HOLDS(((read.present & Metadata::traffic_class_item) != 0) == traffic_class.has_value());
  HOLDS(((read.present & Metadata::hop_limit_item) != 0) == hop_limit.has_value());
  HOLDS(((read.present & Metadata::timestamp_item) != 0) == time.has_value());
  HOLDS(!interface || read.interface_index == *interface);
  HOLDS(!info4 || read.reply_address.to_uint() == ntohl(info4->ipi_spec_dst.s_addr));
  HOLDS(info4 || read.reply_address.is_unspecified());
  HOLDS(!(info4 || info6) || read.local_address.is_v6() == info6.has_value());
  if (info6) {
    const auto bytes = read.local_address.to_v6().to_bytes();
    HOLDS(std::memcmp(bytes.data(), &info6->ipi6_addr, bytes.size()) == 0);
  }
  HOLDS(!traffic_class || read.traffic_class == *traffic_class);
  HOLDS(!hop_limit || read.hop_limit == *hop_limit);
  HOLDS(!time || read.received_at_ns == *time);
  HOLDS(slot.segment_size == segment_size);
}

void check_options(const dgram::Datagram& datagram, bool told) {
  const std::optional<int> dscp = datagram.dscp();
  HOLDS(datagram.ecn().has_value() == dscp.has_value());
  HOLDS(!dscp || (*dscp >= 0 && *dscp <= 63));
  HOLDS(datagram.local_address().has_value() == datagram.interface_index().has_value());
  const dgram::SendOptions reply = datagram.reply_options();
  HOLDS(!reply.source_address || datagram.local_address());
  // The kernel tells an address of this host, whatever it was sent to.
  HOLDS(!reply.source_address || !reply.source_address->is_multicast() || told);
  const dgram::Datagram copy = datagram.copy();
  HOLDS(copy.reply_options() == reply && copy.size() == datagram.size());
  HOLDS(copy.full_size() == datagram.full_size());
}

void read(Input& input) {
  // Memory of exactly this size; the kernel is given multiples of a word.
  const std::size_t space = input.between(0, dgram::detail::max_receive_control / 8) * 8;
  const std::unique_ptr<std::uint64_t[]> memory(new std::uint64_t[space / 8]());
  std::vector<ControlMessage> messages(input.below(12));
  for (ControlMessage& message : messages) message = any_message(input);

  msghdr message = msghdr();
  message.msg_control = space == 0 ? nullptr : memory.get();
  if (space != 0) put(message, space, messages);
  if (space == 0) messages.clear();
  dgram::detail::Slab* const slab = dgram::detail::Slab::make_single(64);
  dgram::ReceiveSlot& slot = slab->slots()[0];
  const std::size_t capacity = slot.capacity;
  const std::size_t length = input.below(2 * capacity);
  if (length > capacity || input.flag()) message.msg_flags |= MSG_TRUNC;
  const dgram::detail::ControlPlan plan{static_cast<std::uint32_t>(space), input.flag()};
  dgram::detail::take_from(message, length, plan, slot);
  const dgram::Datagram datagram(slab, &slot);

  HOLDS(slot.size <= capacity && slot.size <= length && slot.size <= slot.full_size);
  HOLDS(((message.msg_flags & MSG_TRUNC) != 0) == (slot.full_size > slot.size) ||
        (plan.trains && slot.control_truncated));
  HOLDS(slot.control_truncated == (space != 0 && (message.msg_flags & MSG_CTRUNC) != 0));
  check_metadata(messages, slot);
  // Never is a train whose size was lost taken for a datagram.
  if (plan.trains && slot.control_truncated && slot.segment_size == 0) HOLDS(slot.size == 0);
  check_options(datagram, !slot.metadata.reply_address.is_unspecified());
}

asio::ip::address any_address(Input& input, bool v6) {
  if (!v6) return asio::ip::address_v4(input.number<std::uint32_t>());
  asio::ip::address_v6::bytes_type bytes{};
  std::ranges::copy(input.text(bytes.size()), bytes.begin());
  return asio::ip::address_v6(bytes);
}

void write(Input& input) {
  const bool v6 = input.flag();
  dgram::detail::Sender sender;
  sender.family = v6 ? dgram::Family::ipv6 : dgram::Family::ipv4;
  sender.connected = input.flag();
  sender.peer_over_ipv4 = !v6 || input.flag();
  if (v6 && input.flag()) sender.source = any_address(input, true).to_v6();
  dgram::SendOptions options;
  if (input.flag()) options.source_address = any_address(input, v6 && input.flag());
  options.interface_index = input.byte();
  // One without the other is taken from the socket, which there is none of here.
  if (input.flag()) {
    options.ecn = static_cast<dgram::Ecn>(input.below(4));
    options.dscp = static_cast<int>(input.below(64));
  }
  if (input.flag()) options.hop_limit = static_cast<int>(input.between(1, 255));
  const dgram::Endpoint to(any_address(input, v6), 9);
  dgram::SendItem item;
  if (!sender.connected) item.to = &to;
  if (input.flag()) item.options = &options;
  item.segment_size = input.number<std::uint16_t>();

  alignas(cmsghdr) std::array<std::byte, dgram::detail::max_send_control> space{};
  std::error_code ec;
  msghdr message = msghdr();
  message.msg_control = space.data();
  message.msg_controllen = dgram::detail::make_control(item, sender, space, ec);
  HOLDS(!ec && message.msg_controllen <= space.size());

  std::map<std::pair<int, int>, std::vector<std::byte>> written;
  std::size_t sum = 0;
  for (cmsghdr* each = message.msg_controllen == 0 ? nullptr : CMSG_FIRSTHDR(&message); each;
       each = CMSG_NXTHDR(&message, each)) {
    const std::byte* const payload = reinterpret_cast<const std::byte*>(CMSG_DATA(each));
    const std::size_t size = each->cmsg_len - CMSG_LEN(0);
    HOLDS(written
              .emplace(std::pair(each->cmsg_level, each->cmsg_type),
                       std::vector(payload, payload + size))
              .second);
    sum += CMSG_SPACE(size);
  }
  HOLDS(sum == message.msg_controllen);
  const auto number = [&](int level, int type) -> std::optional<int> {
    const auto found = written.find({level, type});
    if (found == written.end()) return std::nullopt;
    int value = 0;
    HOLDS(found->second.size() == sizeof value);
    std::memcpy(&value, found->second.data(), sizeof value);
    return value;
  };
  const bool over_ipv4 =
      item.to ? to.address().is_v4() || to.address().to_v6().is_v4_mapped() : sender.peer_over_ipv4;
  const bool has_class = item.options && options.ecn;
  HOLDS(number(IPPROTO_IP, IP_TOS).has_value() == (has_class && over_ipv4));
  HOLDS(number(IPPROTO_IPV6, IPV6_TCLASS).has_value() == (has_class && !over_ipv4));
  if (has_class)
    HOLDS((over_ipv4 ? number(IPPROTO_IP, IP_TOS) : number(IPPROTO_IPV6, IPV6_TCLASS)) ==
          (*options.dscp << 2 | static_cast<int>(*options.ecn)));
  const std::optional<int> no_limit;
  HOLDS((over_ipv4 ? number(IPPROTO_IP, IP_TTL) : number(IPPROTO_IPV6, IPV6_HOPLIMIT)) ==
        (item.options ? options.hop_limit : no_limit));
  HOLDS(written.count({IPPROTO_UDP, udp_segment}) == (item.segment_size != 0));
  const bool has_info =
      written.count({v6 ? IPPROTO_IPV6 : IPPROTO_IP, v6 ? IPV6_PKTINFO : IP_PKTINFO});
  const bool wants_info = item.options && (options.source_address || options.interface_index != 0);
  HOLDS(has_info == (wants_info || sender.source));
}

}  // namespace

void test_one_input(std::span<const std::uint8_t> bytes) {
  Input input(bytes);
  if (input.flag())
    write(input);
  else
    read(input);
}

}  // namespace fuzz_control_messages
