// Codes, their names and texts, and the exception that carries what was asked.
#include <asio/error.hpp>
#include <cerrno>
#include <dgram/error.hpp>
#include <future>
#include <set>
#include <support/catch2.hpp>
#include <type_traits>

namespace unit_error_test {

using dgram::Errc;

namespace {

constexpr Errc all_codes[] = {
    Errc::bad_port,
    Errc::bad_address,
    Errc::bad_host_name,
    Errc::already_bound,
    Errc::queue_full,
    Errc::no_buffers,
    Errc::too_many_buffers,
    Errc::not_drained,
    Errc::not_multicast,
    Errc::source_unavailable,
    Errc::errors_not_received,
    Errc::no_balancing,
    Errc::disabled,
    Errc::equal_runs_unsafe,
    Errc::not_udp,
};

}  // namespace

TEST_CASE("every Errc has a text of its own", "[unit][error]") {
  std::set<std::string> texts;
  for (const Errc code : all_codes) {
    const std::string text = make_error_code(code).message();
    INFO(static_cast<int>(code) << ": " << text);
    CHECK(!text.empty());
    CHECK(text.find("Unknown dgram error") == std::string::npos);
    CHECK(texts.insert(text).second);
  }
}

TEST_CASE("every Errc has a name of its own", "[unit][error]") {
  std::multiset<std::string_view> names;
  for (const Errc code : all_codes) {
    const std::string_view name = dgram::code_name(code);
    INFO(static_cast<int>(code) << ": " << name);
    CHECK(name.substr(0, 4) == "ERR_");
    names.insert(name);
  }
  for (const std::string_view name : names) CHECK(names.count(name) == 1);
}

TEST_CASE("the list of codes in this test is the whole enumeration", "[unit][error]") {
  // The value behind the last one has no entry: a new Errc without a text shows up as soon as it is
  // added above.
  const std::error_code beyond(static_cast<int>(Errc::not_udp) + 1, dgram::error_category());
  CHECK(dgram::code_name(beyond) == "UNKNOWN");
  CHECK(beyond.message().find(std::to_string(beyond.value())) != std::string::npos);
  CHECK(std::size(all_codes) == static_cast<std::size_t>(Errc::not_udp));
}

TEST_CASE("the codes that no system has are named and explained", "[unit][error]") {
  CHECK(dgram::code_name(Errc::not_multicast) == "ERR_NOT_MULTICAST");
  CHECK(dgram::code_name(Errc::source_unavailable) == "ERR_SOURCE_UNAVAILABLE");
  CHECK(dgram::code_name(Errc::errors_not_received) == "ERR_ERRORS_NOT_RECEIVED");
  CHECK(dgram::code_name(Errc::no_balancing) == "ERR_NO_BALANCING");
  CHECK(dgram::code_name(Errc::disabled) == "ERR_DISABLED");
  CHECK(make_error_code(Errc::disabled).message() ==
        "Switched off for this process (DGRAM_DISABLE or by the program)");
  CHECK(dgram::code_name(Errc::equal_runs_unsafe) == "ERR_EQUAL_RUNS_UNSAFE");
  CHECK(make_error_code(Errc::not_multicast).message() == "Not a multicast address");
  CHECK(make_error_code(Errc::source_unavailable).message() ==
        "The source address is not one of this host's");
  CHECK(make_error_code(Errc::errors_not_received).message() ==
        "Error reports were not asked for (SocketOptions::receive_errors)");
}

TEST_CASE("a code compares with its Errc and with no other category", "[unit][error]") {
  const std::error_code ec = Errc::queue_full;
  CHECK(ec == Errc::queue_full);
  CHECK(ec != Errc::not_drained);
  CHECK(ec != std::error_code(static_cast<int>(Errc::queue_full), asio::system_category()));
  CHECK(std::string_view(ec.category().name()) == "dgram");
}

TEST_CASE("code_name speaks errno for the system's codes, whichever category brings them",
          "[unit][error]") {
  using dgram::code_name;
  CHECK(code_name(std::error_code(EADDRINUSE, asio::system_category())) == "EADDRINUSE");
  CHECK(code_name(std::error_code(EADDRINUSE, std::generic_category())) == "EADDRINUSE");
  CHECK(code_name(std::error_code(ECONNREFUSED, std::system_category())) == "ECONNREFUSED");
  CHECK(code_name(asio::error::message_size) == "EMSGSIZE");
  CHECK(code_name(asio::error::bad_descriptor) == "EBADF");
  CHECK(code_name(asio::error::operation_aborted) == "ECANCELED");
  CHECK(code_name(asio::error::would_block) == "EAGAIN");
  CHECK(code_name(asio::error::no_buffer_space) == "ENOBUFS");
  CHECK(code_name(asio::error::access_denied) == "EACCES");
  CHECK(code_name(asio::error::no_memory) == "ENOMEM");
  CHECK(code_name(asio::error::eof) == "EOF");
}

TEST_CASE("code_name gives the resolver's answers Node's names", "[unit][error]") {
  CHECK(dgram::code_name(asio::error::host_not_found) == "ENOTFOUND");
  CHECK(dgram::code_name(asio::error::host_not_found_try_again) == "EAI_AGAIN");
  CHECK(dgram::code_name(asio::error::no_data) == "ENOTFOUND");
  CHECK(dgram::code_name(asio::error::no_recovery) == "EAI_FAIL");
}

TEST_CASE("code_name of no error is empty, of an unknown one UNKNOWN", "[unit][error]") {
  CHECK(dgram::code_name({}).empty());
  CHECK(dgram::code_name(std::error_code(99999, asio::system_category())) == "UNKNOWN");
  CHECK(dgram::code_name(std::make_error_code(std::future_errc::no_state)) == "UNKNOWN");
}

TEST_CASE("an Error says which operation failed, on what, and why", "[unit][error]") {
  const dgram::Error error(asio::error::message_size, "send", "192.0.2.1:9");
  CHECK(error.code() == asio::error::message_size);
  CHECK(error.operation() == "send");
  CHECK(error.subject() == "192.0.2.1:9");
  CHECK(std::string(error.what()) == "send 192.0.2.1:9: " + error.code().message());
}

TEST_CASE("an Error without a subject reads without a gap", "[unit][error]") {
  const dgram::Error error(Errc::not_drained, "release");
  CHECK(error.subject().empty());
  CHECK(std::string(error.what()) == "release: " + error.code().message());
}

TEST_CASE("an Error is a std::system_error, and its copy says the same", "[unit][error]") {
  static_assert(std::is_base_of_v<std::system_error, dgram::Error>);
  const dgram::Error error(Errc::bad_port, "connect", "70000");
  dgram::Error copy(error);
  CHECK(copy.operation() == "connect");
  CHECK(copy.subject() == "70000");
  CHECK(copy.code() == Errc::bad_port);
  CHECK(std::string(copy.what()) == error.what());
  copy = dgram::Error(Errc::no_buffers, "send");
  CHECK(copy.operation() == "send");
  CHECK(copy.code() == Errc::no_buffers);
}

// An exception whose copy may throw ends the program when it is caught by value or kept in an
// exception_ptr while memory is short.
TEST_CASE("copying an Error cannot throw", "[unit][error]") {
  CHECK(std::is_nothrow_copy_constructible_v<dgram::Error>);
}

}  // namespace unit_error_test
