// One attempt for each request to the heap that can fail.
#pragma once

#include <cstddef>
#include <support/catch2.hpp>

namespace test {

/// `attempt` gets n, and returns whether there was an n-th request.
template <class Attempt>
void for_each_request(Attempt attempt) {
  std::size_t nth = 1;
  while (nth < 1000 && attempt(nth)) ++nth;
  CHECK(nth < 1000);
}

}  // namespace test
