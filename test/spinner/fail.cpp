#include "spinner/fail.hpp"

#include <unistd.h>

namespace spinner {

void fail(const std::string& what) {
  const std::string line = "spinner: broken: " + what + '\n';
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, line.data(), line.size());
  ::_exit(exit_when_broken);
}

}  // namespace spinner
