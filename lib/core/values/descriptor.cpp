#include <dgram/descriptor.hpp>

#include "../kernel/descriptor.hpp"

DGRAM_BEGIN_NAMESPACE

void Descriptor::reset(NativeHandle handle) noexcept {
  if (handle_ != invalid_handle) detail::close_descriptor(handle_);
  handle_ = handle;
}

DGRAM_END_NAMESPACE
