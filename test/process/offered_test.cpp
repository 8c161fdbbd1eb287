// A descriptor that was offered is its socket, not its number.
#include <sys/socket.h>
#include <unistd.h>

#include <dgram/descriptor.hpp>
#include <dgram/error.hpp>
#include <process/offered.hpp>

#include "support/catch2.hpp"

namespace process_offered_test {

using dgram::detail::Offered;

TEST_CASE("an offer is over when its number is closed, or means another socket",
          "[process][offered]") {
  dgram::Descriptor first(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  const dgram::Descriptor second(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  const Offered offered("one", first.get());
  CHECK(offered.is_still_open());
  const int number = first.get();
  REQUIRE(::dup2(second.get(), number) == number);
  CHECK(!offered.is_still_open());
  first = dgram::Descriptor();
  CHECK(!offered.is_still_open());
}

TEST_CASE("what is not open cannot be offered", "[process][offered]") {
  CHECK_THROWS_AS(Offered("none", -1), dgram::Error);
}

}  // namespace process_offered_test
