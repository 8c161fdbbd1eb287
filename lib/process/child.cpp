// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0

#include "child.hpp"

#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <asio/error.hpp>
#include <cerrno>
#include <map>
#include <string_view>

extern char** environ;

DGRAM_BEGIN_NAMESPACE
namespace detail {

namespace {

std::error_code system_error(int number) noexcept {
  return {number, asio::system_category()};
}

/// The file actions and attributes for posix_spawn(3).
class SpawnSettings {
 public:
  explicit SpawnSettings(NativeHandle inherited) {
    ::posix_spawn_file_actions_init(&actions_);
    ::posix_spawnattr_init(&attributes_);
    // Duplicated onto itself, the descriptor stays open over exec, in the child only.
    if (inherited != invalid_handle)
      ::posix_spawn_file_actions_adddup2(&actions_, inherited, inherited);
    sigset_t none;
    sigset_t all;
    ::sigemptyset(&none);
    ::sigfillset(&all);
    ::posix_spawnattr_setsigmask(&attributes_, &none);
    ::posix_spawnattr_setsigdefault(&attributes_, &all);
    ::posix_spawnattr_setflags(&attributes_,
                               static_cast<short>(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF));
  }
  SpawnSettings(const SpawnSettings&) = delete;
  ~SpawnSettings() {
    ::posix_spawn_file_actions_destroy(&actions_);
    ::posix_spawnattr_destroy(&attributes_);
  }
  const posix_spawn_file_actions_t* actions() const noexcept { return &actions_; }
  const posix_spawnattr_t* attributes() const noexcept { return &attributes_; }

 private:
  posix_spawn_file_actions_t actions_;
  posix_spawnattr_t attributes_;
};

/// The environment of this process, with the variables of the command. The last value of a name
/// counts.
std::vector<std::string> environment_with(const Command& command) {
  std::map<std::string_view, std::string_view> variables;
  for (char** variable = environ; variable && *variable; ++variable) {
    const std::string_view text = *variable;
    const std::size_t end = text.find('=');
    if (end != std::string_view::npos) variables[text.substr(0, end)] = text.substr(end + 1);
  }
  for (const auto& [name, value] : command.environment) variables[name] = value;
  std::vector<std::string> result;
  for (const auto& [name, value] : variables)
    result.push_back(std::string(name).append(1, '=').append(value));
  return result;
}

/// The null-terminated array that C functions take. The texts are not changed (exec(3), RATIONALE).
std::vector<char*> pointers_to(const std::vector<std::string>& texts) {
  std::vector<char*> result;
  for (const std::string& text : texts) result.push_back(const_cast<char*>(text.c_str()));
  result.push_back(nullptr);
  return result;
}

}  // namespace

pid_t start_child(const Command& command, std::error_code& ec) {
  std::vector<std::string> arguments{command.program};
  arguments.insert(arguments.end(), command.arguments.begin(), command.arguments.end());
  const std::vector<std::string> environment = environment_with(command);
  const SpawnSettings settings(command.inherited);
  pid_t child = 0;
  const int error = ::posix_spawnp(&child,
                                   command.program.c_str(),
                                   settings.actions(),
                                   settings.attributes(),
                                   pointers_to(arguments).data(),
                                   pointers_to(environment).data());
  ec = error == 0 ? std::error_code() : system_error(error);
  return child;
}

std::optional<ChildEnd> child_end(pid_t child) noexcept {
  int status = 0;
  pid_t ended;
  do {
    ended = ::waitpid(child, &status, WNOHANG);
  } while (ended < 0 && errno == EINTR);
  if (ended == 0) return std::nullopt;
  if (ended < 0) return ChildEnd{-1, 0};
  if (WIFSIGNALED(status)) return ChildEnd{0, WTERMSIG(status)};
  return ChildEnd{WEXITSTATUS(status), 0};
}

std::error_code signal_child(pid_t child, int signal) noexcept {
  return ::kill(child, signal) == 0 ? std::error_code() : system_error(errno);
}

}  // namespace detail
DGRAM_END_NAMESPACE
