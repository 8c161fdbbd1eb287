// Linux's names for runs and trains of datagrams. Newer than the C libraries that dgram is built
// with: linux/udp.h.
#pragma once

#include <dgram/config.hpp>

DGRAM_BEGIN_NAMESPACE
namespace detail {

inline constexpr int udp_segment = 103;
inline constexpr int udp_gro = 104;

}  // namespace detail
DGRAM_END_NAMESPACE
