// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// The limit of sends that wait for a bind or a lookup.
#pragma once

#include <cstddef>
#include <dgram/config.hpp>
#include <memory>

DGRAM_BEGIN_NAMESPACE
namespace node::detail {

/// Node keeps any number of waiting sends until memory runs out; a name server that does not answer
/// is enough for that.
class WaitingSends {
 public:
  static constexpr std::size_t max_count = 65'536;
  static constexpr std::size_t max_bytes = std::size_t{16} << 20;

  /// Held by a send while it waits. May outlive this object.
  using Place = std::shared_ptr<const void>;

  /// Empty when there is no room. A single send is let in whatever its size.
  Place take(std::size_t bytes) {
    if (counts_->count == max_count) return {};
    if (counts_->count > 0 && bytes + counts_->bytes > max_bytes) return {};
    ++counts_->count;
    counts_->bytes += bytes;
    return Place(counts_.get(), [counts = counts_, bytes](const void*) {
      --counts->count;
      counts->bytes -= bytes;
    });
  }

 private:
  struct Counts {
    std::size_t count = 0;
    std::size_t bytes = 0;
  };
  std::shared_ptr<Counts> counts_ = std::make_shared<Counts>();
};

}  // namespace node::detail
DGRAM_END_NAMESPACE
