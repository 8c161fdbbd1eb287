// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// The PROXY protocol: the header in which a load balancer names the client of a datagram that it
// forwards.
#pragma once

#include <cstddef>
#include <cstdint>
#include <dgram/endpoint.hpp>
#include <dgram/error.hpp>
#include <dgram/proxy/config.hpp>
#include <optional>
#include <span>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <vector>

DGRAM_BEGIN_NAMESPACE

/// Errors of PROXY headers.
enum class ProxyErrc {
  no_header = 1,  ///< The datagram does not begin with a header.
  incomplete,     ///< The datagram ends before the end of its header.
  bad_version,    ///< A binary header with another version than 2.
  bad_command,    ///< A command other than LOCAL and PROXY.
  bad_protocol,   ///< An unknown address family or transport.
  bad_length,     ///< The length is too small for the addresses of the family.
  bad_line,       ///< A malformed text header: unknown words, missing or additional fields, no CRLF
                  ///< within 107 bytes.
  bad_address,    ///< A text header with an invalid address, or with one of the other family.
  bad_port,       ///< A text header with an invalid port: above 65535, signed, or with a leading
                  ///< zero.
  bad_tlv,        ///< The list of TLVs ends within a TLV; or a CRC32c is not four bytes long, or
                  ///< there is more than one.
  bad_checksum,   ///< The CRC32c in the header is wrong.
  mixed_families,  ///< make_proxy_header: one address is IPv4 and the other IPv6.
  too_long,        ///< make_proxy_header: more than 65,535 bytes after the first 16.
};

/// The category of ProxyErrc; its name is "dgram.proxy_protocol".
DGRAM_API const std::error_category& proxy_error_category() noexcept;

inline std::error_code make_error_code(ProxyErrc e) noexcept {
  return {static_cast<int>(e), proxy_error_category()};
}

/// The contents of a PROXY header.
struct ProxyHeader {
  /// The transport that the header names.
  enum class Transport : unsigned char {
    unspecified,
    stream,  ///< TCP. nginx writes "TCP4" and "TCP6" in front of datagrams as well.
    datagram,
  };

  int version = 0;        ///< 1: a text header. 2: a binary header.
  bool is_local = false;  ///< Sent by the balancer itself, for instance as a health check.
  Transport transport = Transport::unspecified;

  /// The client. Absent when the header names none: with is_local, "UNKNOWN", no address family, or
  /// Unix sockets. The client is then the sender of the datagram.
  std::optional<Endpoint> source;

  /// The address to which the client has sent: one of the balancer. Present when `source` is.
  std::optional<Endpoint> destination;

  std::size_t size = 0;  ///< The size of the header in bytes. The payload follows it.

  /// The TLVs (type, length, value) of a version 2 header, for next_proxy_tlv(). They point into
  /// the datagram.
  std::span<const std::byte> tlvs;
};
static_assert(std::is_trivially_destructible_v<ProxyHeader>);

/// Parses the PROXY header at the beginning of a datagram.
/**
 * @param datagram A whole datagram, as received. `tlvs` of the result points into it.
 * @param ec Set to the error; cleared when there is none.
 *
 * Both versions are parsed. The addresses are taken whatever transport the header names, since it
 * stands in front of a datagram. The addresses of Unix sockets are skipped, and so is everything
 * after the first 16 bytes of a LOCAL header or of a header without an address family. The list of
 * TLVs is checked; if there is a CRC32c among them, it must be right.
 *
 * Trust a header only if it comes from the address of one of your balancers: anybody else who can
 * send to the socket can claim to be any client. And expect a header in front of *every* datagram:
 * if a balancer sends it only once per session, a client can begin its second datagram with a
 * header of its own (docs/load_balancing.md says how to configure nginx).
 *
 * Errors: ProxyErrc::no_header to ProxyErrc::bad_checksum; the result is then a ProxyHeader().
 * Thread safety: safe. No memory is allocated.
 *
 * Example:
 * @code
 * std::error_code ec;
 * const dgram::ProxyHeader header = dgram::parse_proxy_header(datagram.data(), ec);
 * if (ec) continue;
 * const dgram::Endpoint client = header.source.value_or(datagram.remote());
 * const auto payload = datagram.data().subspan(header.size);
 * co_await socket.send(payload, datagram.remote());  // the balancer passes the answer on
 * @endcode
 *
 * Source: https://www.haproxy.org/download/2.8/doc/proxy-protocol.txt
 */
DGRAM_API ProxyHeader parse_proxy_header(std::span<const std::byte> datagram,
                                         std::error_code& ec) noexcept;

/// A TLV (type, length, value) of a version 2 header.
struct ProxyTlv {
  std::uint8_t type = 0;  ///< PP2_TYPE_… of the specification: 5 is a unique id, 0xE0 to 0xEF are
                          ///< for applications.
  std::span<const std::byte> value;
};

/// Returns the first TLV of a list, and removes it from the list.
/**
 * @param tlvs A copy of ProxyHeader::tlvs, or the TLVs that a TLV contains (type 0x20 has them
 * after the first five bytes of its value).
 *
 * Returns nothing when the list is empty, or when it ends within the TLV. The latter does not occur
 * with a header that was parsed without an error.
 *
 * Example:
 * @code
 * for (auto rest = header.tlvs; auto tlv = dgram::next_proxy_tlv(rest);)
 *   if (tlv->type == 5) unique_id = tlv->value;
 * @endcode
 */
DGRAM_API std::optional<ProxyTlv> next_proxy_tlv(std::span<const std::byte>& tlvs) noexcept;

/// Makes a version 2 header, for a service that forwards datagrams. Send it in front of the
/// payload.
/**
 * @param source The client.
 * @param destination Where the client sent the datagram to.
 * @param tlvs TLVs in the format of the header, for instance those of a header that was received.
 * A CRC32c among them is copied as it is, and would be wrong in this header.
 *
 * If both addresses are of the form "::ffff:a.b.c.d", they are written as IPv4. The header has no
 * field for the scope of a link-local address.
 *
 * Errors, by exception: ProxyErrc::mixed_families, ProxyErrc::bad_tlv, ProxyErrc::too_long;
 * std::bad_alloc.
 *
 * Example:
 * @code
 * const std::vector<std::byte> header = dgram::make_proxy_header(client, listening);
 * const std::array<asio::const_buffer, 2> pieces = {asio::buffer(header), asio::buffer(payload)};
 * co_await socket.send(pieces, backend);
 * @endcode
 */
DGRAM_API std::vector<std::byte> make_proxy_header(const Endpoint& source,
                                                   const Endpoint& destination,
                                                   std::span<const std::byte> tlvs = {});

DGRAM_END_NAMESPACE

template <>
struct std::is_error_code_enum<dgram::ProxyErrc> : std::true_type {};
