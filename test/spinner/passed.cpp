#include "spinner/passed.hpp"

#include <unistd.h>

#include <asio/error.hpp>
#include <cstdlib>
#include <dgram/process.hpp>
#include <string_view>

namespace spinner {

std::vector<std::string> passed_words(int count, bool is_wrong, bool throws) {
  return {"spinner",
          "--passed",
          std::to_string(count),
          is_wrong ? "wrong" : "right",
          throws ? "throws" : "returns"};
}

bool is_passed(int argc, char** argv) {
  return argc == 5 && argv[1] == std::string_view("--passed");
}

int run_passed(char** argv) {
  const int count = std::atoi(argv[2]);
  const bool is_wrong = argv[3] == std::string_view("wrong");
  const bool throws = argv[4] == std::string_view("throws");
  ::setenv("LISTEN_PID", std::to_string(::getpid()).c_str(), 1);
  ::setenv("LISTEN_FDS", std::to_string(count).c_str(), 1);
  std::string names;
  for (int i = 0; i < count + is_wrong; ++i) names += i == 0 ? "x" : ":x";
  ::setenv("LISTEN_FDNAMES", names.c_str(), 1);
  std::error_code ec;
  std::size_t got = 0;
  try {
    got = throws ? dgram::passed_sockets().size() : dgram::passed_sockets(ec).size();
  } catch (const dgram::Error& error) {
    ec = error.code();
  }
  const bool is_right = count == 0 ? got == 0
                        : is_wrong ? ec == asio::error::invalid_argument && got == 0
                                   : !ec && got == static_cast<std::size_t>(count);
  return is_right && !std::getenv("LISTEN_FDS") ? 0 : 1;
}

}  // namespace spinner
