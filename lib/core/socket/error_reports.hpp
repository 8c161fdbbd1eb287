// The error reports of a socket that asked for them: those that nobody took yet, and who waits for
// more. Most sockets have none of this.
#pragma once

#include "core.hpp"
#include "report_queue.hpp"

DGRAM_BEGIN_NAMESPACE
namespace detail {

struct ErrorReports {
  Core::Direction direction{Event::error};
  ReportQueue queue;
  bool woken = false;  ///< The kernel said that there may be some.
};

}  // namespace detail
DGRAM_END_NAMESPACE
