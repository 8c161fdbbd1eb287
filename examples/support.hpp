// What every example begins and ends with: arguments, --help, errors on stderr, exit codes.
#pragma once

#include <asio/awaitable.hpp>
#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <charconv>
#include <dgram/dgram.hpp>
#include <exception>
#include <iostream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace example {

using Arguments = std::vector<std::string>;

/// Arguments that make no sense: the usage goes to stderr, the exit code is 2.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The number that is written in `text`; -1 when there is none.
inline int read_number(std::string_view text) {
  int number = -1;
  const char* const end = text.data() + text.size();
  const std::from_chars_result read = std::from_chars(text.data(), end, number);
  return read.ec == std::errc() && read.ptr == end ? number : -1;
}

inline int port_number(std::string_view text) {
  const int port = read_number(text);
  if (port < 0 || port > 65535) throw UsageError("not a port: " + std::string(text));
  return port;
}

inline int number(std::string_view text, int smallest, int largest) {
  const int number = read_number(text);
  if (number < smallest || number > largest)
    throw UsageError("not a number from " + std::to_string(smallest) + " to " +
                     std::to_string(largest) + ": " + std::string(text));
  return number;
}

/// Calls `body` with the arguments. Exit codes: 0 done, 1 failed, 2 called wrongly.
template <class Body>
int run_main(int argc, char** argv, std::string_view usage, Body body) {
  const std::string_view program = argv[0];
  const std::string_view name = program.substr(program.rfind('/') + 1);
  try {
    const Arguments arguments(argv + 1, argv + argc);
    for (const std::string& argument : arguments) {
      if (argument != "--help") continue;
      std::cout << "usage: " << name << ' ' << usage << std::endl;
      return 0;
    }
    body(arguments);
    return 0;
  } catch (const UsageError& error) {
    std::cerr << name << ": " << error.what() << "\nusage: " << name << ' ' << usage << '\n';
    return 2;
  } catch (const dgram::Error& error) {
    // "bind 127.0.0.1:53: Permission denied (EACCES)"
    std::cerr << name << ": " << error.what() << " (" << dgram::code_name(error.code()) << ")\n";
  } catch (const std::exception& error) {
    std::cerr << name << ": " << error.what() << '\n';
  }
  return 1;
}

/// Runs `task`, and what it started, on this thread. The first exception ends everything and comes
/// out here.
inline void run(asio::io_context& io, asio::awaitable<void> task) {
  asio::co_spawn(io, std::move(task), [](std::exception_ptr failure) {
    if (failure) std::rethrow_exception(failure);
  });
  io.run();
}

/// True when an answer to `sender` cannot start a loop, in which two servers answer each other's
/// answers for ever (CVE-2024-2169). One forged datagram is enough to start it, so no server may
/// answer
///   * a port below 1024: other services that answer everything live there (echo, chargen, DNS,
///   NTP, TFTP);
///   * its own port: that is this server itself, or its like on another host.
inline bool may_answer(const dgram::Endpoint& sender, const dgram::Endpoint& local) {
  return sender.port() >= 1024 && sender.port() != local.port();
}

}  // namespace example
