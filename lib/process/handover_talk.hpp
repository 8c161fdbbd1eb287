// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// The conversation of a handover over a link: the half of each of the two processes.
#pragma once

#include <asio/awaitable.hpp>
#include <dgram/channel.hpp>
#include <dgram/process/descriptor_link.hpp>
#include <dgram/process/named_descriptors.hpp>
#include <string>
#include <system_error>
#include <vector>

#include "offered.hpp"

DGRAM_BEGIN_NAMESPACE
namespace detail {

/// Waits a moment, but not beyond `until`. For polling a state that gives no notice when it
/// changes.
asio::awaitable<std::error_code> pause(TimePoint until = TimePoint::max());

// Each function sets `ec`. Links and error codes must live until completion. `broken_pipe`: the
// other end has gone without a message.

/// The successor asks for the sockets, and gets the predecessor's listener with them.
asio::awaitable<NamedDescriptors> ask_for_sockets(DescriptorLink& predecessor,
                                                  Descriptor& listener,
                                                  TimePoint until,
                                                  std::error_code& ec);

/// The successor says that it is ready. No error: the sockets are its own, because the predecessor
/// said so, or because it has died.
asio::awaitable<void> become_owner(DescriptorLink& predecessor,
                                   TimePoint until,
                                   std::error_code& ec);

/// The predecessor hands the sockets to a caller. No error: they are the caller's. Otherwise they
/// are not, and the caller was told so.
asio::awaitable<void> hand_to(DescriptorLink& caller,
                              NativeHandle listener,
                              std::vector<Offered> offers,
                              TimePoint::duration patience,
                              std::error_code& ec);

}  // namespace detail
DGRAM_END_NAMESPACE
