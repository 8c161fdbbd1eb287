// Each of Node's errors, by its fields: node-semantics 1.1, and what Node 22.2 and 24.21 say.
#include <asio/error.hpp>
#include <cerrno>
#include <dgram/error.hpp>
#include <node/errors.hpp>
#include <optional>
#include <string>
#include <support/catch2.hpp>
#include <support/os.hpp>

namespace unit_node_errors_test {

namespace errors = dgram::node::detail;
using dgram::node::Error;
using test::os;

namespace {

/// All fields in one line: name, code and message, and those that it has of the others.
std::string line(const Error& error) {
  CHECK(error.what() == error.message());
  std::string text = error.name() + ' ' + error.code() + " |" + error.message() + '|';
  if (error.number() != 0) text += " errno=" + std::to_string(error.number());
  if (!error.syscall().empty()) text += " syscall=" + error.syscall();
  if (!error.address().empty()) text += " address=" + error.address();
  if (error.port() != -1) text += " port=" + std::to_string(error.port());
  if (!error.hostname().empty()) text += " hostname=" + error.hostname();
  return text;
}

/// How a line has the number of a system's error.
std::string number(int value) {
  return " errno=" + std::to_string(-value);
}

}  // namespace

TEST_CASE("errors of a socket's state are Node's", "[unit][node][errors]") {
  CHECK(line(errors::already_bound()) ==
        "Error ERR_SOCKET_ALREADY_BOUND |Socket is already bound|");
  CHECK(line(errors::not_running()) == "Error ERR_SOCKET_DGRAM_NOT_RUNNING |Not running|");
  CHECK(line(errors::already_connected()) ==
        "Error ERR_SOCKET_DGRAM_IS_CONNECTED |Already connected|");
  CHECK(line(errors::not_connected()) == "Error ERR_SOCKET_DGRAM_NOT_CONNECTED |Not connected|");
}

TEST_CASE("errors of a type or descriptor are Node's", "[unit][node][errors]") {
  CHECK(line(errors::bad_type()) ==
        "TypeError ERR_SOCKET_BAD_TYPE |Bad socket type specified. Valid types are: udp4, udp6|");
  CHECK(line(errors::bad_descriptor_type("FILE")) ==
        "TypeError ERR_INVALID_FD_TYPE |Unsupported fd type: FILE|");
}

TEST_CASE("errors of a port are Node's", "[unit][node][errors]") {
  CHECK(
      line(errors::bad_destination_port(0)) ==
      "RangeError ERR_SOCKET_BAD_PORT |Port should be > 0 and < 65536. Received type number (0).|");
  CHECK(line(errors::bad_destination_port(-1)) ==
        "RangeError ERR_SOCKET_BAD_PORT |Port should be > 0 and < 65536. Received type number "
        "(-1).|");
  CHECK(line(errors::bad_destination_port(std::nullopt)) ==
        "RangeError ERR_SOCKET_BAD_PORT |Port should be > 0 and < 65536. Received undefined.|");
  CHECK(line(errors::bad_local_port("options.port", 65536)) ==
        "RangeError ERR_SOCKET_BAD_PORT |options.port should be >= 0 and < 65536. Received type "
        "number (65536).|");
}

TEST_CASE("errors of an address that must not be looked up are Node's", "[unit][node][errors]") {
  CHECK(line(errors::no_literal("options.address", "localhost")) ==
        "TypeError ERR_INVALID_ARG_VALUE |The property 'options.address' must be a numeric IP "
        "address; bindSync does not perform DNS resolution. Received 'localhost'|");
  CHECK(line(errors::no_literal("address", "localhost")) ==
        "TypeError ERR_INVALID_ARG_VALUE |The argument 'address' must be a numeric IP address; "
        "connectSync does not perform DNS resolution. Received 'localhost'|");
}

TEST_CASE("errors of block lists are Node's", "[unit][node][errors]") {
  CHECK(line(errors::ip_blocked("127.0.0.1")) ==
        "Error ERR_IP_BLOCKED |IP(127.0.0.1) is blocked by net.BlockList|");
  CHECK(line(errors::invalid_address()) == "Error ERR_INVALID_ADDRESS |Invalid socket address|");
  CHECK(
      line(errors::bad_prefix(33, 32)) ==
      R"(RangeError ERR_OUT_OF_RANGE |The value of "prefix" is out of range. It must be >= 0 && <= 32. Received 33|)");
  CHECK(
      line(errors::bad_prefix(-1, 128)) ==
      R"(RangeError ERR_OUT_OF_RANGE |The value of "prefix" is out of range. It must be >= 0 && <= 128. Received -1|)");
}

// As the object that Node has made of it.
TEST_CASE("the error of a backward range names its start", "[unit][node][errors]") {
  CHECK(line(errors::range_is_backwards("10.0.0.9")) ==
        "TypeError ERR_INVALID_ARG_VALUE |The argument 'start' must come before end. Received "
        "SocketAddress { address: '10.0.0.9', port: 0, family: 'ipv4', flowlabel: 0 }|");
}

TEST_CASE("errors of arguments are Node's", "[unit][node][errors]") {
  CHECK(line(errors::out_of_bounds("offset")) ==
        R"(RangeError ERR_BUFFER_OUT_OF_BOUNDS |"offset" is outside of buffer bounds|)");
  CHECK(line(errors::out_of_bounds("length")) ==
        R"(RangeError ERR_BUFFER_OUT_OF_BOUNDS |"length" is outside of buffer bounds|)");
  CHECK(line(errors::missing_group()) ==
        R"(TypeError ERR_MISSING_ARGS |The "multicastAddress" argument must be specified|)");
  CHECK(line(errors::bad_buffer_size()) ==
        "TypeError ERR_SOCKET_BAD_BUFFER_SIZE |Buffer size must be a positive integer|");
}

TEST_CASE("errors of a buffer's size carry the system's words", "[unit][node][errors]") {
  CHECK(line(errors::buffer_size("recv", asio::error::bad_descriptor)) ==
        "SystemError ERR_SOCKET_BUFFER_SIZE |Could not get or set buffer size: uv_recv_buffer_size "
        "returned EBADF (bad file descriptor)|" +
            number(EBADF) + " syscall=uv_recv_buffer_size");
  CHECK(line(errors::buffer_size("send", asio::error::invalid_argument)) ==
        "SystemError ERR_SOCKET_BUFFER_SIZE |Could not get or set buffer size: uv_send_buffer_size "
        "returned EINVAL (invalid argument)|" +
            number(EINVAL) + " syscall=uv_send_buffer_size");
}

TEST_CASE("a system's error says the call and the code", "[unit][node][errors]") {
  CHECK(line(errors::system_error(asio::error::bad_descriptor, "setTTL")) ==
        "Error EBADF |setTTL EBADF|" + number(EBADF) + " syscall=setTTL");
  CHECK(line(errors::system_error(asio::error::connection_refused, "recvmsg")) ==
        "Error ECONNREFUSED |recvmsg ECONNREFUSED|" + number(ECONNREFUSED) + " syscall=recvmsg");
  CHECK(line(errors::system_error(asio::error::operation_aborted, "send")) ==
        "Error ECANCELED |send ECANCELED|" + number(ECANCELED) + " syscall=send");
  // Whichever category brings it.
  CHECK(line(errors::system_error(std::make_error_code(std::errc::file_exists), "open")) ==
        "Error EEXIST |open EEXIST|" + number(EEXIST) + " syscall=open");
}

TEST_CASE("an error of an address says it, and the port where there is one",
          "[unit][node][errors]") {
  CHECK(line(errors::address_error(asio::error::address_in_use, "bind", "127.0.0.1", 53)) ==
        "Error EADDRINUSE |bind EADDRINUSE 127.0.0.1:53|" + number(EADDRINUSE) +
            " syscall=bind address=127.0.0.1 port=53");
  CHECK(line(errors::address_error(os(EADDRNOTAVAIL), "bind", "192.0.2.1", 0)) ==
        "Error EADDRNOTAVAIL |bind EADDRNOTAVAIL 192.0.2.1|" + number(EADDRNOTAVAIL) +
            " syscall=bind address=192.0.2.1");
  CHECK(line(errors::address_error(asio::error::invalid_argument, "connect", "::1", 9)) ==
        "Error EINVAL |connect EINVAL ::1:9|" + number(EINVAL) +
            " syscall=connect address=::1 port=9");
  CHECK(line(errors::address_error(asio::error::message_size, "send", "127.0.0.1", 65535)) ==
        "Error EMSGSIZE |send EMSGSIZE 127.0.0.1:65535|" + number(EMSGSIZE) +
            " syscall=send address=127.0.0.1 port=65535");
}

TEST_CASE("an error of a lookup says the name, and has the numbers of libuv",
          "[unit][node][errors]") {
  CHECK(line(errors::lookup_error(asio::error::host_not_found, "nowhere.invalid")) ==
        "Error ENOTFOUND |getaddrinfo ENOTFOUND nowhere.invalid| errno=-3008 syscall=getaddrinfo "
        "hostname=nowhere.invalid");
  CHECK(line(errors::lookup_error(asio::error::no_data, "a")) ==
        "Error ENOTFOUND |getaddrinfo ENOTFOUND a| errno=-3008 syscall=getaddrinfo hostname=a");
  CHECK(line(errors::lookup_error(asio::error::host_not_found_try_again, "a")) ==
        "Error EAI_AGAIN |getaddrinfo EAI_AGAIN a| errno=-3001 syscall=getaddrinfo hostname=a");
  CHECK(line(errors::lookup_error(asio::error::no_recovery, "a")) ==
        "Error EAI_FAIL |getaddrinfo EAI_FAIL a| errno=-3004 syscall=getaddrinfo hostname=a");
}

// What routers say of a peer (RFC 792, as Linux has it), and a listener of `error` is told.
TEST_CASE("each error that ICMP can bring has its name", "[unit][node][errors]") {
  struct Case {
    int number;
    const char* code;
  };
  constexpr Case cases[] = {
    {ECONNREFUSED, "ECONNREFUSED"},
    {EHOSTUNREACH, "EHOSTUNREACH"},
    {ENETUNREACH, "ENETUNREACH"},
    {ENOPROTOOPT, "ENOPROTOOPT"},
    {EMSGSIZE, "EMSGSIZE"},
    {EACCES, "EACCES"},
    {EOPNOTSUPP, "ENOTSUP"},
    {EPROTO, "EPROTO"},
    {EHOSTDOWN, "EHOSTDOWN"},
#if defined(ENONET)
    {ENONET, "ENONET"},
#endif
  };
  for (const Case& c : cases) {
    const Error error = errors::system_error(os(c.number), "recvmsg");
    CHECK(error.code() == c.code);
    CHECK(error.number() == -c.number);
  }
}

TEST_CASE("what the core has a code of its own for is the system's error in Node",
          "[unit][node][errors]") {
  using dgram::Errc;
  const auto line_of = [](Errc code) { return line(errors::system_error(code, "send")); };
  CHECK(line_of(Errc::queue_full) == "Error ENOBUFS |send ENOBUFS| errno=-105 syscall=send");
  CHECK(line_of(Errc::too_many_buffers) == "Error EMSGSIZE |send EMSGSIZE| errno=-90 syscall=send");
  CHECK(line_of(Errc::bad_host_name) ==
        "Error ENOTFOUND |send ENOTFOUND| errno=-3008 syscall=send");
  CHECK(line_of(Errc::source_unavailable) ==
        "Error EADDRNOTAVAIL |send EADDRNOTAVAIL| errno=-99 syscall=send");
}

// A number of ours would be read as another error of the system: -3 is ESRCH.
TEST_CASE("an error that no system has carries no number of one", "[unit][node][errors]") {
  using dgram::Errc;
  for (const Errc code : {Errc::no_buffers, Errc::not_multicast, Errc::not_udp}) {
    const Error error = errors::system_error(code, "send");
    INFO(error.message());
    CHECK(error.number() == 0);
    CHECK(error.code() == dgram::code_name(code));
  }
}

}  // namespace unit_node_errors_test
