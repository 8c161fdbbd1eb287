#include "handover_words.hpp"

#include <algorithm>
#include <array>
#include <asio/error.hpp>
#include <dgram/process/handover.hpp>

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

constexpr std::string_view greeting = "dgram-handover ";

bool take_word(std::string_view& text, std::string_view word) noexcept {
  if (!text.starts_with(word)) return false;
  text.remove_prefix(word.size());
  return true;
}

/// Leaves what follows the version in `words`.
std::error_code take_greeting(std::string_view& words) noexcept {
  int version = 0;
  if (!take_word(words, greeting) || !take_number(words, version))
    return std::make_error_code(std::errc::protocol_error);
  return version == handover_version ? std::error_code() : HandoverErrc::version;
}

}  // namespace

std::string hello_words() {
  return std::string(greeting) + std::to_string(handover_version);
}

std::string refusal_words() {
  return hello_words() + " refused";
}

std::string offer_words(std::size_t sockets) {
  return hello_words() + " sockets " + std::to_string(sockets);
}

std::error_code read_hello(std::string_view words) noexcept {
  const std::error_code ec = take_greeting(words);
  if (ec || words.empty()) return ec;
  return std::make_error_code(std::errc::protocol_error);
}

std::error_code read_offer(std::string_view words, std::size_t& sockets) noexcept {
  if (words == withdrawn_word) return HandoverErrc::withdrawn;
  if (const std::error_code ec = take_greeting(words)) return ec;
  if (words == " refused") return asio::error::access_denied;
  const bool good = take_word(words, " sockets ") && take_number(words, sockets) && words.empty() &&
                    sockets <= max_handed_over;
  return good ? std::error_code() : std::make_error_code(std::errc::protocol_error);
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
