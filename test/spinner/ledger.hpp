// Who has sent which datagram to whom, and whether it arrived: once, unchanged, in its order.
//
// A datagram of 16 bytes or more carries its number. The numbers of an epoch, from one quiescent
// point to the next, are a page of records. A smaller one is anonymous: it is only counted.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace spinner {

/// Why a datagram to a kernel socket may be missing although nobody has dropped and counted it.
enum class Excuse : unsigned {
  ended = 1,         ///< The socket was closed; what the kernel still had is gone.
  port_changed = 2,  ///< Its former port is nobody's.
  peer_changed = 4,  ///< It was connected or disconnected: the kernel takes the peer's only.
  stopped = 8,       ///< stop_receiving(): what the kernel has cannot be received.
  device = 16,       ///< bind_to_device(): it hears by another interface than the loopback.
  odd_way = 32       ///< An anonymous datagram was sent to it that may not have arrived.
};

/// One kernel socket, from its bind to its close.
class Line {
 public:
  Line(std::size_t n, std::size_t of, bool is_ordered, bool takes_trains) noexcept
      : number(n), seat(of), keeps_order(is_ordered), has_trains(takes_trains) {}

  void excuse(Excuse why) noexcept { excuses.fetch_or(static_cast<unsigned>(why)); }
  bool is_excused() const noexcept { return excuses.load() != 0; }

  const std::size_t number, seat;
  /// Nothing of what it sends is overtaken on its way.
  const bool keeps_order;
  /// The kernel counts a train that it drops as one.
  const bool has_trains;

  std::atomic<unsigned> excuses = 0;  ///< Of this epoch.
  std::atomic<bool> has_ended = false;
  std::atomic<std::int64_t> anonymous = 0;     ///< Accepted for it, less those that came.
  std::atomic<std::int64_t> unrecognized = 0;  ///< Cut before the end of their number.

  // At home, and at quiescent points.
  Line* peer = nullptr;  ///< Connected to it since before this epoch, if peer_changed is not there.
  std::uint64_t drops = 0, drops_before = 0;
  std::unordered_map<std::size_t, std::uint32_t> newest;  ///< By the number of the sender's line.
};

class Ledger {
 public:
  static constexpr std::size_t smallest_numbered = 16;

  /// What a datagram of a Part begins with: 16 bytes or more. It may come to a seat that has got
  /// the port of one of the part's sockets, and is nothing to the ledger.
  static constexpr std::uint32_t part_mark = 0x9a27c4e3;

  /// A datagram that was handed to the library.
  struct Sent {
    std::uint32_t number = 0;  ///< 0: anonymous.
    Line* target = nullptr;
    std::size_t size = 0;
  };
  enum class Result { accepted, refused, unknown };
  /// How it is sent.
  struct Way {
    bool is_judged = true;   ///< It must arrive, or be counted.
    bool is_ordered = true;  ///< It is sent in the order in which its number was drawn.
    bool to_peer = false;    ///< To the connected one, which may be another one by then.
  };

  Ledger();

  Line& new_line(std::size_t seat, bool keeps_order, bool has_trains);

  /// For what is sent to nobody of ours.
  Line& nowhere() noexcept { return *nowhere_; }

  /// Numbers a datagram, and fills it.
  Sent write(std::span<std::byte> bytes, const Line* sender, Line& target, Way way);

  /// It may not arrive after all.
  void forgive(const Sent& sent);

  /// What the library said about it.
  void book(const Sent& sent, Result result);

  /// What the library has delivered.
  /// @param is_prompt In the handler that it was delivered to, so that the order can be judged.
  /// @param where For messages.
  void arrive(Line* here,
              std::span<const std::byte> bytes,
              std::size_t full_size,
              bool is_prompt,
              const std::string& where);

  /// What is still missing, in words; empty when every datagram has arrived or is accounted for.
  /// Nothing may be under way.
  std::string missing();

  /// The next epoch begins.
  void turn_page();

  std::uint64_t numbered() const noexcept { return numbered_; }

 private:
  struct Record {
    std::atomic<std::uint8_t> state{0};
    bool is_judged = false, is_ordered = false, to_peer = false;
    std::uint32_t size = 0;
    Line* target = nullptr;
    const Line* sender = nullptr;
  };
  struct Page {
    std::uint32_t epoch = 0;
    std::atomic<std::uint32_t> used = 0;
    std::unique_ptr<Record[]> records;
  };

  Record* find(std::uint32_t epoch, std::uint32_t number);
  /// What there is to say of a datagram that is missing.
  std::string example(std::uint32_t number) const;

  static constexpr std::uint32_t page_size = 1 << 18;
  std::array<Page, 2> pages_;
  Page* page_ = &pages_[0];
  std::uint64_t numbered_ = 0;
  std::mutex mutex_;
  std::deque<Line> lines_;
  Line* nowhere_ = nullptr;
};

}  // namespace spinner
