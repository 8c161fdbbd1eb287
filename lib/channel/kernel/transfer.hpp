// The system calls that move datagrams: KernelChannel::receive_batch() and send_batch(). One
// implementation per platform: transfer_linux.cpp, transfer_portable.cpp.
//
// The kernel's own calls push the process's off the CPU's return stack, so that each function that
// returns behind a system call is mispredicted, for 10 to 20 ns. Between these two and the call
// there is none that is not inlined; `[[gnu::flatten]]` sees to it.
#pragma once

#include <dgram/channel.hpp>

#include "kernel_channel.hpp"

DGRAM_BEGIN_NAMESPACE
namespace detail {

/// See Channel::has(), for those of the features that are calls of these files.
bool transfers_have(Feature feature, NativeHandle handle) noexcept;

}  // namespace detail
DGRAM_END_NAMESPACE
