// PROXY headers, from whoever can send to the socket: read, held against the specification, written
// again.
#include <algorithm>
#include <cstring>
#include <dgram/proxy/proxy_protocol.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "input.hpp"

namespace fuzz_proxy_header {

namespace {

using dgram::ProxyErrc;
using dgram::ProxyHeader;
using Bytes = std::span<const std::byte>;

constexpr std::string_view signature("\r\n\r\n\0\r\nQUIT\n", 12);
constexpr std::size_t longest_line = 107;

bool begins_with(Bytes bytes, std::string_view text) {
  return bytes.size() >= text.size() && std::memcmp(bytes.data(), text.data(), text.size()) == 0;
}

unsigned number_at(Bytes bytes, std::size_t at) {
  return std::to_integer<unsigned>(bytes[at]) << 8 | std::to_integer<unsigned>(bytes[at + 1]);
}

/// Header of version 2 with addresses: `size` bytes each, then the ports.
void check_binary_ends(Bytes bytes, const ProxyHeader& header) {
  const bool v6 = header.source->address().is_v6();
  const std::size_t size = v6 ? 16 : 4;
  const auto is_at = [&](const dgram::Endpoint& end, std::size_t address, std::size_t port) {
    if (number_at(bytes, port) != end.port()) return false;
    if (v6) {
      const auto wanted = end.address().to_v6().to_bytes();
      return std::memcmp(bytes.data() + address, wanted.data(), size) == 0;
    }
    const auto wanted = end.address().to_v4().to_bytes();
    return std::memcmp(bytes.data() + address, wanted.data(), size) == 0;
  };
  HOLDS(std::to_integer<unsigned>(bytes[13]) >> 4 == (v6 ? 2u : 1u));
  HOLDS(is_at(*header.source, 16, 16 + 2 * size));
  HOLDS(is_at(*header.destination, 16 + size, 18 + 2 * size));
  HOLDS(header.size - header.tlvs.size() == 20 + 2 * size);
}

/// The additions are one after the other without a gap, up to the end of the header.
void check_tlvs(const ProxyHeader& header) {
  Bytes rest = header.tlvs;
  std::size_t sum = 0;
  while (const auto tlv = dgram::next_proxy_tlv(rest)) {
    HOLDS(tlv->value.empty() || tlv->value.data() == header.tlvs.data() + sum + 3);
    HOLDS(number_at(header.tlvs, sum + 1) == tlv->value.size());
    sum += 3 + tlv->value.size();
    HOLDS(sum + rest.size() == header.tlvs.size());
  }
  HOLDS(rest.empty());
}

void check_binary(Bytes bytes, const ProxyHeader& header) {
  HOLDS(header.version == 2 && header.size == 16 + number_at(bytes, 14));
  HOLDS(header.is_local == (bytes[12] == std::byte{0x20}));
  HOLDS(header.is_local || bytes[12] == std::byte{0x21});
  if (header.source) check_binary_ends(bytes, header);
  HOLDS(header.tlvs.empty() ||
        header.tlvs.data() + header.tlvs.size() == bytes.data() + header.size);
  check_tlvs(header);
}

void check_line(std::string_view text, const ProxyHeader& header) {
  HOLDS(header.version == 1 && header.size <= longest_line && header.tlvs.empty());
  const std::string_view line = text.substr(0, header.size);
  HOLDS(line.find("\r\n") == line.size() - 2);
  HOLDS(header.source.has_value() != line.starts_with("PROXY UNKNOWN"));
  if (!header.source) return;
  const bool v6 = line[9] == '6';
  HOLDS(header.source->address().is_v6() == v6 && header.destination->address().is_v6() == v6);
  const std::string ports = ' ' + std::to_string(header.source->port()) + ' ' +
                            std::to_string(header.destination->port()) + "\r\n";
  HOLDS(line.ends_with(ports));
  if (v6) return;  // an IPv6 address has many texts
  HOLDS(line.substr(11) == header.source->address().to_string() + ' ' +
                               header.destination->address().to_string() + ports);
}

/// What was read is written, and read as the same.
void check_written_again(const ProxyHeader& header) {
  // A checksum is that of one header, and an addition of another kind stays.
  bool has_checksum = false;
  for (Bytes rest = header.tlvs; const auto tlv = dgram::next_proxy_tlv(rest);)
    has_checksum = has_checksum || tlv->type == 3;
  const Bytes tlvs = has_checksum ? Bytes() : header.tlvs;
  // Mapped addresses are written as IPv4.
  const auto is_plain = [](const dgram::Endpoint& end) {
    return end.address().is_v4() || !end.address().to_v6().is_v4_mapped();
  };
  const bool both_plain = is_plain(*header.source) && is_plain(*header.destination);
  const std::vector<std::byte> written =
      dgram::make_proxy_header(*header.source, *header.destination, tlvs);
  std::error_code ec;
  const ProxyHeader again = dgram::parse_proxy_header(written, ec);
  HOLDS(!ec && again.version == 2 && !again.is_local && again.size == written.size());
  HOLDS(again.transport == ProxyHeader::Transport::datagram);
  HOLDS(std::ranges::equal(again.tlvs, tlvs));
  HOLDS(!both_plain || (again.source == header.source && again.destination == header.destination));
  HOLDS(again.source->port() == header.source->port());
}

}  // namespace

void test_one_input(std::span<const std::uint8_t> input) {
  // Memory of exactly this size: a read beyond it is seen.
  const std::unique_ptr<std::byte[]> memory(new std::byte[input.size()]);
  std::ranges::copy(std::as_bytes(input), memory.get());
  const Bytes bytes(memory.get(), input.size());

  std::error_code ec = ProxyErrc::too_long;
  const ProxyHeader header = dgram::parse_proxy_header(bytes, ec);
  HOLDS(header.source.has_value() == header.destination.has_value());
  if (ec) {
    HOLDS(ec.category() == dgram::proxy_error_category());
    HOLDS(ec.value() >= 1 && ec != ProxyErrc::mixed_families && ec != ProxyErrc::too_long);
    HOLDS(header.version == 0 && header.size == 0 && !header.source && header.tlvs.empty());
    const bool has_header = begins_with(bytes, signature) || begins_with(bytes, "PROXY ");
    HOLDS(has_header == (ec != ProxyErrc::no_header));
    // More bytes can only help where the header says that it needs more.
    HOLDS(ec != ProxyErrc::incomplete || begins_with(bytes, signature) ||
          bytes.size() < longest_line);
    return;
  }
  HOLDS(header.size <= bytes.size());
  if (begins_with(bytes, signature))
    check_binary(bytes, header);
  else
    check_line({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, header);
  if (header.source) check_written_again(header);

  // The payload behind the header means nothing to it, and without its last byte it is none.
  std::error_code alone;
  HOLDS(dgram::parse_proxy_header(bytes.first(header.size), alone).size == header.size && !alone);
  dgram::parse_proxy_header(bytes.first(header.size - 1), alone);
  HOLDS(alone == ProxyErrc::incomplete);
}

}  // namespace fuzz_proxy_header
