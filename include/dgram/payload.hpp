// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// The bytes of a datagram to send: a view of one piece or of several.
#pragma once

#include <asio/buffer.hpp>
#include <cstddef>
#include <dgram/config.hpp>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>

DGRAM_BEGIN_NAMESPACE

class Datagram;
class Payload;

namespace detail {

/// Asked first: to find out that these two are no ranges would cost every file that sends one 2 %
/// of its time to compile.
template <class T>
inline constexpr bool may_be_range = !std::is_same_v<T, Payload> && !std::is_same_v<T, Datagram>;

/// What a contiguous range holds. (By way of std::span, because `<ranges>` is one of the largest
/// headers there are.)
template <class Range>
using ValueOf = typename decltype(std::span(std::declval<const Range&>()))::value_type;

}  // namespace detail

/// An implicit view of what a send is to put into one datagram.
/**
 * Made from text, from bytes, from an `asio::const_buffer`, from a received Datagram, or from a
 * contiguous list of `asio::const_buffer` (array, vector, span), whose pieces are sent one behind
 * the other as *one* datagram.
 *
 * A Payload owns nothing: the bytes, and the list when there is one, must live until the operation
 * has completed.
 */
class Payload {
 public:
  Payload(std::string_view text) noexcept : one_(text.data(), text.size()) {}
  Payload(const char* text) noexcept : one_(text, std::char_traits<char>::length(text)) {}
  Payload(std::span<const std::byte> bytes) noexcept : one_(bytes.data(), bytes.size()) {}
  Payload(const asio::const_buffer& bytes) noexcept : one_(bytes) {}
  Payload(const asio::mutable_buffer& bytes) noexcept : one_(bytes) {}
  Payload(const Datagram& datagram) noexcept;

  /// Contiguous ranges of bytes: std::string, std::vector<std::byte>, std::array<std::uint8_t, N> …
  /// An array of `char` is not one of them: like a literal it is text that ends at its NUL.
  template <class Range>
  requires detail::may_be_range<Range> &&(sizeof(detail::ValueOf<Range>) == 1) &&
      std::is_trivially_copyable_v<detail::ValueOf<Range>> &&
      (!std::is_same_v<std::remove_cv_t<std::remove_extent_t<Range>>, char>)
          Payload(const Range& bytes) noexcept
      : one_(std::span(bytes).data(), std::span(bytes).size()) {}

  /// Scatter/gather: the pieces of one datagram. At most 1000.
  template <class Range>
  requires detail::may_be_range<Range> &&
      std::is_same_v<detail::ValueOf<Range>, asio::const_buffer> &&
      // Asio 1.22's asio::buffer() returns a buffer that also looks like a list of one.
      (!std::is_convertible_v<const Range&, asio::const_buffer>)
          Payload(const Range& pieces) noexcept
      : many_(pieces), is_list_(true) {}

  /// The pieces, in order. Refers into this Payload when it was made from a single piece.
  std::span<const asio::const_buffer> buffers() const noexcept {
    return is_list_ ? many_ : std::span<const asio::const_buffer>(&one_, 1);
  }

  /// Bytes in all pieces together.
  std::size_t size() const noexcept {
    std::size_t total = 0;
    for (const asio::const_buffer& piece : buffers()) total += piece.size();
    return total;
  }

 private:
  asio::const_buffer one_;
  std::span<const asio::const_buffer> many_;
  bool is_list_ = false;
};

DGRAM_END_NAMESPACE

#include <dgram/datagram.hpp>

DGRAM_BEGIN_NAMESPACE
inline Payload::Payload(const Datagram& datagram) noexcept
    : one_(datagram.data().data(), datagram.size()) {}
DGRAM_END_NAMESPACE
