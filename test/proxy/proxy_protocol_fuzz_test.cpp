// PROXY headers from an enemy: every byte with every value, every length, noise; nothing beyond the
// datagram is read.
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <dgram/proxy/proxy_protocol.hpp>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <support/bytes.hpp>
#include <support/catch2.hpp>
#include <vector>

namespace unit_proxy_protocol_fuzz_test {

using namespace std::literals;
using test::text_of;

namespace {

/// Memory that ends where a page begins that nobody may touch: a read beyond is a fault, with or
/// without a sanitizer.
class GuardedMemory {
 public:
  GuardedMemory() {
    memory_ = mmap(nullptr, 2 * size_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory_ == MAP_FAILED || mprotect(memory_, size_, PROT_READ | PROT_WRITE) != 0)
      throw std::runtime_error("no memory with a guard behind it");
  }
  GuardedMemory(const GuardedMemory&) = delete;
  GuardedMemory& operator=(const GuardedMemory&) = delete;
  ~GuardedMemory() { munmap(memory_, 2 * size_); }

  /// `text`, with its last byte as the last one that may be read.
  std::span<const std::byte> hold(std::string_view text) {
    std::byte* const at = static_cast<std::byte*>(memory_) + size_ - text.size();
    std::copy_n(reinterpret_cast<const std::byte*>(text.data()), text.size(), at);
    return {at, text.size()};
  }

 private:
  const std::size_t size_ = 65536;
  void* memory_ = nullptr;
};

/// Parses `datagram`; what holds of every answer is checked. True when it was accepted.
bool holds_for(GuardedMemory& memory, std::string_view datagram) {
  const std::span<const std::byte> bytes = memory.hold(datagram);
  std::error_code ec;
  const dgram::ProxyHeader header = dgram::parse_proxy_header(bytes, ec);
  bool good = header.size <= bytes.size() && (header.size == 0) == static_cast<bool>(ec) &&
              header.source.has_value() == header.destination.has_value();
  if (ec) good = good && ec.category() == dgram::proxy_error_category() && header.version == 0;
  if (!header.tlvs.empty()) {
    good = good && header.tlvs.data() >= bytes.data() &&
           header.tlvs.data() + header.tlvs.size() == bytes.data() + header.size;
  }
  std::span<const std::byte> rest = header.tlvs;
  while (const auto tlv = dgram::next_proxy_tlv(rest))
    good = good && tlv->value.data() + tlv->value.size() <= bytes.data() + header.size;
  good = good && rest.empty();
  // CHECK for each of some hundred thousand would take minutes.
  if (!good) FAIL("broken for \"" << std::string(datagram) << '"');
  return !ec;
}

std::vector<std::string> good_datagrams() {
  const auto v4 = dgram::make_endpoint("192.0.2.1", 12345);
  const auto v6 = dgram::make_endpoint("2001:db8::1", 53);
  const std::string tlvs = "\xE0\0\5dgram\x04\0\0\x05\0\4id-1"s;
  const std::span<const std::byte> additions = test::bytes_of(tlvs);
  return {
      text_of(dgram::make_proxy_header(v4, v4)) + "payload",
      text_of(dgram::make_proxy_header(v6, v6, additions)) + "payload",
      text_of(dgram::make_proxy_header(v4, v4, additions)),
      "\r\n\r\n\0\r\nQUIT\n\x20\0\0\0payload"s,
      "\r\n\r\n\0\r\nQUIT\n\x21\x32\0\xD8"s + std::string(216, 'u') + "payload",
      "\r\n\r\n\0\r\nQUIT\n\x21\x12\0\x16\xC0\0\2\1\xC6\x33\x64\2\x30\x39\0\x35\3\0\4"s +
          "\xB9\xF1\xD1\xE5\4\0\0"s,
      "PROXY TCP4 192.0.2.1 198.51.100.2 12345 53\r\npayload",
      "PROXY UDP6 2001:db8::1 ::ffff:192.0.2.1 12345 53\r\npayload",
      "PROXY UNKNOWN some words\r\npayload",
  };
}

}  // namespace

TEST_CASE("every cut of a header is refused or a header, and nothing beyond it is read",
          "[unit][proxy]") {
  GuardedMemory memory;
  for (const std::string& datagram : good_datagrams()) {
    CHECK(holds_for(memory, datagram));
    for (std::size_t size = 0; size < datagram.size(); ++size)
      holds_for(memory, std::string_view(datagram).substr(0, size));
  }
}

TEST_CASE("every byte of a header may have any value", "[unit][proxy]") {
  GuardedMemory memory;
  for (std::string datagram : good_datagrams()) {
    for (char& byte : datagram) {
      const char original = byte;
      for (int value = 0; value < 256; ++value) {
        byte = static_cast<char>(value);
        holds_for(memory, datagram);
      }
      byte = original;
    }
  }
}

TEST_CASE("every length that a header may claim is looked at before it is believed",
          "[unit][proxy]") {
  GuardedMemory memory;
  for (std::string datagram : good_datagrams()) {
    if (datagram.front() != '\r') continue;
    const std::size_t behind = datagram.size() - 16;
    for (std::size_t length = 0; length <= 65535; ++length) {
      datagram[14] = static_cast<char>(length >> 8);
      datagram[15] = static_cast<char>(length & 0xFF);
      const bool accepted = holds_for(memory, datagram);
      if (length > behind && accepted) FAIL("a length of " << length << " was believed");
    }
  }
}

TEST_CASE("mutations of several bytes, and noise, do no harm", "[unit][proxy]") {
  GuardedMemory memory;
  std::mt19937 random(20061);  // the same on each run
  std::uniform_int_distribution<int> any_byte(0, 255);
  std::size_t accepted = 0;
  for (int round = 0; round < 4000; ++round) {
    for (std::string datagram : good_datagrams()) {
      // Behind the signature or the first word, without which nothing is looked at.
      const std::size_t first = datagram.front() == 'P' ? 6 : 12;
      std::uniform_int_distribution<std::size_t> any_place(first, datagram.size() - 1);
      for (int change = 0; change < 1 + round % 8; ++change)
        datagram[any_place(random)] = static_cast<char>(any_byte(random));
      datagram.resize(any_place(random) + 1);
      accepted += holds_for(memory, datagram) ? 1u : 0u;
    }
    std::string noise(static_cast<std::size_t>(any_byte(random)), ' ');
    std::generate(noise.begin(), noise.end(), [&] { return static_cast<char>(any_byte(random)); });
    holds_for(memory, noise);
  }
  CHECK(accepted > 0);  // some changes hit the payload: the rounds reach what is behind the checks
}

}  // namespace unit_proxy_protocol_fuzz_test
