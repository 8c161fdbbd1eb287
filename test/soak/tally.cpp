#include "tally.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <dgram/descriptor.hpp>
#include <system_error>

namespace soak {

namespace {

constexpr std::uint32_t ours = 0x50414b21;

void put(std::span<std::byte> at, std::uint32_t value) {
  for (std::size_t i = 0; i < 4; ++i) at[i] = static_cast<std::byte>(value >> (24 - 8 * i));
}

std::uint32_t get(std::span<const std::byte> at) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) value = value << 8 | std::to_integer<std::uint32_t>(at[i]);
  return value;
}

std::byte filler(std::uint32_t number) {
  return static_cast<std::byte>(number * 7);
}

}  // namespace

Tally Tally::make(const std::string& path) {
  return Tally(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC);
}

Tally Tally::open(const std::string& path) {
  return Tally(path, O_RDWR | O_CLOEXEC);
}

Tally::Tally(const std::string& path, int flags) : path_(path) {
  const dgram::Descriptor file(::open(path.c_str(), flags, 0600));
  if (!file || ((flags & O_CREAT) != 0 && ::ftruncate(file.get(), sizeof(Shared)) != 0))
    throw std::system_error(errno, std::generic_category(), path);
  void* memory = ::mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED, file.get(), 0);
  if (memory == MAP_FAILED) throw std::system_error(errno, std::generic_category(), "mmap");
  shared_ = static_cast<Shared*>(memory);  // a new file is zeros, and so are these
}

Tally::~Tally() {
  ::munmap(shared_, sizeof(Shared));
}

void Tally::begin(std::uint32_t turn) {
  shared_->turn = turn;
  shared_->received = shared_->doubled = shared_->strange = 0;
  for (std::atomic<std::uint8_t>& each : shared_->seen) each.store(0, std::memory_order_relaxed);
}

void Tally::write(std::uint32_t number, std::span<std::byte> datagram) const {
  put(datagram, ours);
  put(datagram.subspan(4), shared_->turn);
  put(datagram.subspan(number_offset), number);
  put(datagram.subspan(12), static_cast<std::uint32_t>(datagram.size()));
  const std::span<std::byte> rest = datagram.subspan(least_size);
  std::fill(rest.begin(), rest.end(), filler(number));
}

void Tally::tick(std::span<const std::byte> datagram) {
  const auto is_whole = [&] {
    if (datagram.size() < least_size || get(datagram) != ours ||
        get(datagram.subspan(4)) != shared_->turn || get(datagram.subspan(12)) != datagram.size())
      return false;
    const std::uint32_t number = get(datagram.subspan(number_offset));
    const std::span<const std::byte> rest = datagram.subspan(least_size);
    if (number >= most) return false;
    // All are the same when each is as the one before it.
    return rest.empty() || (rest.front() == filler(number) &&
                            std::memcmp(rest.data(), rest.data() + 1, rest.size() - 1) == 0);
  };
  if (!is_whole())
    ++shared_->strange;
  else if (shared_->seen[get(datagram.subspan(number_offset))]++ == 0)
    ++shared_->received;
  else
    ++shared_->doubled;
}

}  // namespace soak
