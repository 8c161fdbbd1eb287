#include "child.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <asio/error.hpp>
#include <asio/read_until.hpp>
#include <asio/redirect_error.hpp>
#include <asio/use_awaitable.hpp>
#include <cerrno>
#include <stdexcept>
#include <system_error>

extern char** environ;

namespace test {

namespace {

/// A pipe; what is not handed on is closed on exec.
struct Pipe {
  Pipe() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) throw std::system_error(errno, std::generic_category());
    read = dgram::Descriptor(ends[0]);
    write = dgram::Descriptor(ends[1]);
  }
  dgram::Descriptor read, write;
};

}  // namespace

Child::Child(asio::io_context& io, std::vector<std::string> command, const std::vector<int>& passed)
    : output_(io) {
  Pipe pipe;
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, pipe.write.get(), 1);
  std::vector<dgram::Descriptor> away;  // none of them is where another one goes
  for (const int fd : passed) away.emplace_back(::fcntl(fd, F_DUPFD_CLOEXEC, 100));
  for (std::size_t i = 0; i < away.size(); ++i)
    ::posix_spawn_file_actions_adddup2(&actions, away[i].get(), 3 + static_cast<int>(i));
  if (!passed.empty()) {
    // Who starts it does not know the number that it will have; the shell does, and becomes it.
    const std::string script =
        "LISTEN_PID=$$ LISTEN_FDS=" + std::to_string(passed.size()) + " exec \"$0\" \"$@\"";
    const std::vector<std::string> shell = {"/bin/sh", "-c", script};
    command.insert(command.begin(), shell.begin(), shell.end());
  }
  std::vector<char*> arguments;
  for (std::string& argument : command) arguments.push_back(argument.data());
  arguments.push_back(nullptr);
  const int failed =
      ::posix_spawn(&process_.pid, arguments[0], &actions, nullptr, arguments.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) throw std::system_error(failed, std::generic_category(), command[0]);
  output_.assign(pipe.read.release());
}

Child::Child(asio::io_context& io, const std::function<void()>& body) : output_(io) {
  Pipe pipe;
  process_.pid = ::fork();
  if (process_.pid == -1) throw std::system_error(errno, std::generic_category(), "fork");
  if (process_.pid == 0) {
    int code = 1;
    try {
      ::dup2(pipe.write.get(), 1);
      body();
      code = 0;
    } catch (...) {
    }
    ::_exit(code);
  }
  output_.assign(pipe.read.release());
}

Child::~Child() {
  if (process_.pid == -1) return;
  ::kill(process_.pid, SIGKILL);
  ::waitpid(process_.pid, nullptr, 0);
}

asio::awaitable<std::string> Child::line() {
  std::error_code ec;
  auto buffer = asio::dynamic_buffer(heard_);
  auto token = asio::redirect_error(asio::use_awaitable, ec);
  const std::size_t size = co_await asio::async_read_until(output_, buffer, '\n', token);
  if (ec) throw std::runtime_error("the other process has ended: " + heard_);
  std::string line = heard_.substr(0, size - 1);
  heard_.erase(0, size);
  co_return line;
}

asio::awaitable<std::string> Child::line_with(std::string words) {
  for (;;) {
    std::string next = co_await line();
    if (next.starts_with(words)) co_return next.substr(words.size());
  }
}

asio::awaitable<int> Child::end() {
  std::error_code ec;
  while (!ec) {
    auto buffer = asio::dynamic_buffer(heard_);
    auto token = asio::redirect_error(asio::use_awaitable, ec);
    co_await asio::async_read_until(output_, buffer, '\n', token);
    if (!ec) heard_.clear();
  }
  int status = 0;
  ::waitpid(std::exchange(process_.pid, -1), &status, 0);
  co_return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

void Child::kill(int signal) {
  ::kill(process_.pid, signal);
}

}  // namespace test
