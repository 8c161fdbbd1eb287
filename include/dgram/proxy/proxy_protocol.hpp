// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// The PROXY protocol: the header by which a balancer tells for whom it forwards a datagram.
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

/// What is wrong with a PROXY header.
enum class ProxyErrc {
  no_header = 1,  ///< The datagram begins with something else.
  incomplete,     ///< The datagram ends before its header does.
  bad_version,    ///< A binary header whose version is not 2.
  bad_command,    ///< A command other than LOCAL and PROXY.
  bad_protocol,   ///< An address family or a transport that nothing stands for.
  bad_length,     ///< The length has no room for the addresses of the family.
  bad_line,      ///< A text header that is no such line: unknown words, fields that lack or are too
                 ///< many, no CRLF within 107 bytes.
  bad_address,   ///< A text header with an address that is none, or of the other family.
  bad_port,      ///< A text header with a port that is none: beyond 65535, signed, or with a
                 ///< leading zero.
  bad_tlv,       ///< The list of additions ends within one of them; or a CRC32c is not four bytes
                 ///< long, or the second one.
  bad_checksum,  ///< The CRC32c that the header brings is not its own.
  mixed_families,  ///< make_proxy_header: one address of IPv4 and one of IPv6.
  too_long,        ///< make_proxy_header: more than 65,535 bytes behind the first 16.
};

/// The category of ProxyErrc; its name is "dgram.proxy_protocol".
DGRAM_API const std::error_category& proxy_error_category() noexcept;

inline std::error_code make_error_code(ProxyErrc e) noexcept {
  return {static_cast<int>(e), proxy_error_category()};
}

/// What a PROXY header says.
struct ProxyHeader {
  /// What the client spoke, by the words of the header.
  enum class Transport : unsigned char {
    unspecified,
    stream,  ///< TCP, says the header. nginx writes "TCP4" and "TCP6" before datagrams as well.
    datagram,
  };

  int version = 0;        ///< 1: a line of text. 2: binary.
  bool is_local = false;  ///< The balancer speaks for itself: a health check.
  Transport transport = Transport::unspecified;

  /// The client. Absent where the header names none: is_local, "UNKNOWN", no family, Unix sockets.
  /// Who sent the datagram is then whom it is from.
  std::optional<Endpoint> source;

  /// Where the client sent it to: an address of the balancer. Present when `source` is.
  std::optional<Endpoint> destination;

  std::size_t size = 0;  ///< Bytes of the header; the payload is behind it.

  /// The additions (TLVs) of a version 2 header, for next_proxy_tlv(). They lie in the datagram.
  std::span<const std::byte> tlvs;
};
static_assert(std::is_trivially_destructible_v<ProxyHeader>);

/// Reads the PROXY header at the beginning of a datagram.
/**
 * @param datagram A whole datagram, as received. Nothing beyond it is read, and nothing of it is
 * changed or kept; `tlvs` of the result points into it.
 * @param ec What is wrong with the header; cleared where nothing is.
 *
 * Both versions are understood. Addresses are taken from a header of any transport: what comes
 * before a datagram is about a datagram. A header of Unix sockets is skipped, as is what a LOCAL
 * header and one without a family have behind their first 16 bytes. The additions are checked as
 * a list; where one is a CRC32c, it has to be right.
 *
 * Believe a header only from your balancers' addresses: whoever else may send to the socket can
 * write any client into it. And expect one before *every* datagram: where a balancer sends it once
 * per session only, a client can begin its second datagram with a header of its own
 * (docs/load_balancing.md says how nginx is told).
 *
 * Errors: ProxyErrc::no_header to ProxyErrc::bad_checksum; the result is then as made by default.
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

/// One addition to a version 2 header (the specification calls it a TLV).
struct ProxyTlv {
  std::uint8_t type = 0;  ///< PP2_TYPE_… of the specification: 5 is a unique id, 0xE0 to 0xEF are
                          ///< the application's own.
  std::span<const std::byte> value;
};

/// The first addition in `tlvs`, which is then cut off from it.
/**
 * @param tlvs ProxyHeader::tlvs, or the additions inside one (those of type 0x20 are behind its
 * first five bytes).
 *
 * Nothing when there is none, or when the list ends within it; of a header that was parsed without
 * an error, only the former.
 *
 * Example:
 * @code
 * for (auto rest = header.tlvs; auto tlv = dgram::next_proxy_tlv(rest);)
 *   if (tlv->type == 5) unique_id = tlv->value;
 * @endcode
 */
DGRAM_API std::optional<ProxyTlv> next_proxy_tlv(std::span<const std::byte>& tlvs) noexcept;

/// A version 2 header, for a service that forwards datagrams: it goes before the payload.
/**
 * @param source The client.
 * @param destination Where the client sent the datagram to.
 * @param tlvs Additions, as they stand in a header that came in; a CRC32c among them would be wrong
 * in this one.
 *
 * "::ffff:a.b.c.d" is written as IPv4 where both are. The scope of a link-local address has no
 * place in the header.
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
