// Whether the process has but one thread: then nothing needs a locked instruction, which costs more
// than most of what it guards.
#pragma once

#include <dgram/config.hpp>

#if __has_include(<sys/single_threaded.h>)
#include <sys/single_threaded.h>
#endif

DGRAM_BEGIN_NAMESPACE
namespace detail {

/// False where it is not known. As std::shared_ptr of libstdc++ asks.
inline bool is_single_threaded() noexcept {
#if __has_include(<sys/single_threaded.h>)
  return __libc_single_threaded;  // glibc since 2.32; false from the first pthread_create() on
#else
  return false;
#endif
}

}  // namespace detail
DGRAM_END_NAMESPACE
