#include "../kernel/system.hpp"

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <memory>

#include "../kernel/descriptor.hpp"

DGRAM_BEGIN_NAMESPACE
namespace detail {

namespace {

struct CloseFile {
  void operator()(std::FILE* file) const noexcept { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, CloseFile>;

// Of the network of this thread; /proc/net is that of the process's first one.
File open_list(const char* path) noexcept {
  return File(std::fopen(path, "re"));
}

// "700 eth0 : 2 V3" and then, for each of its groups, "  0302EFEF 1 0:00000000 0": the address as
// the machine reads its four bytes (igmp_mc_seq_show in net/ipv4/igmp.c).
bool lists_ipv4_group(const GroupMembership& membership) noexcept {
  const File list = open_list("/proc/thread-self/net/igmp");
  if (!list) return true;
  const asio::ip::address_v4::bytes_type bytes = membership.group.to_v4().to_bytes();
  std::uint32_t wanted = 0;
  std::memcpy(&wanted, bytes.data(), sizeof wanted);
  char line[256];
  bool is_interface = false;
  while (std::fgets(line, sizeof line, list.get())) {
    unsigned number = 0;
    if (line[0] != '\t' && line[0] != ' ')
      is_interface = std::sscanf(line, "%u", &number) == 1 && number == membership.interface;
    else if (is_interface && std::sscanf(line, "%x", &number) == 1 && number == wanted)
      return true;
  }
  return false;
}

// "700 eth0 ff150000000000000000000000000099 1 00000004 0" (igmp6_mc_seq_show in net/ipv6/mcast.c)
bool lists_ipv6_group(const GroupMembership& membership) noexcept {
  const File list = open_list("/proc/thread-self/net/igmp6");
  if (!list) return true;
  char wanted[33];
  const asio::ip::address_v6::bytes_type bytes = membership.group.to_v6().to_bytes();
  for (std::size_t i = 0; i < bytes.size(); ++i)
    std::snprintf(wanted + 2 * i, 3, "%02x", static_cast<unsigned>(bytes[i]));
  char line[256];
  while (std::fgets(line, sizeof line, list.get())) {
    unsigned number = 0;
    char group[33] = "";
    if (std::sscanf(line, "%u %*s %32s", &number, group) == 2 && number == membership.interface &&
        std::strcmp(group, wanted) == 0)
      return true;
  }
  return false;
}

}  // namespace

bool is_deaf(NativeHandle handle, const GroupMembership& membership) noexcept {
  if (membership.interface == 0) return false;
  std::error_code ec;
  const NativeHandle here = make_descriptor(Family::ipv4, ec);
  if (ec) return false;
  const bool apart = are_worlds_apart(here, handle);
  close_descriptor(here);
  if (apart) return false;
  return membership.group.is_v6() ? !lists_ipv6_group(membership) : !lists_ipv4_group(membership);
}

}  // namespace detail
DGRAM_END_NAMESPACE
