#include <dgram/interface.hpp>

DGRAM_BEGIN_NAMESPACE

Interface::Interface(std::string text) {
  std::error_code unparsable;
  const std::size_t zone = text.find('%');
  if (zone != std::string::npos) {
    // The address before the zone says no more than the zone.
    const std::string address = text.substr(0, zone);
    if (!address.empty()) asio::ip::make_address_v6(address, unparsable);
    name_ = unparsable ? text : text.substr(zone + 1);
    kind_ = Kind::name;
    return;
  }
  // The parser behind make_address stops at a NUL.
  const asio::ip::address address = text.find('\0') == std::string::npos
                                        ? asio::ip::make_address(text, unparsable)
                                        : asio::ip::address();
  if (text.empty()) return;
  if (!unparsable && text.find('\0') == std::string::npos) {
    *this = Interface(address);
    return;
  }
  kind_ = Kind::name;
  name_ = std::move(text);
}

Interface::Interface(const asio::ip::address& address) : address_(address) {
  if (address.is_v6() && address.to_v6().scope_id() != 0) {
    kind_ = Kind::index;
    index_ = static_cast<std::uint32_t>(address.to_v6().scope_id());
  } else if (!address.is_unspecified()) {
    kind_ = Kind::address;
  }
}

std::string to_string(const Interface& interface) {
  switch (interface.kind()) {
    case Interface::Kind::any:
      return "any interface";
    case Interface::Kind::index:
      return interface.index() == 0 ? "an impossible interface index"
                                    : "interface " + std::to_string(interface.index());
    case Interface::Kind::name:
      return interface.name();
    case Interface::Kind::address:
      return interface.address().to_string();
    case Interface::Kind::all:
      break;
  }
  return "all interfaces";
}

DGRAM_END_NAMESPACE
