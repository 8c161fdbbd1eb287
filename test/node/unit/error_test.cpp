// The error that Node's face throws, emits and hands out: its fields, and that copies are free.
#include <sys/wait.h>
#include <unistd.h>

#include <dgram/node/error.hpp>
#include <exception>
#include <string>
#include <support/catch2.hpp>
#include <type_traits>
#include <utility>

namespace unit_node_error_test {

using dgram::node::Error;

namespace {

Error::Fields all_fields() {
  Error::Fields fields;
  fields.name = "SystemError";
  fields.code = "EADDRINUSE";
  fields.message = "bind EADDRINUSE 127.0.0.1:53";
  fields.number = -98;
  fields.syscall = "bind";
  fields.address = "127.0.0.1";
  fields.port = 53;
  fields.hostname = "localhost";
  return fields;
}

void check_all(const Error& error) {
  CHECK(std::string(error.what()) == "bind EADDRINUSE 127.0.0.1:53");
  CHECK(error.message() == "bind EADDRINUSE 127.0.0.1:53");
  CHECK(error.name() == "SystemError");
  CHECK(error.code() == "EADDRINUSE");
  CHECK(error.number() == -98);
  CHECK(error.syscall() == "bind");
  CHECK(error.address() == "127.0.0.1");
  CHECK(error.port() == 53);
  CHECK(error.hostname() == "localhost");
}

}  // namespace

TEST_CASE("a Node error says what it was made of", "[unit][node][error]") {
  check_all(Error(all_fields()));
}

TEST_CASE("a field that a Node error does not have is empty, 0 or -1", "[unit][node][error]") {
  const Error error{Error::Fields()};
  CHECK(error.name() == "Error");
  CHECK(std::string(error.what()).empty());
  CHECK(error.message().empty());
  CHECK(error.code().empty());
  CHECK(error.number() == 0);
  CHECK(error.syscall().empty());
  CHECK(error.address().empty());
  CHECK(error.port() == -1);
  CHECK(error.hostname().empty());
}

// An exception whose copy may throw ends the program while memory is short.
TEST_CASE("copying a Node error cannot throw, and shares its text", "[unit][node][error]") {
  CHECK(std::is_nothrow_copy_constructible_v<Error>);
  CHECK(std::is_nothrow_copy_assignable_v<Error>);
  const Error error(all_fields());
  const Error copy = error;
  CHECK(copy.what() == error.what());
  Error assigned{Error::Fields()};
  assigned = error;
  check_all(assigned);
}

TEST_CASE("a copy outlives the Node error that it is a copy of", "[unit][node][error]") {
  std::exception_ptr kept;
  {
    const Error error(all_fields());
    kept = std::make_exception_ptr(error);
  }
  try {
    std::rethrow_exception(kept);
  } catch (const Error& error) {
    check_all(error);
  }
}

TEST_CASE("a Node error is a std::exception", "[unit][node][error]") {
  try {
    throw Error(all_fields());
  } catch (const std::exception& error) {
    CHECK(std::string(error.what()) == "bind EADDRINUSE 127.0.0.1:53");
  }
}

// A handler may move it into a list of its own, and go on with `throw;`. Asked in a process of its
// own, which ends by a signal where it is not so.
TEST_CASE("a Node error that was moved from can still be read", "[unit][node][error]") {
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    Error error(all_fields());
    const Error moved = std::move(error);
    ::_exit(moved.port() == 53 && error.what() != nullptr ? 0 : 1);
  }
  int status = -1;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(status == 0);
}

}  // namespace unit_node_error_test
