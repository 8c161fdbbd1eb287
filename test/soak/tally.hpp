// Numbered datagrams, and what has come of each number: memory that all processes of the soak
// share.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace soak {

/// Where the number of a datagram is: four bytes, most significant byte first.
inline constexpr std::size_t number_offset = 8;
/// What a datagram begins with: whose it is, of which turn, its number, its size.
inline constexpr std::size_t least_size = 16;

/// What was received in a turn, by whichever thread or process.
class Tally {
 public:
  /// The numbers that a turn may give out.
  static constexpr std::uint32_t most = 1 << 21;

  /// Makes the file that is shared, and maps it.
  static Tally make(const std::string& path);
  /// Maps the file that another process has made.
  static Tally open(const std::string& path);
  Tally(const Tally&) = delete;
  ~Tally();

  const std::string& path() const noexcept { return path_; }

  /// Forgets the turn before. Nobody receives meanwhile.
  void begin(std::uint32_t turn);

  /// Makes the datagram with that number, of at least least_size bytes.
  void write(std::uint32_t number, std::span<std::byte> datagram) const;

  /// Ticks a datagram off.
  void tick(std::span<const std::byte> datagram);

  std::uint64_t received() const noexcept { return shared_->received; }  ///< Different numbers.
  std::uint64_t doubled() const noexcept { return shared_->doubled; }
  /// Of another turn, of no known number, or damaged.
  std::uint64_t strange() const noexcept { return shared_->strange; }

 private:
  struct Shared {
    std::atomic<std::uint32_t> turn;
    std::atomic<std::uint64_t> received, doubled, strange;
    std::atomic<std::uint8_t> seen[most];
  };
  static_assert(std::atomic<std::uint64_t>::is_always_lock_free);

  Tally(const std::string& path, int flags);

  std::string path_;
  Shared* shared_;
};

}  // namespace soak
