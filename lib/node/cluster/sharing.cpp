// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0

#include "sharing.hpp"

DGRAM_BEGIN_NAMESPACE
namespace node::cluster::detail {

asio::execution_context::id SharingService::id;

std::shared_ptr<Sharing> SharingService::of(asio::io_context& context) {
  if (!asio::has_service<SharingService>(context)) return nullptr;
  return asio::use_service<SharingService>(context).sharing_;
}

void SharingService::set(asio::io_context& context, std::shared_ptr<Sharing> sharing) {
  asio::use_service<SharingService>(context).sharing_ = std::move(sharing);
}

void SharingService::shutdown() {
  if (const std::shared_ptr<Sharing> sharing = std::move(sharing_)) sharing->shut_down();
}

}  // namespace node::cluster::detail
DGRAM_END_NAMESPACE
