#include "disabled.hpp"

#include <cstdlib>
#include <string_view>

DGRAM_BEGIN_NAMESPACE
namespace detail {

Disabled parse_disabled(const char* words) {
  Disabled result;
  std::string_view rest = words ? words : "";
  while (!rest.empty()) {
    const std::size_t comma = rest.find(',');
    const std::string_view word = rest.substr(0, comma);
    rest.remove_prefix(comma == rest.npos ? rest.size() : comma + 1);
    if (word == "gso") {
      result.gso = true;
    } else if (word == "gro") {
      result.gro = true;
    } else if (word == "mmsg") {
      result.mmsg = true;
    } else if (!word.empty()) {
      if (!result.unknown.empty()) result.unknown += ',';
      result.unknown += word;
    }
  }
  return result;
}

const Disabled& disabled() {
  static const Disabled read = parse_disabled(std::getenv("DGRAM_DISABLE"));
  return read;
}

}  // namespace detail
DGRAM_END_NAMESPACE
