// Networks in one process, on Linux's network namespaces and the program `ip`.
#include "support/network.hpp"

#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <system_error>

#include "support/network_changes.hpp"

namespace test {
namespace {

[[noreturn]] void fail(const std::string& what) {
  throw std::system_error(errno, std::generic_category(), what);
}

Descriptor present_network() {
  const char* const path = "/proc/thread-self/ns/net";
  return Descriptor(::open(path, O_RDONLY | O_CLOEXEC), path);
}

Descriptor new_network() {
  const Here back(present_network());
  if (::unshare(CLONE_NEWNET) != 0) fail("unshare(CLONE_NEWNET)");
  return present_network();
}

std::string file(const char* path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

/// An IPv6 address of an interface: a line of /proc/net/if_inet6.
struct Address {
  std::string digits;  // 32 of them
  bool tentative = false;
  bool link_local() const { return digits.starts_with("fe8"); }
};

/// Those of the network that this thread is in. /proc/net would be that of the main thread.
std::vector<Address> addresses_of(const std::string& interface) {
  std::vector<Address> found;
  std::istringstream lines(file("/proc/thread-self/net/if_inet6"));
  std::string digits, index, prefix, scope, flags, name;
  while (lines >> digits >> index >> prefix >> scope >> flags >> name) {
    constexpr unsigned long tentative = 0x40;  // IFA_F_TENTATIVE
    if (name == interface)
      found.push_back({digits, (std::stoul(flags, nullptr, 16) & tentative) != 0});
  }
  return found;
}

/// Asks about an interface of the network that this thread is in.
ifreq ask(unsigned long request, const std::string& interface) {
  const Descriptor socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ifreq answer{};
  interface.copy(answer.ifr_name, IFNAMSIZ - 1);
  if (::ioctl(socket.get(), request, &answer) != 0) fail(interface);
  return answer;
}

bool is_ready(const std::string& interface) {
  if ((ask(SIOCGIFFLAGS, interface).ifr_flags & IFF_RUNNING) == 0) return false;
  constexpr int smallest_ipv6_mtu = 1280;
  bool has_link_local = ask(SIOCGIFMTU, interface).ifr_mtu < smallest_ipv6_mtu;
  // The kernel clears "tentative" a moment before it adds the route by which the address receives.
  const std::string routes = file("/proc/thread-self/net/ipv6_route");
  for (const Address& address : addresses_of(interface)) {
    if (address.tentative || routes.find(address.digits + " 80 ") == std::string::npos)
      return false;
    has_link_local |= address.link_local();
  }
  return has_link_local;
}

/// How `ip` is told of an end of a cable. Its index is the only one of its kind among all hosts: an
/// index that a test takes from the wrong host then names nothing. And Linux takes a second to say
/// that a carrier is up where both ends happen to have the same index.
std::string end_of(const Plug& plug, int mtu) {
  static std::atomic<int> last_index{100};
  return plug.interface + " mtu " + std::to_string(mtu) + " index " + std::to_string(++last_index);
}

/// A cable: both ends are up and have their carrier, and no address but the link-local ones.
void lay(const Plug& a, const Plug& b, int mtu) {
  a.host.ip("link add " + end_of(a, mtu) + " type veth peer name " + end_of(b, mtu) + " netns " +
            b.host.netns());
  for (const Plug* end : {&a, &b}) end->host.ip("link set " + end->interface + " up");
  for (const Plug* end : {&a, &b}) end->host.await_ready(end->interface);
}

void give_addresses(const Plug& end) {
  for (const std::string& address : end.addresses) {
    const bool v6 = address.find(':') != std::string::npos;
    end.host.ip("address add " + address + (v6 ? " nodad" : " brd +") + " dev " + end.interface);
  }
  end.host.await_ready(end.interface);
}

}  // namespace

// --- where a thread is -------------------------------------------------------------------------

Here::Here(const Descriptor& network) : former_(present_network()) {
  if (::setns(network.get(), CLONE_NEWNET) != 0) fail("setns");
}

Here::~Here() {
  // A thread on the wrong host would make everything after it lie.
  if (::setns(former_.get(), CLONE_NEWNET) != 0) std::abort();
}

// --- hosts -------------------------------------------------------------------------------------

Host::Host(std::string name) : name_(std::move(name)), network_(new_network()) {
  for (const std::string which : {"all", "default"}) {
    set("ipv4/conf/" + which + "/rp_filter", "0");
    // Some systems switch IPv6 off where they do not use it, by a default that new networks
    // inherit.
    set("ipv6/conf/" + which + "/disable_ipv6", "0");
    set("ipv6/conf/" + which + "/accept_dad", "0");
  }
  // Else a router answers the first of several datagrams only.
  set("ipv4/icmp_ratelimit", "0");
  set("ipv6/icmp/ratelimit", "0");
  ip("link set lo up");
}

std::string Host::run(const std::string& command) const {
  const Here here = enter();  // the child starts where this thread is
  std::FILE* pipe = ::popen(("exec " + command + " 2>&1 </dev/null").c_str(), "re");
  if (pipe == nullptr) fail(command);
  std::string output;
  std::array<char, 4096> block;
  while (const std::size_t n = std::fread(block.data(), 1, block.size(), pipe))
    output.append(block.data(), n);
  if (::pclose(pipe) != 0) throw std::runtime_error("on " + name_ + ": " + command + ": " + output);
  return output;
}

void Host::set(const std::string& setting, std::string_view value) const {
  const Here here = enter();
  const std::string path = "/proc/sys/net/" + setting;
  const std::string what = "on " + name_ + ": " + path;
  const Descriptor file(::open(path.c_str(), O_WRONLY | O_CLOEXEC), what);
  if (::write(file.get(), value.data(), value.size()) < 0) fail(what);
}

unsigned Host::index(const std::string& interface) const {
  const Here here = enter();
  const unsigned index = ::if_nametoindex(interface.c_str());
  if (index == 0) fail("on " + name_ + ": " + interface);
  return index;
}

asio::ip::address_v6 Host::link_local(const std::string& interface) const {
  const Here here = enter();
  for (const Address& address : addresses_of(interface)) {
    if (!address.link_local()) continue;
    asio::ip::address_v6::bytes_type bytes{};
    const char* digits = address.digits.data();
    for (std::size_t i = 0; i < bytes.size(); ++i, digits += 2)
      std::from_chars(digits, digits + 2, bytes[i], 16);
    return asio::ip::address_v6(bytes, index(interface));
  }
  throw std::runtime_error("on " + name_ + ": no link-local address on " + interface);
}

void Host::await_ready(const std::string& interface) const {
  const Here here = enter();
  if (!await_network([&] { return is_ready(interface); }))
    throw std::runtime_error("on " + name_ + ": not ready:\n" + ip("address show " + interface));
}

std::string Host::netns() const {
  return "/proc/" + std::to_string(::getpid()) + "/fd/" + std::to_string(network_.get());
}

// --- what joins them ---------------------------------------------------------------------------

void link(const Plug& a, const Plug& b, int mtu) {
  lay(a, b, mtu);
  give_addresses(a);
  give_addresses(b);
}

Bridge::Bridge(std::string name) : host_(std::move(name)) {
  // Snooping would forward a group only after it has seen a report, and reports are sent late and
  // lost.
  host_.ip("link add bridge type bridge stp_state 0 forward_delay 0 mcast_snooping 0");
  host_.ip("link set bridge up");
}

void Bridge::plug(const Plug& plug, int mtu) {
  const std::string port = "port" + std::to_string(ports_++);
  lay({host_, port}, plug, mtu);
  // With its carrier up already, the port forwards when this returns; else it would some time
  // later.
  host_.ip("link set " + port + " master bridge");
  give_addresses(plug);
}

void make_router(const Host& host) {
  host.set("ipv4/ip_forward", "1");
  host.set("ipv6/conf/all/forwarding", "1");
}

}  // namespace test
