// A descriptor and its owner.
#include <unistd.h>

#include <dgram/descriptor.hpp>

#include "support/catch2.hpp"
#include "support/descriptors.hpp"

namespace process_descriptor_test {

using dgram::Descriptor;
using test::is_open;

TEST_CASE("a descriptor has one owner, which closes it", "[descriptor]") {
  const int fd = ::dup(0);
  {
    Descriptor first(fd);
    CHECK(first);
    CHECK(first.get() == fd);
    Descriptor second = std::move(first);
    CHECK_FALSE(first);
    CHECK(first.get() == dgram::invalid_handle);
    first = std::move(second);
    CHECK(is_open(fd));
    CHECK(first.release() == fd);
    CHECK_FALSE(first);
    CHECK(is_open(fd));
    second = Descriptor(fd);
    Descriptor& same = second;
    second = std::move(same);
    CHECK(is_open(fd));
  }
  CHECK_FALSE(is_open(fd));
}

}  // namespace process_descriptor_test
