// The real Node: where it is, and how a child becomes it.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "../support/child.hpp"

namespace bench::node {

/// Why it cannot run; empty when it can.
inline std::string why_missing(const std::string& executable) {
  if (executable.empty()) return "no --node PATH and no DGRAM_BENCH_NODE";
  if (::access(executable.c_str(), X_OK) != 0) return "cannot execute " + executable;
  return {};
}

/// Descriptors are for one process, unless it hands them on.
inline void hand_on(int descriptor) {
  const int flags = ::fcntl(descriptor, F_GETFD);
  if (flags < 0 || ::fcntl(descriptor, F_SETFD, flags & ~FD_CLOEXEC) != 0) throw_errno("fcntl");
}

/// Becomes Node with a script of bench/node.
[[noreturn]] inline void become(const std::string& executable,
                                const std::string& script,
                                const std::vector<std::string>& arguments) {
  const std::string path = std::string(DGRAM_BENCH_NODE_SCRIPTS) + '/' + script;
  std::vector<std::string> words = {executable, path};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  ::execv(executable.c_str(), argv.data());
  throw_errno("cannot execute " + executable);
}

}  // namespace bench::node
