// What a Payload can be made from, and that it is a view of exactly that.
#include <array>
#include <dgram/payload.hpp>
#include <memory>
#include <string>
#include <support/catch2.hpp>
#include <vector>

namespace unit_payload_test {

using dgram::Payload;

namespace {

// A function parameter, as send() has it: the view is made implicitly at the call.
std::string text_of(Payload payload) {
  std::string text;
  for (const asio::const_buffer& piece : payload.buffers())
    text.append(static_cast<const char*>(piece.data()), piece.size());
  CHECK(text.size() == payload.size());
  return text;
}

}  // namespace

TEST_CASE("a Payload views text without its terminator", "[unit][payload]") {
  CHECK(text_of("ping") == "ping");
  CHECK(text_of(std::string("ping")) == "ping");
  CHECK(text_of(std::string_view("ping!").substr(0, 4)) == "ping");
  CHECK(text_of("") == "");
}

TEST_CASE("a Payload of a view keeps the NULs inside it", "[unit][payload]") {
  using namespace std::string_view_literals;
  CHECK(text_of("a\0b"sv) == "a\0b"sv);
}

TEST_CASE("a Payload views contiguous bytes of any byte type", "[unit][payload]") {
  const std::vector<unsigned char> unsigned_chars = {'a', 'b'};
  const std::array<std::uint8_t, 2> octets = {'c', 'd'};
  const std::vector<std::byte> bytes = {std::byte{'e'}, std::byte{'f'}};
  std::array<char, 2> chars = {'g', 'h'};
  CHECK(text_of(unsigned_chars) == "ab");
  CHECK(text_of(octets) == "cd");
  CHECK(text_of(bytes) == "ef");
  CHECK(text_of(std::span<const std::byte>(bytes).subspan(1)) == "f");
  CHECK(text_of(chars) == "gh");
  CHECK(text_of(asio::const_buffer("ij", 2)) == "ij");
  CHECK(text_of(asio::buffer(chars)) == "gh");
}

TEST_CASE("a Payload copies no byte", "[unit][payload]") {
  const std::string text = "stays where it is";
  const Payload payload(text);
  CHECK(payload.buffers().front().data() == text.data());
}

TEST_CASE("a Payload of a list is one datagram in several pieces, in order", "[unit][payload]") {
  const std::array<asio::const_buffer, 3> pieces = {
      asio::buffer("he", 2), asio::buffer("", 0), asio::buffer("llo", 3)};
  const Payload payload(pieces);
  CHECK(payload.buffers().size() == 3);
  CHECK(payload.size() == 5);
  CHECK(text_of(payload) == "hello");
  const std::vector<asio::const_buffer> list(pieces.begin(), pieces.end());
  CHECK(text_of(list) == "hello");
  CHECK(text_of(std::span<const asio::const_buffer>(list)) == "hello");
}

// Zero pieces is a mistake of the caller, zero bytes is a datagram: they must not look alike.
TEST_CASE("a Payload of an empty list has no piece, an empty Payload has one empty piece",
          "[unit][payload]") {
  const std::vector<asio::const_buffer> none;
  CHECK(Payload(none).buffers().empty());
  CHECK(Payload("").buffers().size() == 1);
  CHECK(Payload("").size() == 0);
  CHECK(Payload(std::span<const std::byte>()).buffers().size() == 1);
}

TEST_CASE("a copied Payload does not look into the one it was copied from", "[unit][payload]") {
  auto original = std::make_unique<Payload>("text");
  const Payload copy(*original);
  original.reset();
  CHECK(text_of(copy) == "text");
}

}  // namespace unit_payload_test
