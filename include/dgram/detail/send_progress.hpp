// How far a batch of datagrams has come. Kept by its owner, so that it can go on after a wait.
#pragma once

#include <cstddef>
#include <dgram/config.hpp>
#include <system_error>

DGRAM_BEGIN_NAMESPACE
namespace detail {

/// Positions are datagrams of a send_many, bytes of a send_segments.
struct SendProgress {
  std::size_t next = 0;         ///< What is before it has its result.
  std::size_t apart_until = 0;  ///< What is before it goes one by one: its run was refused, or may
                                ///< not be made.
  std::size_t refused = 0;      ///< Where that run began.
  std::error_code refusal;      ///< How it was refused, until that is proven or refuted.
};

}  // namespace detail
DGRAM_END_NAMESPACE
