// A contender in a process of its own: it is forked, says lines through a pipe, and is killed.
//
// Fork before there is a thread or an io_context. What a child uses of a processor the parent asks
// of the kernel, so that every contender is measured the same way, Node as well.
#pragma once

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <exception>
#include <functional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>

#include "core.hpp"

namespace bench {

[[noreturn]] inline void throw_errno(const std::string& what) {
  throw std::system_error(errno, std::generic_category(), what);
}

/// The child's end of the pipe.
class ToParent {
 public:
  explicit ToParent(int descriptor) noexcept : descriptor_(descriptor) {}

  /// One write for a line: what is shorter than PIPE_BUF arrives whole.
  void say(std::string line) const {
    line += '\n';
    if (::write(descriptor_, line.data(), line.size()) != static_cast<ssize_t>(line.size()))
      throw_errno("write to the parent");
  }
  void ready() const { say("ready"); }

  int descriptor() const noexcept { return descriptor_; }

 private:
  int descriptor_;
};

class Child {
 public:
  using Clock = std::chrono::steady_clock;

  /// @param name Said in errors.
  /// @param main Runs in the child, which ends when it returns.
  Child(std::string name, const std::function<void(const ToParent&)>& main)
      : name_(std::move(name)) {
    static_cast<void>(started_with());
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) throw_errno("pipe2");
    std::fflush(nullptr);
    const pid_t parent = ::getpid();
    pid_ = ::fork();
    if (pid_ < 0) throw_errno("fork");
    if (pid_ == 0) run(parent, ToParent(ends[1]), main);
    // The parent's copy goes before the next child is forked: then the pipe ends with its child.
    ::close(ends[1]);
    from_child_ = ends[0];
  }
  Child(const Child&) = delete;
  ~Child() {
    if (pid_ > 0) {
      ::kill(pid_, SIGKILL);
      ::waitpid(pid_, nullptr, 0);
    }
    if (from_child_ >= 0) ::close(from_child_);
  }

  /// Throws when the child has died, or says nothing in time.
  std::string read_line(std::chrono::milliseconds limit = std::chrono::seconds(20)) {
    const Clock::time_point deadline = Clock::now() + limit;
    for (;;) {
      if (const std::size_t end = unread_.find('\n'); end != std::string::npos) {
        std::string line = unread_.substr(0, end);
        unread_.erase(0, end + 1);
        return line;
      }
      const auto left =
          std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
      pollfd readable{from_child_, POLLIN, 0};
      const int events = ::poll(&readable, 1, left > 0 ? static_cast<int>(left) : 0);
      if (events < 0 && errno == EINTR) continue;
      if (events < 0) throw_errno("poll");
      if (events == 0) throw std::runtime_error(name_ + ": the child said nothing in time");
      char some[512];
      const ssize_t size = ::read(from_child_, some, sizeof some);
      if (size < 0) throw_errno("read from " + name_);
      if (size == 0) throw std::runtime_error(name_ + ": " + how_it_ended());
      unread_.append(some, static_cast<std::size_t>(size));
    }
  }

  void wait_until_ready() {
    const std::string line = read_line();
    if (line != "ready") throw std::runtime_error(name_ + ": said '" + line + "', not 'ready'");
  }

  /// Throws when the child has died.
  void check_alive() {
    int status = 0;
    if (::waitpid(pid_, &status, WNOHANG) == 0) return;
    pid_ = -1;
    throw std::runtime_error(name_ + ": " + ended_with(status));
  }

  /// Returns when it has stopped: the nanoseconds of processor time that all its threads have used
  /// since it was stopped before.
  /**
   * Of a process that runs the kernel would say what it had used at the last tick of its clock.
   */
  double stop() {
    if (::kill(pid_, SIGSTOP) != 0) throw_errno("SIGSTOP to " + name_);
    int status = 0;
    if (::waitpid(pid_, &status, WUNTRACED) != pid_) throw_errno("wait for " + name_);
    if (!WIFSTOPPED(status)) {
      pid_ = -1;
      throw std::runtime_error(name_ + ": " + ended_with(status));
    }
    const double before = used_;
    used_ = cpu_ns();
    return used_ - before;
  }
  void go_on() {
    if (::kill(pid_, SIGCONT) != 0) throw_errno("SIGCONT to " + name_);
  }

 private:
  [[noreturn]] void run(pid_t parent,
                        const ToParent& to_parent,
                        const std::function<void(const ToParent&)>& main) const {
    try {
      // A parent that died between the two calls is no parent any more.
      if (::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) throw_errno("prctl");
      if (::getppid() != parent) ::_exit(1);
      pin(Core::child);
      main(to_parent);
    } catch (const std::exception& e) {
      std::fprintf(stderr, "%s: %s\n", name_.c_str(), e.what());
      ::_exit(1);
    }
    ::_exit(0);
  }

  double cpu_ns() const {
    clockid_t clock;
    if (const int error = ::clock_getcpuclockid(pid_, &clock); error != 0)
      throw std::system_error(error, std::generic_category(), "CPU clock of " + name_);
    timespec used{};
    if (::clock_gettime(clock, &used) != 0) throw_errno("CPU clock of " + name_);
    return static_cast<double>(used.tv_sec) * 1e9 + static_cast<double>(used.tv_nsec);
  }

  std::string how_it_ended() {
    int status = 0;
    if (::waitpid(pid_, &status, 0) != pid_) return "the child is gone";
    pid_ = -1;
    return ended_with(status);
  }
  static std::string ended_with(int status) {
    if (WIFSIGNALED(status))
      return "the child was ended by signal " + std::to_string(WTERMSIG(status));
    return "the child ended with status " + std::to_string(WEXITSTATUS(status));
  }

  std::string name_;
  pid_t pid_ = -1;
  int from_child_ = -1;
  std::string unread_;
  double used_ = 0;
};

}  // namespace bench
