// Descriptors of this process: whether they are open, how many there are, and one that closes
// itself.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <filesystem>
#include <iterator>
#include <string>
#include <system_error>
#include <utility>

namespace test {

inline bool is_open(int fd) {
  return ::fcntl(fd, F_GETFD) != -1;
}

inline bool is_nonblocking(int fd) {
  return (::fcntl(fd, F_GETFL) & O_NONBLOCK) != 0;
}

/// Of this process, and one more: that of the look at them.
inline std::ptrdiff_t open_descriptors() {
  return std::distance(std::filesystem::directory_iterator("/proc/self/fd"),
                       std::filesystem::directory_iterator());
}

/// A descriptor that closes itself, unless it was given away.
class Descriptor {
 public:
  /// Throws the system's error, about `what`, where there is none.
  explicit Descriptor(int fd, const std::string& what = "a descriptor") : fd_(fd) {
    if (fd < 0) throw std::system_error(errno, std::generic_category(), what);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor(Descriptor&& other) noexcept : fd_(other.give()) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const noexcept { return fd_; }
  int give() noexcept { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

}  // namespace test
