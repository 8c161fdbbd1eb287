// Another process: started, listened to, and ended with the test.
#pragma once

#include <sys/types.h>

#include <asio/awaitable.hpp>
#include <asio/io_context.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <csignal>
#include <dgram/descriptor.hpp>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace test {

class Child {
 public:
  /// Starts a program. `passed` are its descriptors from 3 on, under LISTEN_FDS.
  Child(asio::io_context& io,
        std::vector<std::string> command,
        const std::vector<int>& passed = {});

  /// Calls a function in a copy of this process, which then ends. What it writes to descriptor 1 is
  /// heard.
  Child(asio::io_context& io, const std::function<void()>& body);

  Child(Child&&) = default;
  Child& operator=(Child&&) = delete;
  ~Child();

  /// The next line that it writes; throws at its end.
  asio::awaitable<std::string> line();

  /// Reads lines up to one that begins with `words`; returns the rest of it.
  asio::awaitable<std::string> line_with(std::string words);

  /// Waits for its end: its exit code, or minus the signal that ended it.
  asio::awaitable<int> end();

  void kill(int signal);

 private:
  struct Process {
    explicit Process(pid_t p = -1) : pid(p) {}
    Process(Process&& other) noexcept : pid(std::exchange(other.pid, -1)) {}
    pid_t pid;
  };
  Process process_;
  asio::posix::stream_descriptor output_;
  std::string heard_;
};

}  // namespace test
