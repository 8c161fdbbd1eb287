#include "spinner/parent.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstring>
#include <new>
#include <stdexcept>

#include "spinner/actions.hpp"
#include "spinner/fail.hpp"
#include "spinner/progress.hpp"
#include "spinner/shortening.hpp"
#include "support/descriptors.hpp"

namespace spinner {

namespace {

using Clock = std::chrono::steady_clock;

/// Longer than the child's own patience, which ends with a better message.
constexpr auto patience_with_child = std::chrono::seconds(90);

/// Memory that both processes see.
class SharedProgress {
 public:
  SharedProgress() : file_(::memfd_create("progress", 0), "memfd_create") {
    if (::ftruncate(file_.get(), sizeof(Progress)) != 0) throw std::runtime_error("ftruncate");
    void* const memory =
        ::mmap(nullptr, sizeof(Progress), PROT_READ | PROT_WRITE, MAP_SHARED, file_.get(), 0);
    if (memory == MAP_FAILED) throw std::runtime_error("mmap");
    progress_ = new (memory) Progress;
  }
  SharedProgress(const SharedProgress&) = delete;
  ~SharedProgress() { ::munmap(progress_, sizeof(Progress)); }
  Progress& operator*() noexcept { return *progress_; }
  int descriptor() const noexcept { return file_.get(); }

 private:
  test::Descriptor file_;
  Progress* progress_;
};

struct Verdict {
  bool has_failed = false;
  std::string how;     ///< The exit code, the signal, or that it hangs.
  std::string output;  ///< The end of it.
  std::uint64_t posted = 0;
  std::vector<std::uint64_t> begun;
};

/// A measure that grows while the child gets on.
std::uint64_t progress_of(Progress& progress) {
  std::uint64_t sum = progress.posted;
  for (const auto& one : progress.begun) sum += one;
  return sum;
}

void read_output(int from, std::string& output) {
  char bytes[4096];
  const ssize_t n = ::read(from, bytes, sizeof bytes);
  if (n > 0) output.append(bytes, static_cast<std::size_t>(n));
  constexpr std::size_t most = 200'000;
  if (output.size() > most) output.erase(0, output.size() - most / 2);
}

std::string words_of(int status) {
  if (WIFSIGNALED(status))
    return std::string("it was ended by signal ") + std::to_string(WTERMSIG(status)) + " (" +
           ::strsignal(WTERMSIG(status)) + ")";
  return "it ended with exit code " + std::to_string(WEXITSTATUS(status));
}

Verdict run(const Arguments& arguments) {
  SharedProgress shared;
  Progress& progress = *shared;
  std::vector<std::string> words = arguments.words();
  words.insert(words.begin(),
               {"spinner", "--child", "--progress", std::to_string(shared.descriptor())});
  if (!arguments.reached.empty()) words.insert(words.end(), {"--reached", arguments.reached});
  std::vector<char*> raw;
  for (std::string& word : words) raw.push_back(word.data());
  raw.push_back(nullptr);
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("pipe2");
  const pid_t child = ::fork();
  if (child < 0) throw std::runtime_error("fork");
  if (child == 0) {
    ::dup2(ends[1], STDOUT_FILENO);
    ::dup2(ends[1], STDERR_FILENO);
    ::execv("/proc/self/exe", raw.data());
    ::_exit(127);
  }
  ::close(ends[1]);
  const test::Descriptor from(ends[0]);

  Verdict verdict;
  std::uint64_t last = 0;
  bool hangs = false;
  auto changed = Clock::now();
  for (;;) {
    pollfd readable{from.get(), POLLIN, 0};
    if (::poll(&readable, 1, 200) > 0) {
      const std::size_t before = verdict.output.size();
      read_output(from.get(), verdict.output);
      if ((readable.revents & POLLIN) == 0 || verdict.output.size() == before) break;  // its end
    }
    const std::uint64_t now = progress_of(progress);
    if (now != std::exchange(last, now)) changed = Clock::now();
    if (Clock::now() - changed < patience_with_child) continue;
    hangs = true;
    ::kill(child, SIGKILL);
    break;
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  verdict.has_failed = status != 0;
  verdict.how = hangs ? "it hangs" : words_of(status);
  verdict.posted = progress.posted;
  for (const auto& one : progress.begun) verdict.begun.push_back(one);
  return verdict;
}

void print_steps(const Arguments& arguments, const Steps& steps) {
  for (const std::uint64_t number : steps) {
    std::string words;
    plan(arguments.seed, number, &words);
    std::printf("  step %llu: %s\n", static_cast<unsigned long long>(number), words.c_str());
  }
}

void print_command(const char* what, const Arguments& arguments) {
  std::printf("%s:\n  spinner_test --child", what);
  for (const std::string& word : arguments.words()) std::printf(" %s", word.c_str());
  std::printf("\n");
}

}  // namespace

int run_parent(const Arguments& arguments) {
  std::printf("spinner: seed %llu, %llu operations\n",
              static_cast<unsigned long long>(arguments.seed),
              static_cast<unsigned long long>(arguments.operations));
  std::fflush(stdout);
  const Verdict verdict = run(arguments);
  std::fputs(verdict.output.c_str(), stdout);
  if (!verdict.has_failed) return 0;

  std::printf("spinner: FAILED: %s\n", verdict.how.c_str());
  Steps last;
  for (const std::uint64_t begun : verdict.begun)
    if (begun != 0) last.push_back(begun - 1);
  std::printf("the last steps of each socket:\n");
  print_steps(arguments, last);
  print_command("all of it again", arguments);
  std::fflush(stdout);

  Steps steps = arguments.steps();
  std::erase_if(steps, [&](std::uint64_t step) { return step >= verdict.posted; });
  const auto fails = [&arguments](const Steps& some) {
    Arguments less = arguments;
    less.only = to_text(some);
    less.reached.clear();
    return run(less).has_failed;
  };
  Arguments less = arguments;
  less.only = to_text(shorten(steps, fails));
  print_command("shortened", less);
  print_steps(less, less.steps());
  return exit_when_broken;
}

}  // namespace spinner
