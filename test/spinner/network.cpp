#include "spinner/network.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <spawn.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <fstream>
#include <vector>

#include "support/descriptors.hpp"

extern char** environ;

namespace spinner {

namespace {

void write_file(const char* path, const std::string& text) {
  std::ofstream(path) << text;
}

ifreq named(const char* interface) {
  ifreq request{};
  std::strncpy(request.ifr_name, interface, IFNAMSIZ - 1);
  return request;
}

bool set_flags(const char* interface, bool is_up) {
  const test::Descriptor socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ifreq request = named(interface);
  if (::ioctl(socket.get(), SIOCGIFFLAGS, &request) != 0) return false;
  const int flags = is_up ? request.ifr_flags | IFF_UP : request.ifr_flags & ~IFF_UP;
  request.ifr_flags = static_cast<short>(flags);
  return ::ioctl(socket.get(), SIOCSIFFLAGS, &request) == 0;
}

/// Instead of the one that it has.
void give_address(const char* interface, const std::string& address) {
  const test::Descriptor socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ifreq request = named(interface);
  sockaddr_in in{};
  in.sin_family = AF_INET;
  ::inet_pton(AF_INET, address.c_str(), &in.sin_addr);
  std::memcpy(&request.ifr_addr, &in, sizeof in);
  if (::ioctl(socket.get(), SIOCSIFADDR, &request) != 0) return;
  ::inet_pton(AF_INET, "255.255.255.0", &in.sin_addr);
  std::memcpy(&request.ifr_netmask, &in, sizeof in);
  ::ioctl(socket.get(), SIOCSIFNETMASK, &request);
}

/// Runs the program `ip`, in silence: an interface that is there already, or not there any more, is
/// no fault.
bool ip(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "ip");
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    ::posix_spawn_file_actions_addopen(&actions, fd, "/dev/null", O_RDWR, 0);
  pid_t child = 0;
  const int error = ::posix_spawnp(
      &child, "ip", &actions, nullptr, const_cast<char* const*>(arguments.data()), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  int status = 0;
  return error == 0 && ::waitpid(child, &status, 0) == child && status == 0;
}

}  // namespace

bool enter_own_network() {
  const std::string user = std::to_string(::getuid()), group = std::to_string(::getgid());
  if (::unshare(CLONE_NEWNET) != 0) {
    if (::unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0) return false;
    write_file("/proc/self/setgroups", "deny");
    write_file("/proc/self/uid_map", "0 " + user + " 1");
    write_file("/proc/self/gid_map", "0 " + group + " 1");
  }
  write_file("/proc/sys/net/ipv6/conf/default/accept_dad", "0");
  return set_flags("lo", true);
}

Network::Network(bool is_own) noexcept : is_own_(is_own) {}

void Network::add(std::size_t interface) {
  if (!is_own_) return;
  const std::lock_guard lock(mutex_);
  ip({"link", "add", names[interface], "type", "dummy"});
  give_address(names[interface], address(interface, 0));
  set_flags(names[interface], true);
}

void Network::remove(std::size_t interface) {
  const std::lock_guard lock(mutex_);
  if (is_own_) ip({"link", "delete", names[interface]});
}

void Network::set_up(std::size_t interface, bool is_up) {
  const std::lock_guard lock(mutex_);
  if (is_own_) set_flags(names[interface], is_up);
}

void Network::set_address(std::size_t interface, int n) {
  const std::lock_guard lock(mutex_);
  if (is_own_) give_address(names[interface], address(interface, n));
}

std::string Network::address(std::size_t interface, int n) {
  return "10." + std::to_string(90 + interface) + ".0." + std::to_string(n + 1);
}

}  // namespace spinner
