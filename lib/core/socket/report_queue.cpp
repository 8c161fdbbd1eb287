#include "report_queue.hpp"

DGRAM_BEGIN_NAMESPACE
namespace detail {

bool ReportQueue::push(const ErrorReport& report) noexcept {
  const bool fits = size_ < capacity;
  if (!fits) pop();
  reports_[(first_ + size_) % capacity] = report;
  ++size_;
  return fits;
}

ErrorReport ReportQueue::pop() noexcept {
  const ErrorReport report = reports_[first_];
  first_ = (first_ + 1) % capacity;
  --size_;
  return report;
}

}  // namespace detail
DGRAM_END_NAMESPACE
