// How the two processes of a handover talk: each side's half, over a link.
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

/// Waits a moment, not beyond `until`: between two looks at what tells nobody when it changes.
asio::awaitable<std::error_code> pause(TimePoint until = TimePoint::max());

// Each sets `ec`; links and codes must live until completion. `broken_pipe`: the other end has gone
// without a word.

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

/// The predecessor serves a caller. No error: the sockets are the caller's. Else they are not, and
/// the caller was told so.
asio::awaitable<void> hand_to(DescriptorLink& caller,
                              NativeHandle listener,
                              std::vector<Offered> offers,
                              TimePoint::duration patience,
                              std::error_code& ec);

}  // namespace detail
DGRAM_END_NAMESPACE
