// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0

#include <dgram/interface.hpp>

#include "address.hpp"

DGRAM_BEGIN_NAMESPACE

Interface::Interface(std::string text) {
  if (text.empty()) return;
  kind_ = Kind::name;
  std::error_code unparsable;
  const std::size_t zone = text.find('%');
  if (text.find('\0') != std::string::npos) {  // the parsers would stop there and accept the name
    name_ = std::move(text);
  } else if (zone != std::string::npos) {
    // The zone alone names the interface; the address before it adds nothing.
    const std::string address = text.substr(0, zone);
    if (!address.empty()) asio::ip::make_address_v6(address, unparsable);
    name_ = unparsable ? text : text.substr(zone + 1);
  } else {
    const asio::ip::address address = asio::ip::make_address(text, unparsable);
    if (unparsable)
      name_ = std::move(text);
    else
      *this = Interface(address);
  }
}

Interface::Interface(const asio::ip::address& address) : address_(detail::unmapped(address)) {
  if (address.is_v6() && address.to_v6().scope_id() != 0) {
    kind_ = Kind::index;
    index_ = static_cast<std::uint32_t>(address.to_v6().scope_id());
  } else if (!address_.is_unspecified()) {
    kind_ = Kind::address;
  }
}

const InterfaceInfo* find(const std::vector<InterfaceInfo>& interfaces,
                          const asio::ip::address& address) noexcept {
  for (const InterfaceInfo& info : interfaces)
    for (const asio::ip::address& own : info.addresses)
      if (detail::is_same_address(own, address)) return &info;
  return nullptr;
}

namespace {

/// Cuts the name at a NUL, where the text of an exception would end before its reason.
std::string printable(const std::string& name) {
  if (name.empty()) return "an empty interface name";
  const std::size_t nul = name.find('\0');
  return nul == std::string::npos ? name : name.substr(0, nul) + "\\0";
}

}  // namespace

std::string to_string(const Interface& interface) {
  switch (interface.kind()) {
    case Interface::Kind::any:
      return "any interface";
    case Interface::Kind::index:
      return interface.index() == 0 ? "an impossible interface index"
                                    : "interface " + std::to_string(interface.index());
    case Interface::Kind::name:
      return printable(interface.name());
    case Interface::Kind::address:
      return interface.address().to_string();
    case Interface::Kind::all:
      break;
  }
  return "all interfaces";
}

DGRAM_END_NAMESPACE
