// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0

#include <algorithm>
#include <array>
#include <asio/ip/address_v4.hpp>
#include <asio/ip/address_v6.hpp>
#include <dgram/proxy/proxy_protocol.hpp>
#include <string>
#include <utility>

#include "../core/values/address.hpp"
#include "../core/values/error_category.hpp"

DGRAM_BEGIN_NAMESPACE

namespace {

constexpr int code_value(ProxyErrc code) noexcept {
  return static_cast<int>(code);
}
constexpr std::array proxy_errc_texts = std::to_array<detail::CodeText>({
    {code_value(ProxyErrc::no_header),
     "ERR_PROXY_NO_HEADER",
     "The datagram does not begin with a PROXY header"},
    {code_value(ProxyErrc::incomplete),
     "ERR_PROXY_INCOMPLETE",
     "The datagram ends before its PROXY header does"},
    {code_value(ProxyErrc::bad_version),
     "ERR_PROXY_BAD_VERSION",
     "A binary PROXY header of another version"},
    {code_value(ProxyErrc::bad_command),
     "ERR_PROXY_BAD_COMMAND",
     "The command of a PROXY header is LOCAL or PROXY"},
    {code_value(ProxyErrc::bad_protocol),
     "ERR_PROXY_BAD_PROTOCOL",
     "No such address family or transport in a PROXY header"},
    {code_value(ProxyErrc::bad_length),
     "ERR_PROXY_BAD_LENGTH",
     "A PROXY header without room for its addresses"},
    {code_value(ProxyErrc::bad_line), "ERR_PROXY_BAD_LINE", "Not the line of a PROXY header"},
    {code_value(ProxyErrc::bad_address),
     "ERR_PROXY_BAD_ADDRESS",
     "Not an address of the family that the PROXY header names"},
    {code_value(ProxyErrc::bad_port), "ERR_PROXY_BAD_PORT", "Not a port in a PROXY header"},
    {code_value(ProxyErrc::bad_tlv),
     "ERR_PROXY_BAD_TLV",
     "The additions to a PROXY header end within one of them"},
    {code_value(ProxyErrc::bad_checksum),
     "ERR_PROXY_BAD_CHECKSUM",
     "The checksum in a PROXY header is not its own"},
    {code_value(ProxyErrc::mixed_families),
     "ERR_PROXY_MIXED_FAMILIES",
     "A PROXY header has two addresses of one family"},
    {code_value(ProxyErrc::too_long), "ERR_PROXY_TOO_LONG", "More than a PROXY header can hold"},
});

// --- version 2 -----------------------------------------------------------------------------------

constexpr std::array<unsigned char, 12> proxy_signature = {
    0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A};
constexpr std::size_t proxy_fixed_size = 16;  // signature, version and command, protocol, length
constexpr std::size_t proxy_unix_size = 2 * 108;
constexpr std::size_t proxy_tlv_header = 3;  // type, and a length of two bytes
constexpr std::uint8_t proxy_crc32c_type = 0x03;
enum ProxyFamily : unsigned { proxy_unspec, proxy_inet, proxy_inet6, proxy_unix };

unsigned proxy_byte(std::span<const std::byte> bytes, std::size_t at) noexcept {
  return std::to_integer<unsigned>(bytes[at]);
}

unsigned proxy_u16(std::span<const std::byte> bytes, std::size_t at) noexcept {
  return proxy_byte(bytes, at) << 8 | proxy_byte(bytes, at + 1);
}

/// Reads both endpoints: the two addresses, then the two ports.
template <class Address>
void read_ends(std::span<const std::byte> block, ProxyHeader& header) noexcept {
  typename Address::bytes_type bytes;
  constexpr std::size_t size = std::tuple_size_v<typename Address::bytes_type>;
  const auto end_at = [&](std::size_t address, std::size_t port) {
    for (std::size_t i = 0; i < size; ++i)
      bytes[i] = static_cast<unsigned char>(proxy_byte(block, address + i));
    return Endpoint(Address(bytes), static_cast<unsigned short>(proxy_u16(block, port)));
  };
  header.source = end_at(0, 2 * size);
  header.destination = end_at(size, 2 * size + 2);
}

constexpr std::array<std::uint32_t, 256> crc32c_table = [] {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t crc = i;
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ ((crc & 1) != 0 ? 0x82F63B78u : 0u);
    table[i] = crc;
  }
  return table;
}();

/// CRC32c of RFC 4960, appendix B, with the four bytes at `zeroed_at` taken as zero.
std::uint32_t crc32c(std::span<const std::byte> bytes, std::size_t zeroed_at) noexcept {
  std::uint32_t crc = 0xFFFFFFFFu;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const bool zeroed = i >= zeroed_at && i < zeroed_at + 4;
    crc = crc >> 8 ^ crc32c_table[(crc ^ (zeroed ? 0u : proxy_byte(bytes, i))) & 0xFF];
  }
  return ~crc;
}

/// Checks that the list does not end within one of its items, and that a checksum in it is right.
std::error_code check_tlvs(std::span<const std::byte> header,
                           std::span<const std::byte> tlvs) noexcept {
  bool checked = false;
  while (const std::optional<ProxyTlv> tlv = next_proxy_tlv(tlvs)) {
    if (tlv->type != proxy_crc32c_type) continue;
    // Only one checksum is allowed: thousands of right ones would cost a pass over the header each.
    if (tlv->value.size() != 4 || std::exchange(checked, true)) return ProxyErrc::bad_tlv;
    const auto at = static_cast<std::size_t>(tlv->value.data() - header.data());
    const std::uint32_t told = proxy_u16(tlv->value, 0) << 16 | proxy_u16(tlv->value, 2);
    if (told != crc32c(header, at)) return ProxyErrc::bad_checksum;
  }
  return tlvs.empty() ? std::error_code() : ProxyErrc::bad_tlv;
}

std::error_code parse_binary(std::span<const std::byte> datagram, ProxyHeader& header) noexcept {
  if (datagram.size() < proxy_fixed_size) return ProxyErrc::incomplete;
  if (proxy_byte(datagram, 12) >> 4 != 2) return ProxyErrc::bad_version;
  header.version = 2;
  const unsigned command = proxy_byte(datagram, 12) & 0xF;
  if (command > 1) return ProxyErrc::bad_command;
  header.is_local = command == 0;
  header.size = proxy_fixed_size + proxy_u16(datagram, 14);
  if (header.size > datagram.size()) return ProxyErrc::incomplete;
  if (header.is_local) return {};  // "discard the protocol block including the family"

  const unsigned family = proxy_byte(datagram, 13) >> 4;
  const unsigned transport = proxy_byte(datagram, 13) & 0xF;
  if (family > proxy_unix || transport > 2) return ProxyErrc::bad_protocol;
  header.transport = static_cast<ProxyHeader::Transport>(transport);
  // "The receiver should ignore address information": what follows it is then unknown as well.
  if (family == proxy_unspec || header.transport == ProxyHeader::Transport::unspecified) return {};

  const std::span<const std::byte> block =
      datagram.subspan(proxy_fixed_size, header.size - proxy_fixed_size);
  const std::size_t addresses = family == proxy_inet    ? 2 * 4 + 2 * 2
                                : family == proxy_inet6 ? 2 * 16 + 2 * 2
                                                        : proxy_unix_size;
  if (block.size() < addresses) return ProxyErrc::bad_length;
  if (family == proxy_inet) read_ends<asio::ip::address_v4>(block, header);
  if (family == proxy_inet6) read_ends<asio::ip::address_v6>(block, header);
  header.tlvs = block.subspan(addresses);
  return check_tlvs(datagram.first(header.size), header.tlvs);
}

// --- version 1 -----------------------------------------------------------------------------------

constexpr std::string_view proxy_word = "PROXY ";
constexpr std::size_t proxy_longest_line = 107;  // with its CRLF, by the specification

/// Takes the text up to the next space, and that space; the whole line when there is no space.
std::string_view take_field(std::string_view& line) noexcept {
  const std::size_t space = line.find(' ');
  const std::string_view field = line.substr(0, space);
  line.remove_prefix(space == std::string_view::npos ? line.size() : space + 1);
  return field;
}

std::error_code read_port(std::string_view text, unsigned short& port) noexcept {
  if (text.empty() || text.size() > 5 || (text.size() > 1 && text.front() == '0'))
    return ProxyErrc::bad_port;
  unsigned value = 0;
  for (const char digit : text) {
    if (digit < '0' || digit > '9') return ProxyErrc::bad_port;
    value = value * 10 + static_cast<unsigned>(digit - '0');
  }
  if (value > 65535) return ProxyErrc::bad_port;
  port = static_cast<unsigned short>(value);
  return {};
}

std::error_code read_address(std::string_view text,
                             bool is_v6,
                             asio::ip::address& address) noexcept {
  // A NUL would end the text early, and a zone has no meaning on another host.
  const std::string_view allowed = is_v6 ? "0123456789abcdefABCDEF:." : "0123456789.";
  std::array<char, proxy_longest_line + 1> terminated{};
  if (text.size() >= terminated.size() || text.find_first_not_of(allowed) != std::string_view::npos)
    return ProxyErrc::bad_address;
  std::copy(text.begin(), text.end(), terminated.begin());
  std::error_code ec;
  if (is_v6)
    address = asio::ip::make_address_v6(terminated.data(), ec);
  else
    address = asio::ip::make_address_v4(terminated.data(), ec);
  return ec ? ProxyErrc::bad_address : std::error_code();
}

std::error_code parse_line(std::string_view text, ProxyHeader& header) noexcept {
  const std::size_t end = text.substr(0, proxy_longest_line).find("\r\n");
  if (end == std::string_view::npos)
    return text.size() < proxy_longest_line ? ProxyErrc::incomplete : ProxyErrc::bad_line;
  header.version = 1;
  header.size = end + 2;

  std::string_view line = text.substr(proxy_word.size(), end - proxy_word.size());
  const std::string_view protocol = take_field(line);
  if (protocol == "UNKNOWN") return {};  // whatever follows on the line is to be ignored
  const bool is_v6 = protocol == "TCP6" || protocol == "UDP6";
  if (!is_v6 && protocol != "TCP4" && protocol != "UDP4") return ProxyErrc::bad_line;
  header.transport =
      protocol.front() == 'T' ? ProxyHeader::Transport::stream : ProxyHeader::Transport::datagram;

  if (std::count(line.begin(), line.end(), ' ') != 3) return ProxyErrc::bad_line;
  std::array<asio::ip::address, 2> addresses;
  for (asio::ip::address& address : addresses)
    if (const std::error_code ec = read_address(take_field(line), is_v6, address)) return ec;
  std::array<unsigned short, 2> ports{};
  for (unsigned short& port : ports)
    if (const std::error_code ec = read_port(take_field(line), port)) return ec;
  header.source = Endpoint(addresses[0], ports[0]);
  header.destination = Endpoint(addresses[1], ports[1]);
  return {};
}

// --- composing -----------------------------------------------------------------------------------

void put_u16(std::vector<std::byte>& to, std::size_t value) {
  to.push_back(static_cast<std::byte>(value >> 8));
  to.push_back(static_cast<std::byte>(value & 0xFF));
}

void put_address(std::vector<std::byte>& to, const asio::ip::address& address) {
  const auto put = [&to](const auto& bytes) {
    for (const unsigned char byte : bytes) to.push_back(static_cast<std::byte>(byte));
  };
  if (address.is_v6())
    put(address.to_v6().to_bytes());
  else
    put(address.to_v4().to_bytes());
}

}  // namespace

const std::error_category& proxy_error_category() noexcept {
  static const detail::ErrorCategory category("dgram.proxy_protocol", proxy_errc_texts);
  return category;
}

ProxyHeader parse_proxy_header(std::span<const std::byte> datagram, std::error_code& ec) noexcept {
  const std::string_view text(reinterpret_cast<const char*>(datagram.data()), datagram.size());
  const std::string_view signature(reinterpret_cast<const char*>(proxy_signature.data()),
                                   proxy_signature.size());
  ProxyHeader header;
  if (text.starts_with(signature))
    ec = parse_binary(datagram, header);
  else if (text.starts_with(proxy_word))
    ec = parse_line(text, header);
  else
    ec = ProxyErrc::no_header;
  return ec ? ProxyHeader() : header;
}

std::optional<ProxyTlv> next_proxy_tlv(std::span<const std::byte>& tlvs) noexcept {
  if (tlvs.size() < proxy_tlv_header) return std::nullopt;
  const std::size_t size = proxy_u16(tlvs, 1);
  if (size > tlvs.size() - proxy_tlv_header) return std::nullopt;
  const ProxyTlv tlv{static_cast<std::uint8_t>(proxy_byte(tlvs, 0)),
                     tlvs.subspan(proxy_tlv_header, size)};
  tlvs = tlvs.subspan(proxy_tlv_header + size);
  return tlv;
}

std::vector<std::byte> make_proxy_header(const Endpoint& source,
                                         const Endpoint& destination,
                                         std::span<const std::byte> tlvs) {
  const auto refuse = [&](ProxyErrc code) {
    return Error(code, "make_proxy_header", to_string(source) + " to " + to_string(destination));
  };
  asio::ip::address from = source.address();
  asio::ip::address to = destination.address();
  if (detail::is_over_ipv4(from) && detail::is_over_ipv4(to)) {
    from = detail::unmapped(from);
    to = detail::unmapped(to);
  }
  if (from.is_v4() != to.is_v4()) throw refuse(ProxyErrc::mixed_families);
  std::span<const std::byte> rest = tlvs;
  while (next_proxy_tlv(rest)) {
  }
  if (!rest.empty()) throw refuse(ProxyErrc::bad_tlv);
  const std::size_t length = (from.is_v6() ? 2u * 16u : 2u * 4u) + 2u * 2u + tlvs.size();
  if (length > 65535) throw refuse(ProxyErrc::too_long);

  std::vector<std::byte> header;
  header.reserve(proxy_fixed_size + length);
  for (const unsigned char byte : proxy_signature) header.push_back(static_cast<std::byte>(byte));
  header.push_back(std::byte{0x21});                                   // version 2, PROXY
  header.push_back(from.is_v6() ? std::byte{0x22} : std::byte{0x12});  // UDP
  put_u16(header, length);
  put_address(header, from);
  put_address(header, to);
  put_u16(header, source.port());
  put_u16(header, destination.port());
  header.insert(header.end(), tlvs.begin(), tlvs.end());
  return header;
}

DGRAM_END_NAMESPACE
