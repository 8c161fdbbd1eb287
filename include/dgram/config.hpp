// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
/// @file
/// What every other header stands on: language floor, version, export macro, the namespace that
/// carries the ABI.
#pragma once

#if !defined(__cplusplus) || __cplusplus < 202002L
#error "dgram needs C++20: compile with -std=c++20 (Meson: cpp_std=c++20, CMake: cxx_std_20)"
#endif

#define DGRAM_VERSION_MAJOR 0
#define DGRAM_VERSION_MINOR 1
#define DGRAM_VERSION_PATCH 0

#include <dgram/detail/compat.hpp>

// DGRAM_SHARED is set by the build files of a shared dgram, DGRAM_BUILDING while that library
// itself is compiled.
#if defined(DGRAM_SHARED) && (defined(__GNUC__) || defined(__clang__))
#define DGRAM_API __attribute__((visibility("default")))
#else
#define DGRAM_API
#endif

/// Opens namespace dgram with its ABI tag inside. Asio's types are in our signatures, so a program
/// and a library that were built with different Asio versions or settings must not link: the tag
/// makes it an undefined symbol which names both.
#define DGRAM_BEGIN_NAMESPACE \
  namespace dgram {           \
  inline namespace DGRAM_DETAIL_ABI {
#define DGRAM_END_NAMESPACE \
  }                         \
  }
