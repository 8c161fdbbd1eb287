// Whether somebody else may have a descriptor of this process's sockets, and set options on them.
#pragma once

#include <atomic>
#include <dgram/config.hpp>

DGRAM_BEGIN_NAMESPACE
namespace detail {

inline std::atomic<bool> descriptors_shared_so_far = false;

/// Options belong to the kernel's socket, which a duplicate has as well. So who takes a socket over
/// may switch UDP_GRO on under the one who still receives, and then a train looks like one datagram
/// to whoever does not expect any.
inline bool are_descriptors_shared() noexcept {
  return descriptors_shared_so_far.load(std::memory_order_relaxed);
}

/// From now on, for good: nobody tells when the other one has closed it.
inline void note_shared_descriptors() noexcept {
  descriptors_shared_so_far.store(true, std::memory_order_relaxed);
}

}  // namespace detail
DGRAM_END_NAMESPACE
