// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0

#include "offered.hpp"

#include <sys/stat.h>

#include <dgram/error.hpp>
#include <utility>

#include "../core/kernel/descriptor.hpp"

DGRAM_BEGIN_NAMESPACE
namespace detail {

namespace {

bool find_inode(NativeHandle handle, std::uint64_t& inode) noexcept {
  struct stat status;
  if (::fstat(handle, &status) != 0) return false;
  inode = status.st_ino;
  return true;
}

}  // namespace

Offered::Offered(std::string n, NativeHandle h) : name(std::move(n)), handle(h) {
  if (!find_inode(handle, inode)) throw Error(last_error(), "offer", name);
}

bool Offered::is_still_open() const noexcept {
  std::uint64_t now = 0;
  return find_inode(handle, now) && now == inode;
}

}  // namespace detail
DGRAM_END_NAMESPACE
