// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0

#include <algorithm>
#include <dgram/process/named_descriptors.hpp>
#include <utility>

DGRAM_BEGIN_NAMESPACE

NamedDescriptors::Entry::Entry(std::string n, Descriptor d)
    : name(std::move(n)), descriptor(std::move(d)) {}

NamedDescriptors::NamedDescriptors() noexcept = default;
NamedDescriptors::NamedDescriptors(NamedDescriptors&& other) noexcept
    : entries_(std::exchange(other.entries_, {})) {}
NamedDescriptors& NamedDescriptors::operator=(NamedDescriptors&& other) noexcept {
  entries_ = std::exchange(other.entries_, {});
  return *this;
}
NamedDescriptors::~NamedDescriptors() = default;

void NamedDescriptors::add(std::string name, Descriptor descriptor) {
  entries_.emplace_back(std::move(name), std::move(descriptor));
}

Descriptor NamedDescriptors::take(std::string_view name) {
  const auto found = std::find_if(
      entries_.begin(), entries_.end(), [&](const Entry& entry) { return entry.name == name; });
  if (found == entries_.end()) return Descriptor();
  Descriptor taken = std::move(found->descriptor);
  entries_.erase(found);
  return taken;
}

Descriptor NamedDescriptors::take() {
  if (entries_.empty()) return Descriptor();
  Descriptor taken = std::move(entries_.front().descriptor);
  entries_.erase(entries_.begin());
  return taken;
}

std::vector<std::string> NamedDescriptors::names() const {
  std::vector<std::string> names;
  for (const Entry& entry : entries_) names.push_back(entry.name);
  return names;
}

DGRAM_END_NAMESPACE
