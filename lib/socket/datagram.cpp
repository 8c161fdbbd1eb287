#include <cstring>
#include <dgram/datagram.hpp>
#include <new>

#include "../address.hpp"

DGRAM_BEGIN_NAMESPACE

const Endpoint& Datagram::nobody() noexcept {
  static const Endpoint none;
  return none;
}

Datagram Datagram::copy() const {
  if (!has_value()) return {};
  detail::Slab* slab = detail::Slab::make_single(size());
  if (!slab) throw std::bad_alloc();
  ReceiveSlot& slot = slab->slots()[0];
  if (at_.size != 0) std::memcpy(slot.data, at_.bytes, at_.size);
  slot.size = at_.size;
  slot.full_size = static_cast<std::uint32_t>(full_size());
  slot.control_truncated = at_.slot->control_truncated;
  slot.remote = at_.slot->remote;
  slot.metadata = at_.slot->metadata;
  return Datagram(slab, &slot);
}

SendOptions Datagram::reply_options() const noexcept {
  SendOptions options;
  const std::optional<asio::ip::address> local = local_address();
  if (!local) return options;
  const Metadata& metadata = at_.slot->metadata;
  bool came_to_group = local->is_multicast();
  if (detail::is_over_ipv4(*local)) {
    const asio::ip::address_v4 address = detail::unmapped(*local).to_v4();
    const bool told = !metadata.reply_address.is_unspecified();
    came_to_group = told ? metadata.reply_address != address
                         : address.is_multicast() || address == asio::ip::address_v4::broadcast();
    if (told)
      options.source_address = metadata.reply_address;
    else if (!came_to_group)
      options.source_address = *local;
  } else if (!came_to_group) {
    options.source_address = *local;
  }
  const asio::ip::address peer = remote().address();
  const bool link_local_peer = peer.is_v6() && peer.to_v6().is_link_local();
  if (came_to_group || link_local_peer) options.interface_index = metadata.interface_index;
  return options;
}

DGRAM_END_NAMESPACE
