// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// Descriptors under names: what another process handed to this one.
#pragma once

#include <cstddef>
#include <dgram/descriptor.hpp>
#include <dgram/process/config.hpp>
#include <string>
#include <string_view>
#include <vector>

DGRAM_BEGIN_NAMESPACE

/// Descriptors that came with names, in the order in which they were handed over.
/**
 * Several may have one name: the sockets of a group, or those of one systemd unit. What is not
 * taken is closed with this object.
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
  /// None.
  NamedDescriptors() noexcept;
  NamedDescriptors(NamedDescriptors&& other) noexcept;
  NamedDescriptors& operator=(NamedDescriptors&& other) noexcept;
  ~NamedDescriptors();

  /// Puts one behind the others.
  void add(std::string name, Descriptor descriptor);

  /// Takes the first of that name out; an empty Descriptor when there is none (any more).
  [[nodiscard]] Descriptor take(std::string_view name);

  /// Takes the first out, whatever its name; an empty Descriptor when there is none.
  [[nodiscard]] Descriptor take();

  /// The names of those that are here, in their order.
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
