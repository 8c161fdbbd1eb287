// An error of the operating system, by errno.
#pragma once

#include <asio/error.hpp>
#include <system_error>

namespace test {

inline std::error_code os(int number) {
  return {number, asio::system_category()};
}

}  // namespace test
