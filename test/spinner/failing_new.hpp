// operator new of this program: counts what is not freed, and fails when it is told to.
#pragma once

#include <cstddef>

namespace spinner {

/// Blocks of the whole program that are not freed.
long live_blocks() noexcept;

/// Requests that have failed because a FailingNew lived.
long failures() noexcept;

/// While it lives, the n-th request of this thread fails; 0: none does.
class FailingNew {
 public:
  explicit FailingNew(std::size_t nth) noexcept;
  /// A handler has been called, whose own requests have to be met: on the system executor an
  /// exception of it ends the program.
  static void end_early() noexcept;
  FailingNew(const FailingNew&) = delete;
  ~FailingNew();

  /// The n-th request has come.
  bool fired() const noexcept;
};

}  // namespace spinner
