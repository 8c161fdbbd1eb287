// What the environment says: passed descriptors, the link of a cluster's worker, what is switched
// off, the kernel's release.
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <core/kernel/message.hpp>
#include <core/planning/runs.hpp>
#include <dgram/node/error.hpp>
#include <dgram/process/passed_sockets.hpp>
#include <node/cluster/environment.hpp>
#include <optional>
#include <process/text.hpp>
#include <string>
#include <vector>

#include "input.hpp"

namespace fuzz_environment {

using fuzz::Input;

namespace {

namespace cluster = dgram::node::cluster::detail;

constexpr int first_passed = 3;
constexpr int most_passed = 8;

bool is_open(int handle) {
  return ::fcntl(handle, F_GETFD) != -1;
}
bool is_closed_on_exec(int handle) {
  return (::fcntl(handle, F_GETFD) & FD_CLOEXEC) != 0;
}

/// Descriptors 3 and those behind it, as systemd would pass them; closed at the end, those that
/// are still open.
class Passed {
 public:
  explicit Passed(int count) : count_(count) {
    for (int i = 0; i < count; ++i) HOLDS(::dup2(STDERR_FILENO, first_passed + i) != -1);
  }
  Passed(const Passed&) = delete;
  Passed& operator=(const Passed&) = delete;
  ~Passed() {
    for (int i = 0; i < count_; ++i) ::close(first_passed + i);
  }
  int count() const { return count_; }
  /// False when the descriptor behind them is open: it is somebody else's, and might be taken.
  bool are_all() const { return !is_open(first_passed + count_); }
  bool are_untouched() const {
    for (int i = 0; i < count_; ++i)
      if (!is_open(first_passed + i) || is_closed_on_exec(first_passed + i)) return false;
    return true;
  }

 private:
  int count_;
};

/// What a variable is set to; nothing for an empty line. A process does not know its number
/// beforehand: "@".
std::optional<std::string> value(std::string_view line) {
  if (line.empty() || line.find('\0') != line.npos) return std::nullopt;
  return line == "@" ? std::to_string(::getpid()) : std::string(line.substr(1));
}

void set(const char* name, const std::optional<std::string>& to) {
  if (to)
    ::setenv(name, to->c_str(), 1);
  else
    ::unsetenv(name);
}

void take_passed(Input& input) {
  const std::optional<std::string> pid = value(input.line());
  const std::optional<std::string> count = value(input.line());
  const std::optional<std::string> names = value(input.line());
  const Passed passed(static_cast<int>(input.below(most_passed + 1)));
  if (!passed.are_all()) return;
  set("LISTEN_PID", pid);
  set("LISTEN_FDS", count);
  set("LISTEN_FDNAMES", names);
  std::error_code ec;
  dgram::NamedDescriptors taken = dgram::passed_sockets(ec);
  for (const char* name : {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"}) HOLDS(!::getenv(name));
  const int wanted = count ? dgram::detail::number_in(*count) : -1;
  const bool is_for_us = pid == std::to_string(::getpid());
  const bool has_names = !names || std::count(names->begin(), names->end(), ':') + 1 == wanted;
  HOLDS(taken.empty() == !(is_for_us && wanted >= 1 && wanted <= passed.count() && has_names));
  if (taken.empty()) {
    HOLDS(!is_for_us || !count || wanted == 0 || ec);
    HOLDS(passed.are_untouched());
    return;
  }
  HOLDS(!ec && taken.size() == static_cast<std::size_t>(wanted));
  std::string joined;
  for (const std::string& name : taken.names()) joined += ':' + name;
  if (names)
    HOLDS(joined == ':' + *names);
  else
    HOLDS(joined.size() == taken.size() * std::string(":unknown").size());
  for (int handle = first_passed; !taken.empty(); ++handle) {
    const dgram::Descriptor one = taken.take();
    HOLDS(one.get() == handle && is_closed_on_exec(handle));
  }
}

void take_link(Input& input) {
  std::optional<std::string> handle = value(input.line());
  const std::optional<std::string> id = value(input.line());
  int ends[2];
  HOLDS(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0);
  const bool is_ours = handle == "link";
  if (is_ours) handle = std::to_string(ends[0]);
  // Another socket that this process has would be closed.
  if (!is_ours && handle && is_open(dgram::detail::number_in(*handle))) handle.reset();
  set(cluster::descriptor_variable, handle);
  set(cluster::id_variable, id);
  const bool has_id = id && dgram::detail::number_in(*id) >= 0;
  bool is_taken = true;
  try {
    const cluster::Inherited inherited = cluster::take_inherited();
    HOLDS(inherited.link.get() == ends[0] && std::to_string(inherited.id) == id);
  } catch (const dgram::node::Error&) {
    is_taken = false;
  }
  HOLDS(is_taken == (is_ours && has_id));
  HOLDS(is_open(ends[0]) != is_taken);
  if (!is_taken) ::close(ends[0]);
  ::close(ends[1]);
}

void read_disabled(std::string_view text) {
  const std::string words(text.substr(0, text.find('\0')));
  const dgram::detail::Disabled disabled = dgram::detail::parse_disabled(words.c_str());
  const auto has = [&](std::string_view word) {
    const std::vector<std::string> all = dgram::detail::split(words, ',');
    return std::find(all.begin(), all.end(), word) != all.end();
  };
  HOLDS(disabled.gso == has("gso") && disabled.gro == has("gro") && disabled.mmsg == has("mmsg"));
  for (const std::string& word : dgram::detail::split(disabled.unknown, ',')) {
    if (disabled.unknown.empty()) break;
    HOLDS(!word.empty() && has(word) && word != "gso" && word != "gro" && word != "mmsg");
  }
}

void read_release(std::string_view text) {
  // The kernel counts from 0.
  if (text.starts_with('-') || text.find(".-") != text.npos) return;
  std::uint64_t version = 0;
  Input rest(text);
  for (int part = 0; part < 3; ++part) {
    const std::string_view word = rest.until('.');
    const std::string_view digits = word.substr(0, word.find_first_not_of("0123456789"));
    if (digits.size() > 3) return;
    version =
        version * 100'000'000 + std::strtoull(std::string("0").append(digits).c_str(), nullptr, 10);
    if (digits.size() != word.size() || word.empty()) rest.rest();  // no more numbers come
  }
  constexpr std::uint64_t first = 7 * 10'000'000'000'000'000;
  constexpr std::uint64_t mended = first + 100'000'000 + 5;
  HOLDS(dgram::detail::may_spoil_equal_runs(text) == (version >= first && version < mended));
}

}  // namespace

void test_one_input(std::span<const std::uint8_t> bytes) {
  Input input(bytes);
  switch (input.byte()) {
    case 'p':
      return take_passed(input);
    case 'c':
      return take_link(input);
    case 'd':
      return read_disabled(input.rest());
    case 'k':
      return read_release(input.rest());
    default:
      return;
  }
}

}  // namespace fuzz_environment
