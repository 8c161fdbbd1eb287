// The system calls that move datagrams. One implementation per platform: transfer_linux.cpp,
// transfer_portable.cpp.
#pragma once

#include <dgram/channel.hpp>
#include <span>
#include <system_error>

#include "control.hpp"

DGRAM_BEGIN_NAMESPACE
namespace detail {

/// The most datagrams that one call brings.
inline constexpr std::size_t max_batch = 64;

/// See Channel::receive_batch().
std::error_code receive_datagrams(NativeHandle handle,
                                  const ControlPlan& control,
                                  std::span<ReceiveSlot> slots,
                                  std::size_t& count,
                                  CallHistogram& calls) noexcept;

/// See Channel::send_batch().
std::error_code send_datagrams(const Sender& sender,
                               std::span<const SendItem> items,
                               std::size_t& count,
                               CallHistogram& calls) noexcept;

/// See Channel::has(), for those of the features that are calls of these files.
bool transfers_have(Feature feature, NativeHandle handle) noexcept;

}  // namespace detail
DGRAM_END_NAMESPACE
