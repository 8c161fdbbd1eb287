// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// Segmentation as users set it: for the process, a socket, a destination.
#include <asio/error.hpp>
#include <dgram/error.hpp>
#include <dgram/segmentation.hpp>
#include <dgram/socket_settings.hpp>
#include <new>

#include "../planning/runs.hpp"
#include "../socket/core.hpp"
#include "../socket/guard.hpp"
#include "throwing.hpp"

DGRAM_BEGIN_NAMESPACE

namespace {

std::string to_text(Segmentation segmentation) {
  switch (segmentation) {
    case Segmentation::automatic:
      return "automatic";
    case Segmentation::on:
      return "on";
    case Segmentation::off:
      return "off";
  }
  return std::to_string(static_cast<int>(segmentation));
}

}  // namespace

void set_process_segmentation(Segmentation segmentation) {
  if (!detail::is_segmentation(segmentation))
    throw Error(asio::error::invalid_argument, "set_process_segmentation", to_text(segmentation));
  detail::process_segmentation_now.store(segmentation, std::memory_order_relaxed);
}

Segmentation process_segmentation() noexcept {
  return detail::process_segmentation_now.load(std::memory_order_relaxed);
}

void detail::Core::set_segmentation(const asio::ip::address& destination,
                                    Segmentation segmentation) {
  if (!destinations_) {
    if (segmentation == Segmentation::automatic) return;
    auto made = std::make_unique<DestinationSegmentation>();
    std::error_code ec;
    if (connected_) made->set_peer(channel_->remote_endpoint(ec).address());
    made->set(destination, segmentation);
    destinations_ = std::move(made);
    return;
  }
  destinations_->set(destination, segmentation);
}

void SocketSettings::set_segmentation(Segmentation segmentation, std::error_code& ec) {
  const detail::Guard guard(core());
  ec.clear();
  if (!detail::is_segmentation(segmentation))
    ec = asio::error::invalid_argument;
  else if (!has_descriptor())
    ec = asio::error::bad_descriptor;
  else
    core()->set_segmentation(segmentation);
}
void SocketSettings::set_segmentation(Segmentation segmentation) {
  detail::or_throw("set_segmentation", to_text(segmentation), [&](std::error_code& ec) {
    set_segmentation(segmentation, ec);
  });
}
Segmentation SocketSettings::segmentation(std::error_code& ec) const {
  const detail::Guard guard(core());
  ec = has_descriptor() ? std::error_code() : asio::error::bad_descriptor;
  return ec ? Segmentation::automatic : core()->options().segmentation;
}
Segmentation SocketSettings::segmentation() const {
  return detail::or_throw(
      "segmentation", {}, [&](std::error_code& ec) { return segmentation(ec); });
}

void SocketSettings::set_segmentation(const asio::ip::address& destination,
                                      Segmentation segmentation,
                                      std::error_code& ec) {
  const detail::Guard guard(core());
  ec.clear();
  if (!detail::is_segmentation(segmentation)) {
    ec = asio::error::invalid_argument;
  } else if (!has_descriptor()) {
    ec = asio::error::bad_descriptor;
  } else if (core()->family() == Family::ipv4 ? !destination.is_v4()
                                              : !core()->can_reach(destination)) {
    ec = asio::error::address_family_not_supported;
  } else {
    try {
      core()->set_segmentation(destination, segmentation);
    } catch (const std::bad_alloc&) {
      ec = asio::error::no_memory;
    }
  }
}
void SocketSettings::set_segmentation(const asio::ip::address& destination,
                                      Segmentation segmentation) {
  const std::string subject = destination.to_string() + ' ' + to_text(segmentation);
  detail::or_throw("set_segmentation", subject, [&](std::error_code& ec) {
    set_segmentation(destination, segmentation, ec);
  });
}
Segmentation SocketSettings::segmentation(const asio::ip::address& destination,
                                          std::error_code& ec) const {
  const detail::Guard guard(core());
  ec = has_descriptor() ? std::error_code() : asio::error::bad_descriptor;
  return ec ? Segmentation::automatic : core()->segmentation(destination);
}
Segmentation SocketSettings::segmentation(const asio::ip::address& destination) const {
  return detail::or_throw("segmentation", destination.to_string(), [&](std::error_code& ec) {
    return segmentation(destination, ec);
  });
}

DGRAM_END_NAMESPACE
