// DNS messages (RFC 1035): the bytes of a query, and what the bytes of a response say. Knows no
// socket.
#pragma once

#include <asio/ip/address.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace dns {

enum class Type : std::uint16_t { a = 1, cname = 5, aaaa = 28 };

/// RFC 1035, section 4.1.1.
enum class ResponseCode : std::uint8_t {
  no_error = 0,
  format_error = 1,
  server_failure = 2,
  name_error = 3,
  not_implemented = 4,
  refused = 5,
};

struct Query {
  std::uint16_t id = 0;
  std::string name;  ///< Without a dot at the end.
  Type type = Type::a;
};

/// One line of an answer; `address` for A and AAAA, `target` for CNAME. Records of other types are
/// not kept.
struct Record {
  std::string name;
  Type type = Type::a;
  asio::ip::address address;
  std::string target;
};

struct Response {
  ResponseCode code = ResponseCode::no_error;
  bool truncated = false;  ///< TC: there was more than fits a datagram.
  std::vector<Record> answers;
};

/// The bytes to send. Throws std::invalid_argument for a name that DNS cannot carry (a label over
/// 63 bytes, all over 255).
std::vector<std::byte> write_query(const Query& query);

/// What `message` says, or nothing when it is no well-formed response to exactly this query.
std::optional<Response> read_response(std::span<const std::byte> message, const Query& query);

/// The addresses of the queried name; aliases are followed inside the response.
std::vector<asio::ip::address> addresses_of(const Response& response, const Query& query);

/// Names are compared without regard to case (RFC 1035, section 2.3.3).
bool same_name(std::string_view a, std::string_view b);

}  // namespace dns
