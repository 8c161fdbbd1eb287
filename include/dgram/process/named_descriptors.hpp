// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// Descriptors with names, which were passed to this process.
#pragma once

#include <cstddef>
#include <dgram/descriptor.hpp>
#include <dgram/process/config.hpp>
#include <string>
#include <string_view>
#include <vector>

DGRAM_BEGIN_NAMESPACE

/// Descriptors with names, in the order in which they were passed.
/**
 * Several may have the same name: the sockets of a group, or those of one systemd unit. The
 * destructor closes the descriptors that were not taken.
 *
 * Thread safety: distinct objects: safe. Shared objects: unsafe.
 *
 * Example:
 * @code
 * dgram::NamedDescriptors passed = dgram::passed_sockets();
 * if (dgram::Descriptor dns = passed.take("dns"))
 *   socket.adopt(std::move(dns));
 * else
 *   socket.bind(dgram::make_endpoint("0.0.0.0", 53));
 * @endcode
 */
class DGRAM_API NamedDescriptors {
 public:
  /// Empty.
  NamedDescriptors() noexcept;
  NamedDescriptors(NamedDescriptors&& other) noexcept;
  NamedDescriptors& operator=(NamedDescriptors&& other) noexcept;
  ~NamedDescriptors();

  /// Adds a descriptor at the end.
  void add(std::string name, Descriptor descriptor);

  /// Removes the first descriptor with that name and returns it; an empty Descriptor when there is
  /// none (any more).
  [[nodiscard]] Descriptor take(std::string_view name);

  /// Removes the first descriptor, whatever its name, and returns it; an empty Descriptor when
  /// there is none.
  [[nodiscard]] Descriptor take();

  /// The names of the descriptors that are left, in their order.
  std::vector<std::string> names() const;

  std::size_t size() const noexcept { return entries_.size(); }
  bool empty() const noexcept { return entries_.empty(); }

 private:
  /// @cond
  struct Entry {
    Entry(std::string n, Descriptor d);
    std::string name;
    Descriptor descriptor;
  };
  /// @endcond
  std::vector<Entry> entries_;
};

DGRAM_END_NAMESPACE
