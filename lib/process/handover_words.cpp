// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0

#include "handover_words.hpp"

#include <algorithm>
#include <array>
#include <asio/error.hpp>
#include <dgram/process/handover.hpp>
#include <limits>

#include "../core/values/error_category.hpp"
#include "text.hpp"

DGRAM_BEGIN_NAMESPACE

namespace {

constexpr std::array handover_errc_texts = std::to_array<detail::CodeText>({
    {static_cast<int>(HandoverErrc::version),
     "ERR_HANDOVER_VERSION",
     "The other process speaks another version of the handover protocol"},
    {static_cast<int>(HandoverErrc::withdrawn),
     "ERR_HANDOVER_WITHDRAWN",
     "The predecessor keeps its sockets"},
});

}  // namespace

const std::error_category& handover_error_category() noexcept {
  static const detail::ErrorCategory category("dgram.handover", handover_errc_texts);
  return category;
}

namespace detail {

namespace {

constexpr std::string_view greeting = "dgram-handover";

std::error_code take_greeting(Words& words) noexcept {
  words.expect(greeting);
  const int version = words.number(0, std::numeric_limits<int>::max());
  if (!words.is_good()) return std::make_error_code(std::errc::protocol_error);
  return version == handover_version ? std::error_code() : HandoverErrc::version;
}

}  // namespace

std::string hello_words() {
  return join_words(greeting, handover_version);
}

std::string refusal_words() {
  return join_words(greeting, handover_version, "refused");
}

std::string offer_words(std::size_t sockets) {
  return join_words(greeting, handover_version, "sockets", sockets);
}

std::error_code read_hello(std::string_view text) noexcept {
  Words words(text);
  const std::error_code ec = take_greeting(words);
  if (ec || words.is_at_end()) return ec;
  return std::make_error_code(std::errc::protocol_error);
}

std::error_code read_offer(std::string_view text, std::size_t& sockets) noexcept {
  if (text == withdrawn_word) return HandoverErrc::withdrawn;
  Words words(text);
  if (const std::error_code ec = take_greeting(words)) return ec;
  const bool has_sockets = words.either("refused", "sockets");
  if (words.is_good() && !has_sockets && words.is_at_end()) return asio::error::access_denied;
  sockets = words.number(std::size_t{0}, max_handed_over);
  return has_sockets && words.is_good() && words.is_at_end()
             ? std::error_code()
             : std::make_error_code(std::errc::protocol_error);
}

bool is_good_name(std::string_view name) noexcept {
  return !name.empty() && name.size() <= 255 && std::all_of(name.begin(), name.end(), [](char c) {
    return c >= ' ' && c <= '~' && c != ':';
  });
}

std::string join_names(const std::vector<std::string>& names) {
  std::string words;
  for (const std::string& name : names) {
    if (!words.empty()) words += '\n';
    words += name;
  }
  return words;
}

}  // namespace detail
DGRAM_END_NAMESPACE
