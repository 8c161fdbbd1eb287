// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// The messages of the two sides of a cluster: a few words each, and at most one descriptor beside
// them.
#pragma once

#include <cstdint>
#include <dgram/config.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "wanted.hpp"

DGRAM_BEGIN_NAMESPACE
namespace node::cluster::detail {

/// The version of the messages below: the two sides need not be of one build.
inline constexpr int protocol_version = 1;

// ---- from the worker

/// The first message.
struct Online {
  int version = protocol_version;
};
/// Asks for the socket of a bind that is not exclusive.
struct Query {
  Ticket ticket = 0;
  Wanted wanted;
};
/// The socket of that bind receives now.
struct Listening {
  Ticket ticket = 0;
  int port = 0;
};
/// The socket of that bind is closed, or not wanted any more.
struct Close {
  Ticket ticket = 0;
};
/// The worker is about to end the link, on purpose.
struct Leaving {};

// ---- from the primary

/// Answers a query; with a descriptor when `error` is 0.
struct Reply {
  Ticket ticket = 0;
  int error = 0;  ///< errno
};
/// The worker has to close what is shared, then the link.
struct Disconnect {};

// ---- from both

/// A message of the user.
struct Text {
  std::string text;
};

/// Throws node::Error EMSGSIZE when the text does not fit into a message.
void check_text(std::string_view text);

using Message = std::variant<Online, Query, Listening, Close, Leaving, Reply, Disconnect, Text>;

std::string to_bytes(const Message& message);

/// nullopt for everything that to_bytes() does not make.
std::optional<Message> from_bytes(std::string_view bytes);

}  // namespace node::cluster::detail
DGRAM_END_NAMESPACE
