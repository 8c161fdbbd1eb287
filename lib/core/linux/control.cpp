// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// Control messages (cmsg(3)): metadata of received datagrams, options of sent ones, the segment
// size of a run.
#include <netinet/in.h>
#include <sys/socket.h>
#include <time.h>

#include <asio/error.hpp>
#include <cstring>

#include "../kernel/descriptor.hpp"
#include "../kernel/message.hpp"
#include "../values/address.hpp"

DGRAM_BEGIN_NAMESPACE
namespace detail {

namespace {

/// Reads the payload of a control message, if the message is long enough.
template <class T>
bool read_payload(const cmsghdr& header, T& value) noexcept {
  if (header.cmsg_len < CMSG_LEN(sizeof value)) return false;
  std::memcpy(&value, CMSG_DATA(&header), sizeof value);  // CMSG_DATA is not aligned for every T
  return true;
}

/// Appends control messages to a block.
class ControlWriter {
 public:
  ControlWriter(std::span<std::byte> space) noexcept : space_(space) {}

  template <class T>
  void add(int level, int type, const T& value) noexcept {
    static_assert(std::is_trivially_copyable_v<T>);
    cmsghdr header = cmsghdr();
    header.cmsg_len = CMSG_LEN(sizeof value);
    header.cmsg_level = level;
    header.cmsg_type = type;
    std::memcpy(space_.data() + used_, &header, sizeof header);
    std::memcpy(space_.data() + used_ + CMSG_LEN(0), &value, sizeof value);
    used_ += CMSG_SPACE(sizeof value);
  }
  std::size_t used() const noexcept { return used_; }

 private:
  std::span<std::byte> space_;
  std::size_t used_ = 0;
};
static_assert(CMSG_SPACE(sizeof(in6_pktinfo)) + 2 * CMSG_SPACE(sizeof(int)) +
                  CMSG_SPACE(sizeof(std::uint16_t)) <=
              max_send_control);

in6_addr to_in6(const asio::ip::address& address) noexcept {
  const asio::ip::address_v6 v6 =
      address.is_v4() ? asio::ip::make_address_v6(asio::ip::v4_mapped, address.to_v4())
                      : address.to_v6();
  const asio::ip::address_v6::bytes_type bytes = v6.to_bytes();
  in6_addr result;
  std::memcpy(&result, bytes.data(), sizeof result);
  return result;
}

asio::ip::address from_in6(const in6_addr& address, std::uint32_t interface_index) noexcept {
  asio::ip::address_v6::bytes_type bytes;
  std::memcpy(bytes.data(), &address, bytes.size());
  asio::ip::address_v6 v6(bytes);
  if (v6.is_link_local() || v6.is_multicast_link_local()) v6.scope_id(interface_index);
  return v6;
}

}  // namespace

// An IPv6 socket has the options of both levels on, because datagrams of IPv4 peers bring control
// messages of the IPv4 level. There must be room for all of them at once.
std::size_t control_space_of(Setting setting, Family family) noexcept {
  const bool v6 = family == Family::ipv6;
  switch (setting) {
    case Setting::receive_local_address:
      return (v6 ? CMSG_SPACE(sizeof(in6_pktinfo)) : 0) + CMSG_SPACE(sizeof(in_pktinfo));
    case Setting::receive_ecn:
    case Setting::receive_hop_limit:
      return (v6 ? 2 : 1) * CMSG_SPACE(sizeof(int));
    case Setting::receive_timestamp:
      return CMSG_SPACE(sizeof(timespec));
    case Setting::gro:
      return CMSG_SPACE(sizeof(int));
    default:
      return 0;
  }
}
static_assert(CMSG_SPACE(sizeof(in6_pktinfo)) + CMSG_SPACE(sizeof(in_pktinfo)) +
                  5 * CMSG_SPACE(sizeof(int)) + CMSG_SPACE(sizeof(timespec)) + foreign_control <=
              max_receive_control);
static_assert(max_receive_control % alignof(cmsghdr) == 0 &&
              foreign_control % alignof(cmsghdr) == 0);

void parse_control(const msghdr& message, ReceiveSlot& slot) noexcept {
  Metadata& metadata = slot.metadata;
  metadata.reply_address = asio::ip::address_v4();
  msghdr& walked = const_cast<msghdr&>(message);  // the CMSG macros take no const
  for (cmsghdr* header = CMSG_FIRSTHDR(&walked); header; header = CMSG_NXTHDR(&walked, header)) {
    if (header->cmsg_level == IPPROTO_IP && header->cmsg_type == IP_PKTINFO) {
      in_pktinfo info;
      if (!read_payload(*header, info)) continue;
      metadata.reply_address = asio::ip::address_v4(ntohl(info.ipi_spec_dst.s_addr));
      // An IPv6 socket gets messages of both levels with an IPv4 datagram. The one of the IPv6
      // level is kept: its mapped address has the same form as remote().
      if ((metadata.present & Metadata::local_address_item) != 0) continue;
      metadata.local_address = asio::ip::address_v4(ntohl(info.ipi_addr.s_addr));
      metadata.interface_index = static_cast<std::uint32_t>(info.ipi_ifindex);
      metadata.present |= Metadata::local_address_item;
    } else if (header->cmsg_level == IPPROTO_IPV6 && header->cmsg_type == IPV6_PKTINFO) {
      in6_pktinfo info;
      if (!read_payload(*header, info)) continue;
      metadata.local_address = from_in6(info.ipi6_addr, info.ipi6_ifindex);
      metadata.interface_index = info.ipi6_ifindex;
      metadata.present |= Metadata::local_address_item;
    } else if (header->cmsg_level == IPPROTO_IP && header->cmsg_type == IP_TOS) {
      if (!read_payload(*header, metadata.traffic_class))
        continue;  // one byte here, an int at the IPv6 level
      metadata.present |= Metadata::traffic_class_item;
    } else if (header->cmsg_level == IPPROTO_IPV6 && header->cmsg_type == IPV6_TCLASS) {
      int value = 0;
      if (!read_payload(*header, value)) continue;
      metadata.traffic_class = static_cast<std::uint8_t>(value);
      metadata.present |= Metadata::traffic_class_item;
    } else if ((header->cmsg_level == IPPROTO_IP && header->cmsg_type == IP_TTL) ||
               (header->cmsg_level == IPPROTO_IPV6 && header->cmsg_type == IPV6_HOPLIMIT)) {
      int value = 0;
      if (!read_payload(*header, value)) continue;
      metadata.hop_limit = static_cast<std::uint8_t>(value);
      metadata.present |= Metadata::hop_limit_item;
    } else if (header->cmsg_level == IPPROTO_UDP && header->cmsg_type == udp_gro) {
      int size = 0;
      if (read_payload(*header, size) && size > 0)
        slot.segment_size = static_cast<std::uint32_t>(size);
    } else if (header->cmsg_level == SOL_SOCKET && header->cmsg_type == SO_TIMESTAMPNS) {
      timespec time;
      if (!read_payload(*header, time)) continue;
      metadata.received_at_ns = std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
      metadata.present |= Metadata::timestamp_item;
    }
  }
}

std::size_t make_control(const SendItem& item,
                         const Sender& sender,
                         std::span<std::byte> space,
                         std::error_code& ec) noexcept {
  ec.clear();
  static const SendOptions none;
  const SendOptions& options = item.options ? *item.options : none;
  const Endpoint* const to = item.to;
  ControlWriter writer(space);
  if (item.segment_size != 0)
    writer.add(IPPROTO_UDP, udp_segment, static_cast<std::uint16_t>(item.segment_size));
  // For an IPv4 peer of an IPv6 socket, IPV6_TCLASS silently has no effect; IP_TOS works.
  const bool over_ipv4 = to ? is_over_ipv4(to->address()) : sender.peer_over_ipv4;
  if (options.source_address || options.interface_index != 0 || sender.source) {
    if (sender.family == Family::ipv4) {
      in_pktinfo info = in_pktinfo();
      if (options.source_address)
        info.ipi_spec_dst.s_addr = htonl(options.source_address->to_v4().to_uint());
      info.ipi_ifindex = static_cast<int>(options.interface_index);
      writer.add(IPPROTO_IP, IP_PKTINFO, info);
    } else {
      in6_pktinfo info = in6_pktinfo();
      if (sender.source) info.ipi6_addr = to_in6(*sender.source);
      // Towards an IPv4 peer even an unspecified source has to be a mapped address, else EINVAL.
      if (options.source_address || over_ipv4)
        info.ipi6_addr = to_in6(options.source_address.value_or(asio::ip::address_v4::any()));
      info.ipi6_ifindex = options.interface_index;
      writer.add(IPPROTO_IPV6, IPV6_PKTINFO, info);
    }
  }
  if (options.ecn || options.dscp) {
    const int level = over_ipv4 ? IPPROTO_IP : IPPROTO_IPV6;
    const int name = over_ipv4 ? IP_TOS : IPV6_TCLASS;
    int traffic_class = 0;
    if (!options.ecn || !options.dscp) {
      socklen_t size = sizeof traffic_class;
      if (::getsockopt(sender.handle, level, name, &traffic_class, &size) != 0) ec = last_error();
    }
    if (options.ecn) traffic_class = (traffic_class & ~3) | static_cast<int>(*options.ecn);
    if (options.dscp) traffic_class = (traffic_class & 3) | *options.dscp << 2;
    writer.add(level, name, traffic_class);
  }
  if (options.hop_limit) {
    if (over_ipv4)
      writer.add(IPPROTO_IP, IP_TTL, *options.hop_limit);
    else
      writer.add(IPPROTO_IPV6, IPV6_HOPLIMIT, *options.hop_limit);
  }
  if (options.departure != TimePoint()) {
    const auto time = options.departure.time_since_epoch();
    const auto in_ns = std::chrono::duration_cast<std::chrono::nanoseconds>(time).count();
    writer.add(SOL_SOCKET, SCM_TXTIME, static_cast<std::uint64_t>(in_ns));
  }
  return writer.used();
}

}  // namespace detail
DGRAM_END_NAMESPACE
