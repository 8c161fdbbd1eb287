// Where a peer receives a datagram.
#pragma once

#include <array>
#include <cstddef>

namespace bench {

inline constexpr std::size_t largest_datagram = 65536;

/// At the beginning of a page. A copy between some offsets within pages is three times as slow on
/// some CPUs (4K aliasing), and which contender's buffer the heap puts there would be chance.
struct alignas(4096) DatagramBuffer : std::array<char, largest_datagram> {};

}  // namespace bench
