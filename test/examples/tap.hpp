// What a program of examples says of itself: the Test Anything Protocol.
#pragma once

#include <iostream>
#include <string_view>

namespace tap {

inline int number = 0;
inline bool good = true;

inline void check(std::string_view name, bool ok) {
  good = good && ok;
  std::cout << (ok ? "ok " : "not ok ") << ++number << " - " << name << std::endl;
}

/// What main() returns.
inline int end() {
  std::cout << "1.." << number << std::endl;
  return good ? 0 : 1;
}

}  // namespace tap
