// Records what a completion handler was called with, and how often.
#pragma once

#include <cstddef>
#include <system_error>
#include <utility>

namespace test {

/// Must outlive the operation whose handler it is.
template <class T>
struct Outcome {
  int calls = 0;
  std::error_code ec;
  T value{};

  auto handler() {
    return [this](std::error_code e, T v) {
      ++calls;
      ec = e;
      value = std::move(v);
    };
  }
};

template <>
struct Outcome<void> {
  int calls = 0;
  std::error_code ec;

  auto handler() {
    return [this](std::error_code e) {
      ++calls;
      ec = e;
    };
  }
};

}  // namespace test
