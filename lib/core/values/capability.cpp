#include <dgram/capability.hpp>

DGRAM_BEGIN_NAMESPACE

const Capability* find(const std::vector<Capability>& capabilities,
                       std::string_view name) noexcept {
  for (const Capability& capability : capabilities)
    if (capability.name == name) return &capability;
  return nullptr;
}

std::string to_string(const Capability& capability) {
  std::string text(capability.name);
  switch (capability.state) {
    case Capability::State::granted:
      text += ": granted";
      if (capability.value > 1) text += ' ' + std::to_string(capability.value);
      return text;
    case Capability::State::reduced:
      text += ": reduced";
      if (capability.value != 0) text += " to " + std::to_string(capability.value);
      return text + " (" + capability.why.message() + ')';
    case Capability::State::refused:
      return text + ": refused (" + capability.why.message() + ')';
    case Capability::State::not_asked:
      break;
  }
  return text + ": not asked for";
}

DGRAM_END_NAMESPACE
