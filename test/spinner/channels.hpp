// The channels of the sockets: each call is counted, and some follow a script.
#pragma once

#include <asio/execution_context.hpp>
#include <dgram/fault_channel.hpp>
#include <memory>

namespace spinner {

/// Sockets that are made on the context have such a channel.
void watch_channels(asio::execution_context& context);

/// The channel of the socket that this thread makes next, while this lives, follows the script;
/// none: it does what it is asked to.
class NextChannel {
 public:
  explicit NextChannel(std::shared_ptr<dgram::FaultScript> script) noexcept;
  NextChannel(const NextChannel&) = delete;
  ~NextChannel();
};

}  // namespace spinner
