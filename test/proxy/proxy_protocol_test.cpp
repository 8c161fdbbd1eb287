// PROXY headers: what balancers really send, each rule of the specification, and what is refused.
#include <array>
#include <dgram/proxy/proxy_protocol.hpp>
#include <set>
#include <string>
#include <string_view>
#include <support/bytes.hpp>
#include <support/catch2.hpp>
#include <vector>

namespace unit_proxy_protocol_test {

using dgram::ProxyErrc;
using dgram::ProxyHeader;
using test::bytes_of;
using test::text_of;
using Transport = dgram::ProxyHeader::Transport;
using namespace std::literals;

namespace {

std::string from_hex(std::string_view digits) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2)
    bytes.push_back(static_cast<char>(std::stoi(std::string(digits.substr(i, 2)), nullptr, 16)));
  return bytes;
}

ProxyHeader parsed(std::string_view datagram) {
  std::error_code ec = ProxyErrc::bad_line;  // is cleared
  const ProxyHeader header = dgram::parse_proxy_header(bytes_of(datagram), ec);
  INFO(ec.message());
  CHECK(!ec);
  return header;
}

std::error_code refusal(std::string_view datagram) {
  std::error_code ec;
  const ProxyHeader header = dgram::parse_proxy_header(bytes_of(datagram), ec);
  CHECK(header.version == 0);
  CHECK(header.size == 0);
  CHECK(!header.source);
  CHECK(!header.destination);
  CHECK(header.tlvs.empty());
  return ec;
}

const std::string signature = "\r\n\r\n\0\r\nQUIT\n"s;

/// A version 2 header with these bytes behind the first 16.
std::string binary(unsigned command, unsigned protocol, std::string_view block) {
  std::string header = signature;
  header += static_cast<char>(command);
  header += static_cast<char>(protocol);
  header += static_cast<char>(block.size() >> 8);
  header += static_cast<char>(block.size() & 0xFF);
  return header.append(block);
}

const std::string ipv4_block =
    "\xC0\x00\x02\x01\xC6\x33\x64\x02\x30\x39\x00\x35"s;  // 192.0.2.1:12345, 198.51.100.2:53

}  // namespace

TEST_CASE("what nginx 1.22 sends before a datagram is understood", "[unit][proxy]") {
  const std::string datagram = "PROXY TCP4 127.0.0.1 127.0.0.1 45092 7000\r\none";
  const ProxyHeader header = parsed(datagram);
  CHECK(header.version == 1);
  CHECK(!header.is_local);
  CHECK(header.transport == Transport::stream);
  CHECK(header.source == dgram::make_endpoint("127.0.0.1", 45092));
  CHECK(header.destination == dgram::make_endpoint("127.0.0.1", 7000));
  CHECK(datagram.substr(header.size) == "one");

  const ProxyHeader v6 = parsed("PROXY TCP6 ::1 ::1 51158 7002\r\none");
  CHECK(v6.source == dgram::make_endpoint("::1", 51158));
  CHECK(v6.destination == dgram::make_endpoint("::1", 7002));
}

TEST_CASE("what dnsdist 1.7.3 sends before a query is understood", "[unit][proxy]") {
  const std::string query = from_hex("000100000100000000000001610000010001");
  const std::string v4 = from_hex(
                             "0d0a0d0a000d0a515549540a2112001b7f0000077f00000111d714b4e000056467726"
                             "16d05000469642d3101") +
                         query;
  const ProxyHeader header = parsed(v4);
  CHECK(header.version == 2);
  CHECK(header.transport == Transport::datagram);
  CHECK(header.source == dgram::make_endpoint("127.0.0.7", 4567));
  CHECK(header.destination == dgram::make_endpoint("127.0.0.1", 5300));
  CHECK(header.size == 43);
  CHECK(v4.substr(header.size) == '\x01' + query);

  const std::string over_v6 = from_hex(
      "0d0a0d0a000d0a515549540a2122003300000000000000000000000000000001000000000000000000000000"
      "000000018dd314b5e00005646772616d05000469642d310000010000010000000000000161000001"
      "0001");
  const ProxyHeader v6 = parsed(over_v6);
  CHECK(v6.source == dgram::make_endpoint("::1", 36307));
  CHECK(v6.destination == dgram::make_endpoint("::1", 5301));
  CHECK(v6.size == 67);

  for (const ProxyHeader& with_additions : {header, v6}) {
    std::span<const std::byte> rest = with_additions.tlvs;
    const auto own = dgram::next_proxy_tlv(rest);
    REQUIRE(own);
    CHECK(own->type == 0xE0);
    CHECK(text_of(own->value) == "dgram");
    const auto unique_id = dgram::next_proxy_tlv(rest);
    REQUIRE(unique_id);
    CHECK(unique_id->type == 5);
    CHECK(text_of(unique_id->value) == "id-1");
    CHECK(!dgram::next_proxy_tlv(rest));
    CHECK(rest.empty());
  }
}

TEST_CASE("a version 1 line names both ends, by any of its words", "[unit][proxy]") {
  struct Line {
    std::string_view text;
    Transport transport;
    std::string_view source;
    std::string_view destination;
  };
  const Line lines[] = {
      {"PROXY TCP4 192.0.2.1 198.51.100.2 0 65535\r\n",
       Transport::stream,
       "192.0.2.1:0",
       "198.51.100.2:65535"},
      {"PROXY UDP4 192.0.2.1 198.51.100.2 1 53\r\n",
       Transport::datagram,
       "192.0.2.1:1",
       "198.51.100.2:53"},
      {"PROXY UDP6 2001:DB8::1 2001:db8::2 1 53\r\n",
       Transport::datagram,
       "[2001:db8::1]:1",
       "[2001:db8::2]:53"},
      {"PROXY TCP6 ::ffff:192.0.2.1 ::1 1 53\r\n",
       Transport::stream,
       "[::ffff:192.0.2.1]:1",
       "[::1]:53"},
      {"PROXY TCP6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff "
       "65535 65535\r\n",
       Transport::stream,
       "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535",
       "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535"},
  };
  for (const Line& line : lines) {
    INFO(line.text);
    const ProxyHeader header = parsed(line.text);
    CHECK(header.version == 1);
    CHECK(header.transport == line.transport);
    REQUIRE(header.source);
    CHECK(dgram::to_string(*header.source) == line.source);
    REQUIRE(header.destination);
    CHECK(dgram::to_string(*header.destination) == line.destination);
    CHECK(header.size == line.text.size());
  }
}

TEST_CASE("what a balancer does not know is skipped, and the sender counts", "[unit][proxy]") {
  const std::string longest = "PROXY UNKNOWN " + std::string(107 - 14 - 2, 'f') + "\r\n";
  for (const std::string_view line :
       {"PROXY UNKNOWN\r\n"sv, "PROXY UNKNOWN whatever else\r\n"sv, std::string_view(longest)}) {
    INFO(line);
    const ProxyHeader header = parsed(std::string(line) + "payload\r\n");
    CHECK(header.version == 1);
    CHECK(!header.source);
    CHECK(!header.destination);
    CHECK(header.size == line.size());
  }
  // Without a family or a transport nothing behind the first 16 bytes has a meaning.
  for (const unsigned protocol : {0x00u, 0x01u, 0x02u, 0x10u, 0x20u, 0x30u}) {
    INFO(protocol);
    const ProxyHeader header = parsed(binary(0x21, protocol, "\xFF\xFF\xFF\xFF\xFF") + "payload");
    CHECK(header.version == 2);
    CHECK(!header.is_local);
    CHECK(!header.source);
    CHECK(header.tlvs.empty());
    CHECK(header.size == 21);
  }
}

TEST_CASE("LOCAL speaks for the balancer itself, whatever else it brings", "[unit][proxy]") {
  for (const unsigned protocol : {0x00u, 0x12u, 0xFFu}) {
    for (const std::string& block : {std::string(), ipv4_block, std::string(1000, '\xFF')}) {
      INFO(protocol);
      const ProxyHeader header = parsed(binary(0x20, protocol, block) + "payload");
      CHECK(header.is_local);
      CHECK(!header.source);
      CHECK(!header.destination);
      CHECK(header.size == 16 + block.size());
    }
  }
}

TEST_CASE("Unix sockets are no endpoints: their names are skipped", "[unit][proxy]") {
  for (const unsigned protocol : {0x31u, 0x32u}) {
    const std::string datagram =
        binary(0x21, protocol, std::string(216, '/') + "\xE0\0\1x"s) + "payload";
    const ProxyHeader header = parsed(datagram);
    CHECK(!header.source);
    CHECK(header.size == 16 + 216 + 4);
    CHECK(text_of(header.tlvs) == "\xE0\0\1x"s);
  }
  CHECK(refusal(binary(0x21, 0x31, std::string(215, '/'))) == ProxyErrc::bad_length);
}

TEST_CASE("addresses of a stream are addresses", "[unit][proxy]") {
  const ProxyHeader header = parsed(binary(0x21, 0x11, ipv4_block));
  CHECK(header.transport == Transport::stream);
  CHECK(header.source == dgram::make_endpoint("192.0.2.1", 12345));
  CHECK(header.destination == dgram::make_endpoint("198.51.100.2", 53));
}

TEST_CASE("an empty payload behind a header is an empty payload", "[unit][proxy]") {
  const std::string datagram = binary(0x21, 0x12, ipv4_block);
  CHECK(parsed(datagram).size == datagram.size());
}

TEST_CASE("a datagram without a header is told from one with a bad header", "[unit][proxy]") {
  CHECK(refusal("") == ProxyErrc::no_header);
  CHECK(refusal("hello") == ProxyErrc::no_header);
  CHECK(refusal("PROXY") == ProxyErrc::no_header);
  CHECK(refusal("PROXYING") == ProxyErrc::no_header);
  CHECK(refusal("proxy tcp4 192.0.2.1 192.0.2.2 1 2\r\n") == ProxyErrc::no_header);
  CHECK(refusal(" PROXY UNKNOWN\r\n") == ProxyErrc::no_header);
  CHECK(refusal(signature.substr(0, 11)) == ProxyErrc::no_header);
  CHECK(refusal(signature.substr(0, 11) + '\r') == ProxyErrc::no_header);
}

TEST_CASE("each fault of a binary header has its own code", "[unit][proxy]") {
  CHECK(refusal(signature) == ProxyErrc::incomplete);
  const std::string good = binary(0x21, 0x12, ipv4_block);
  for (std::size_t size = 12; size < good.size(); ++size)
    CHECK(refusal(std::string_view(good).substr(0, size)) == ProxyErrc::incomplete);

  CHECK(refusal(binary(0x11, 0x12, ipv4_block)) == ProxyErrc::bad_version);
  CHECK(refusal(binary(0x31, 0x12, ipv4_block)) == ProxyErrc::bad_version);
  for (unsigned command = 0x22; command <= 0x2F; ++command)
    CHECK(refusal(binary(command, 0x12, ipv4_block)) == ProxyErrc::bad_command);
  for (const unsigned protocol : {0x03u, 0x13u, 0x1Fu, 0x40u, 0x42u, 0xF2u})
    CHECK(refusal(binary(0x21, protocol, ipv4_block)) == ProxyErrc::bad_protocol);

  CHECK(refusal(binary(0x21, 0x12, ipv4_block.substr(0, 11))) == ProxyErrc::bad_length);
  CHECK(refusal(binary(0x21, 0x12, "")) == ProxyErrc::bad_length);
  CHECK(refusal(binary(0x21, 0x22, std::string(35, 'x'))) == ProxyErrc::bad_length);
  CHECK(refusal(binary(0x21, 0x22, ipv4_block)) == ProxyErrc::bad_length);
}

TEST_CASE("additions that end within one are refused", "[unit][proxy]") {
  for (const std::string& tlvs :
       {"\x04"s, "\x04\0"s, "\x04\0\1"s, "\x04\0\0\x04"s, "\x04\xFF\xFFx"s})
    CHECK(refusal(binary(0x21, 0x12, ipv4_block + tlvs)) == ProxyErrc::bad_tlv);
  // The payload is no part of them.
  CHECK(refusal(binary(0x21, 0x12, ipv4_block + "\x04\0\x02"s) + "ab") == ProxyErrc::bad_tlv);
  CHECK(text_of(parsed(binary(0x21, 0x12, ipv4_block + "\x04\0\0"s) + "ab").tlvs) == "\x04\0\0"s);
}

TEST_CASE("a checksum that a header brings is checked", "[unit][proxy]") {
  // Computed by another program, whose "123456789" gives 0xE3069283.
  const std::string good =
      from_hex("0d0a0d0a000d0a515549540a21120016c0000201c633640230390035030004b9f1d1e5040000");
  const ProxyHeader header = parsed(good + "payload");
  CHECK(header.source == dgram::make_endpoint("192.0.2.1", 12345));
  CHECK(header.size == good.size());
  std::string bad = good;
  bad[17] = '\x01';  // of the client's address
  CHECK(refusal(bad) == ProxyErrc::bad_checksum);
  bad = good;
  bad[31] = static_cast<char>(bad[31] ^ 1);  // of the checksum
  CHECK(refusal(bad) == ProxyErrc::bad_checksum);
  CHECK(refusal(binary(0x21, 0x12, ipv4_block + "\x03\0\3abc"s)) == ProxyErrc::bad_tlv);
  // Two, both of them right.
  CHECK(refusal(from_hex("0d0a0d0a000d0a515549540a2112001ac0000201c633640230390035030004c69157d0030"
                         "004a246c74a")) == ProxyErrc::bad_tlv);
}

TEST_CASE("each fault of a text header has its own code", "[unit][proxy]") {
  CHECK(refusal("PROXY ") == ProxyErrc::incomplete);
  CHECK(refusal("PROXY TCP4 192.0.2.1 192.0.2.2 1 2") == ProxyErrc::incomplete);
  CHECK(refusal("PROXY TCP4 192.0.2.1 192.0.2.2 1 2\n") == ProxyErrc::incomplete);
  CHECK(refusal("PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r") == ProxyErrc::incomplete);
  CHECK(refusal("PROXY UNKNOWN " + std::string(107 - 14 - 1, 'f') + "\r\n") == ProxyErrc::bad_line);
  CHECK(refusal("PROXY " + std::string(200, ' ')) == ProxyErrc::bad_line);

  for (const std::string_view line : {
           "PROXY \r\n"sv,
           "PROXY TCP4\r\n"sv,
           "PROXY TCP5 192.0.2.1 192.0.2.2 1 2\r\n"sv,
           "PROXY tcp4 192.0.2.1 192.0.2.2 1 2\r\n"sv,
           "PROXY UNKNOWNS 192.0.2.1 192.0.2.2 1 2\r\n"sv,
           "PROXY  TCP4 192.0.2.1 192.0.2.2 1 2\r\n"sv,
           "PROXY TCP4 192.0.2.1 192.0.2.2 1\r\n"sv,
           "PROXY TCP4 192.0.2.1 192.0.2.2 1 2 \r\n"sv,
           "PROXY TCP4 192.0.2.1 192.0.2.2 1 2 3\r\n"sv,
       }) {
    INFO(line);
    CHECK(refusal(line) == ProxyErrc::bad_line);
  }
  for (const std::string_view address : {""sv,
                                         "192.0.2"sv,
                                         "192.0.2.256"sv,
                                         "192.0.2.01"sv,
                                         "0x7f.1.1.1"sv,
                                         "::1"sv,
                                         "localhost"sv,
                                         "192.0.2.1\0"sv,
                                         "1.1.1.1.1"sv}) {
    INFO(address);
    const std::string text(address);
    CHECK(refusal("PROXY TCP4 " + text + " 192.0.2.2 1 2\r\n") == ProxyErrc::bad_address);
    CHECK(refusal("PROXY TCP4 192.0.2.2 " + text + " 1 2\r\n") == ProxyErrc::bad_address);
  }
  for (const std::string_view address :
       {""sv, "192.0.2.1"sv, ":::"sv, "fe80::1%lo"sv, "::12345"sv, "[::1]"sv}) {
    INFO(address);
    CHECK(refusal("PROXY TCP6 " + std::string(address) + " ::1 1 2\r\n") == ProxyErrc::bad_address);
  }
  for (const std::string_view port :
       {""sv, "65536"sv, "99999"sv, "100000"sv, "-1"sv, "+1"sv, "01"sv, "00"sv, "1x"sv, "0x1"sv}) {
    INFO(port);
    const std::string text(port);
    CHECK(refusal("PROXY TCP4 192.0.2.1 192.0.2.2 " + text + " 2\r\n") == ProxyErrc::bad_port);
    CHECK(refusal("PROXY TCP4 192.0.2.1 192.0.2.2 1 " + text + "\r\n") == ProxyErrc::bad_port);
  }
}

TEST_CASE("a header that was made reads as it was made", "[unit][proxy]") {
  const auto v4 = dgram::make_endpoint("192.0.2.1", 12345);
  const auto to_v4 = dgram::make_endpoint("198.51.100.2", 53);
  CHECK(text_of(dgram::make_proxy_header(v4, to_v4)) == binary(0x21, 0x12, ipv4_block));

  const auto v6 = dgram::make_endpoint("2001:db8::1", 65535);
  const auto to_v6 = dgram::make_endpoint("2001:db8::2", 1);
  const std::string tlvs = "\xE0\0\3abc\x04\0\0"s;
  const std::string made = text_of(dgram::make_proxy_header(v6, to_v6, bytes_of(tlvs))) + "payload";
  const ProxyHeader header = parsed(made);
  CHECK(header.version == 2);
  CHECK(header.transport == Transport::datagram);
  CHECK(header.source == v6);
  CHECK(header.destination == to_v6);
  CHECK(text_of(header.tlvs) == tlvs);
  CHECK(made.substr(header.size) == "payload");
}

TEST_CASE("IPv4 in IPv6 clothes is written as IPv4", "[unit][proxy]") {
  const auto mapped = dgram::make_endpoint("::ffff:192.0.2.1", 12345);
  const auto to_v4 = dgram::make_endpoint("198.51.100.2", 53);
  const auto to_mapped = dgram::make_endpoint("::ffff:198.51.100.2", 53);
  CHECK(text_of(dgram::make_proxy_header(mapped, to_v4)) == binary(0x21, 0x12, ipv4_block));
  CHECK(text_of(dgram::make_proxy_header(mapped, to_mapped)) == binary(0x21, 0x12, ipv4_block));
  // Beside an address of IPv6 it stays what it is.
  const auto to_v6 = dgram::make_endpoint("2001:db8::2", 1);
  const std::string made = text_of(dgram::make_proxy_header(mapped, to_v6));
  CHECK(parsed(made).source == mapped);
}

TEST_CASE("a header that cannot be made says why", "[unit][proxy]") {
  const auto v4 = dgram::make_endpoint("192.0.2.1", 12345);
  const auto v6 = dgram::make_endpoint("2001:db8::2", 53);
  const auto refused = [](const auto& source, const auto& destination, std::string_view tlvs) {
    try {
      dgram::make_proxy_header(source, destination, bytes_of(tlvs));
    } catch (const dgram::Error& error) {
      CHECK(error.operation() == "make_proxy_header");
      return error.code();
    }
    return std::error_code();
  };
  CHECK(refused(v4, v6, "") == ProxyErrc::mixed_families);
  CHECK(refused(v6, v4, "") == ProxyErrc::mixed_families);
  CHECK(refused(v4, v4, "\x04\0\1"sv) == ProxyErrc::bad_tlv);
  const std::string most = "\x04\xFF\xF0"s + std::string(0xFFF0, 'x');  // 65,523 bytes beside 12
  CHECK(refused(v4, v4, most) == std::error_code());
  CHECK(refused(v4, v4, "\x04\xFF\xF1"s + std::string(0xFFF1, 'x')) == ProxyErrc::too_long);
  CHECK(refused(v4, v4, most + "\x04\0\0"s) == ProxyErrc::too_long);
  CHECK(refused(v6, v6, most) == ProxyErrc::too_long);
}

TEST_CASE("every ProxyErrc has a text and a name of its own", "[unit][proxy][error]") {
  std::set<std::string> texts;
  std::set<std::string_view> names;
  for (int value = 1; value <= static_cast<int>(ProxyErrc::too_long); ++value) {
    const std::error_code ec = static_cast<ProxyErrc>(value);
    INFO(value << ": " << ec.message());
    CHECK(ec.message().find("Unknown") != 0);
    CHECK(texts.insert(ec.message()).second);
    CHECK(dgram::code_name(ec).substr(0, 10) == "ERR_PROXY_");
    CHECK(names.insert(dgram::code_name(ec)).second);
    CHECK(ec.category().name() == "dgram.proxy_protocol"sv);
  }
  const std::error_code beyond(static_cast<int>(ProxyErrc::too_long) + 1,
                               dgram::proxy_error_category());
  CHECK(dgram::code_name(beyond) == "UNKNOWN");
  CHECK(beyond.message() == "Unknown dgram.proxy_protocol error 14");
}

}  // namespace unit_proxy_protocol_test
