// A socket that another process may get.
#pragma once

#include <cstdint>
#include <dgram/channel.hpp>
#include <dgram/config.hpp>
#include <string>

DGRAM_BEGIN_NAMESPACE
namespace detail {

struct Offered {
  /// Throws Error where the handle is not open.
  Offered(std::string n, NativeHandle h);

  /// False when it was closed, even where its number means something else by now.
  bool is_still_open() const noexcept;

  std::string name;
  NativeHandle handle;
  std::uint64_t inode;  // no two sockets have the same
};

}  // namespace detail
DGRAM_END_NAMESPACE
