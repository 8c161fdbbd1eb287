// What another user's process would meet.
#pragma once

#include <unistd.h>

#include <cstdlib>

#include "support/catch2.hpp"

namespace test {

/// This process is another user's while it lives.
class AnotherUser {
 public:
  AnotherUser() { REQUIRE(::seteuid(number) == 0); }
  AnotherUser(const AnotherUser&) = delete;
  ~AnotherUser() {
    if (::seteuid(0) != 0) std::abort();
  }
  static constexpr uid_t number = 65534;
};

}  // namespace test
