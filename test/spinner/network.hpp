// A network of the process's own, and interfaces in it that come and go.
#pragma once

#include <array>
#include <cstddef>
#include <mutex>
#include <string>
#include <string_view>

namespace spinner {

/// Leaves the network of the system for one of its own with a loopback. Before the first thread.
/// False: this process may not.
bool enter_own_network();

/// The interfaces beside the loopback, "spin0" and "spin1". What they are now only this knows: the
/// actions find it out by failing.
class Network {
 public:
  explicit Network(bool is_own) noexcept;

  bool is_own() const noexcept { return is_own_; }

  // By any thread. Without a network of its own they do nothing.
  void add(std::size_t interface);
  void remove(std::size_t interface);
  void set_up(std::size_t interface, bool is_up);
  /// Gives it its n-th IPv4 address instead of another one.
  void set_address(std::size_t interface, int n);

  static constexpr std::array<const char*, 2> names{"spin0", "spin1"};
  static std::string address(std::size_t interface, int n);

 private:
  bool is_own_;
  std::mutex mutex_;
};

}  // namespace spinner
