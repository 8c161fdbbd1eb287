// What was sent at a place and what has become of it; the ledger of all places.
#pragma once

#include <cstdint>
#include <map>
#include <ostream>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace soak {

/// Of one turn, or of all turns of a place.
struct Account {
  std::uint64_t accepted = 0;  ///< A send has succeeded.
  /// By code: these were not sent, and somebody was told.
  std::map<std::string, std::uint64_t> refused;

  std::uint64_t received = 0;  ///< Each once.
  std::uint64_t doubled = 0;
  std::uint64_t strange = 0;  ///< Received, and not what was sent.

  // Not received, and counted:
  std::uint64_t kernel_drops = 0;        ///< Stats::kernel_drops
  std::uint64_t discarded_at_close = 0;  ///< Stats::discarded_at_close
  std::uint64_t unheard = 0;             ///< node::Stats::unheard_messages
  /// A worker that is killed loses what it has in its hands: at most so many.
  std::uint64_t may_be_in_hands = 0;
  /// Dropped on the way by a queue of this host: at most so many, of all programs together
  /// (/proc/net/softnet_stat).
  std::uint64_t may_be_in_backlog = 0;

  void refuse(const std::error_code& code, std::uint64_t count = 1);
  std::uint64_t refused_in_all() const;

  /// Accepted, and neither received nor counted exactly. Less than 0: more than was sent.
  std::int64_t missing() const noexcept;
  /// Of these, what a killed worker had in its hands.
  std::uint64_t in_hands() const noexcept;
  /// Of these, what a queue of the host has dropped.
  std::uint64_t in_backlog() const noexcept;
  /// What nobody has accounted for: 0, or something is wrong.
  std::int64_t difference() const noexcept;
};

/// The accounts of all places, and what was found wrong.
class Ledger {
 public:
  /// Adds a turn, and looks whether it is balanced.
  void add(std::string_view place, const Account& turn, std::string_view when);
  void fault(const std::string& what);
  /// After all turns: each place is to have received something.
  void close();

  bool is_balanced() const noexcept { return faults_ == 0; }
  void print(std::ostream& out) const;

 private:
  struct Sum {
    std::string place;
    Account account;
    std::uint64_t in_hands = 0;
    std::uint64_t in_backlog = 0;
    std::int64_t difference = 0;
  };
  std::vector<Sum> sums_;
  std::vector<std::string> first_faults_;
  std::uint64_t faults_ = 0;
};

}  // namespace soak
