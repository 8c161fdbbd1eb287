#include "message.hpp"

#include <algorithm>
#include <cctype>
#include <stdexcept>

namespace dns {

namespace {

// RFC 1035, section 4.1.1: the second 16-bit word of the header.
constexpr std::uint16_t response_flag = 0x8000, truncated_flag = 0x0200, recursion_desired = 0x0100;
constexpr std::uint16_t opcode_mask = 0x7800, code_mask = 0x000f;
constexpr std::uint16_t class_internet = 1;
constexpr std::size_t max_name = 255, max_label = 63;

void put16(std::vector<std::byte>& out, std::uint16_t value) {
  out.push_back(static_cast<std::byte>(value >> 8));
  out.push_back(static_cast<std::byte>(value & 0xff));
}

void put_name(std::vector<std::byte>& out, std::string_view name) {
  const std::size_t start = out.size();
  while (!name.empty()) {
    const std::string_view label = name.substr(0, name.find('.'));
    if (label.empty() || label.size() > max_label)
      throw std::invalid_argument("not a DNS name: a label has 1 to 63 bytes");
    out.push_back(static_cast<std::byte>(label.size()));
    for (const char c : label) out.push_back(static_cast<std::byte>(c));
    name.remove_prefix(std::min(label.size() + 1, name.size()));
  }
  out.push_back(std::byte{0});
  if (out.size() - start > max_name)
    throw std::invalid_argument("not a DNS name: longer than 255 bytes");
}

/// Reads a message front to back. Every access is checked; out of bounds throws Malformed, for
/// read_response().
class Reader {
 public:
  struct Malformed {};

  explicit Reader(std::span<const std::byte> message) : message_(message) {}

  std::size_t position() const { return position_; }
  void seek(std::size_t position) { position_ = position; }

  std::span<const std::byte> bytes(std::size_t count) {
    if (count > message_.size() - position_) throw Malformed();
    const std::span<const std::byte> result = message_.subspan(position_, count);
    position_ += count;
    return result;
  }
  std::uint8_t byte() { return std::to_integer<std::uint8_t>(bytes(1)[0]); }
  std::uint16_t word() {
    const unsigned high = byte();
    return static_cast<std::uint16_t>(high << 8 | byte());
  }

  /// A name, decompressed (RFC 1035, section 4.1.4). A pointer must lead backwards, so a loop
  /// cannot be built.
  std::string name() {
    std::string result;
    std::size_t after = 0;  // where reading goes on, once a pointer was followed
    std::size_t limit = position_;
    for (std::size_t length = byte(); length != 0; length = byte()) {
      if ((length & 0xc0) == 0xc0) {
        const std::size_t target = (length & 0x3f) << 8 | byte();
        if (after == 0) after = position_;
        if (target >= limit) throw Malformed();
        limit = target;
        position_ = target;
        continue;
      }
      if (length > max_label) throw Malformed();  // 01 and 10 in the top bits mean nothing
      if (!result.empty()) result += '.';
      for (const std::byte b : bytes(length)) result += std::to_integer<char>(b);
      if (result.size() > max_name) throw Malformed();
    }
    if (after != 0) position_ = after;
    return result;
  }

 private:
  std::span<const std::byte> message_;
  std::size_t position_ = 0;
};

std::optional<Record> read_record(Reader& reader) {
  Record record;
  record.name = reader.name();
  const std::uint16_t type = reader.word();
  const std::uint16_t record_class = reader.word();
  reader.bytes(4);  // time to live: nothing is cached here
  const std::uint16_t size = reader.word();
  const std::size_t end = reader.position() + size;
  const std::span<const std::byte> data = reader.bytes(size);
  if (record_class != class_internet) return std::nullopt;

  record.type = static_cast<Type>(type);
  if (record.type == Type::a) {
    asio::ip::address_v4::bytes_type address;
    if (size != address.size()) throw Reader::Malformed();
    std::ranges::transform(
        data, address.begin(), [](std::byte b) { return std::to_integer<unsigned char>(b); });
    record.address = asio::ip::address_v4(address);
  } else if (record.type == Type::aaaa) {
    asio::ip::address_v6::bytes_type address;
    if (size != address.size()) throw Reader::Malformed();
    std::ranges::transform(
        data, address.begin(), [](std::byte b) { return std::to_integer<unsigned char>(b); });
    record.address = asio::ip::address_v6(address);
  } else if (record.type == Type::cname) {
    reader.seek(end - size);
    record.target = reader.name();
    if (reader.position() != end) throw Reader::Malformed();
  } else {
    return std::nullopt;
  }
  return record;
}

}  // namespace

bool same_name(std::string_view a, std::string_view b) {
  const auto lower = [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  };
  return std::ranges::equal(a, b, {}, lower, lower);
}

std::vector<std::byte> write_query(const Query& query) {
  std::vector<std::byte> out;
  put16(out, query.id);
  put16(out, recursion_desired);
  put16(out, 1);  // one question
  for (int i = 0; i < 3; ++i) put16(out, 0);
  put_name(out, query.name);
  put16(out, static_cast<std::uint16_t>(query.type));
  put16(out, class_internet);
  return out;
}

std::optional<Response> read_response(std::span<const std::byte> message, const Query& query) try {
  Reader reader(message);
  const std::uint16_t id = reader.word();
  const std::uint16_t flags = reader.word();
  const std::uint16_t questions = reader.word();
  const std::uint16_t answers = reader.word();
  reader.bytes(4);  // how many records of authority and additional: not needed
  const bool is_response = (flags & response_flag) != 0 && (flags & opcode_mask) == 0;
  if (!is_response || id != query.id || questions != 1) return std::nullopt;
  const bool same_question = same_name(reader.name(), query.name) &&
                             reader.word() == static_cast<std::uint16_t>(query.type) &&
                             reader.word() == class_internet;
  if (!same_question) return std::nullopt;

  Response response;
  response.code = static_cast<ResponseCode>(flags & code_mask);
  response.truncated = (flags & truncated_flag) != 0;
  if (response.truncated) return response;  // what is there may end anywhere
  for (unsigned i = 0; i < answers; ++i)
    if (std::optional<Record> record = read_record(reader))
      response.answers.push_back(std::move(*record));
  return response;
} catch (const Reader::Malformed&) {
  return std::nullopt;
}

std::vector<asio::ip::address> addresses_of(const Response& response, const Query& query) {
  constexpr int max_aliases = 16;  // aliases may point in a circle
  std::vector<asio::ip::address> addresses;
  std::string name = query.name;
  for (int aliases = 0; aliases <= max_aliases; ++aliases) {
    const Record* alias = nullptr;
    for (const Record& record : response.answers) {
      if (!same_name(record.name, name)) continue;
      if (record.type == query.type) addresses.push_back(record.address);
      if (record.type == Type::cname) alias = &record;
    }
    if (!addresses.empty() || !alias) break;
    name = alias->target;
  }
  return addresses;
}

}  // namespace dns
