#include "account.hpp"

#include <algorithm>
#include <dgram/error.hpp>
#include <iomanip>
#include <limits>

namespace soak {

void Account::refuse(const std::error_code& code, std::uint64_t count) {
  refused[std::string(dgram::code_name(code))] += count;
}

std::uint64_t Account::refused_in_all() const {
  std::uint64_t sum = 0;
  for (const auto& [code, count] : refused) sum += count;
  return sum;
}

std::int64_t Account::missing() const noexcept {
  return static_cast<std::int64_t>(accepted) -
         static_cast<std::int64_t>(received + kernel_drops + discarded_at_close + unheard);
}

std::uint64_t Account::in_hands() const noexcept {
  return std::min(static_cast<std::uint64_t>(std::max<std::int64_t>(missing(), 0)),
                  may_be_in_hands);
}

std::uint64_t Account::in_backlog() const noexcept {
  const std::int64_t rest = missing() - static_cast<std::int64_t>(in_hands());
  return std::min(static_cast<std::uint64_t>(std::max<std::int64_t>(rest, 0)), may_be_in_backlog);
}

std::int64_t Account::difference() const noexcept {
  return missing() - static_cast<std::int64_t>(in_hands() + in_backlog());
}

void Ledger::add(std::string_view place, const Account& turn, std::string_view when) {
  const auto found =
      std::find_if(sums_.begin(), sums_.end(), [&](const Sum& s) { return s.place == place; });
  Sum& sum = found == sums_.end() ? sums_.emplace_back() : *found;
  sum.place = place;
  Account& all = sum.account;
  all.accepted += turn.accepted;
  for (const auto& [code, count] : turn.refused) all.refused[code] += count;
  all.received += turn.received;
  all.doubled += turn.doubled;
  all.strange += turn.strange;
  all.kernel_drops += turn.kernel_drops;
  all.discarded_at_close += turn.discarded_at_close;
  all.unheard += turn.unheard;
  sum.in_hands += turn.in_hands();
  sum.in_backlog += turn.in_backlog();
  sum.difference += turn.difference();

  const std::string where = std::string(place) + ", " + std::string(when) + ": ";
  if (turn.difference() != 0)
    fault(where + std::to_string(turn.difference()) + " of " + std::to_string(turn.accepted) +
          " datagrams are in no account");
  if (turn.doubled != 0) fault(where + std::to_string(turn.doubled) + " datagrams came twice");
  if (turn.strange != 0)
    fault(where + std::to_string(turn.strange) + " datagrams are not what was sent");
}

void Ledger::fault(const std::string& what) {
  constexpr std::size_t most = 20;  // what is said of more would hide the rest
  if (++faults_ <= most) first_faults_.push_back(what);
}

void Ledger::close() {
  for (const Sum& sum : sums_)
    if (sum.account.received == 0) fault(sum.place + ": nothing was received in any round");
}

void Ledger::print(std::ostream& out) const {
  const auto row = [&out](std::string_view name, const auto&... values) {
    out << std::left << std::setw(9) << name << std::right;
    ((out << std::setw(12) << values), ...);
    out << '\n';
  };
  row("place",
      "refused",
      "sent",
      "received",
      "kernel",
      "at close",
      "unheard",
      "in hands",
      "backlog",
      "difference");
  for (const Sum& sum : sums_) {
    const Account& all = sum.account;
    row(sum.place,
        all.refused_in_all(),
        all.accepted,
        all.received,
        all.kernel_drops,
        all.discarded_at_close,
        all.unheard,
        sum.in_hands,
        sum.in_backlog,
        sum.difference);
  }
  for (const Sum& sum : sums_) {
    if (sum.account.refused.empty()) continue;
    out << sum.place << " refused:";
    for (const auto& [code, count] : sum.account.refused) out << ' ' << code << ' ' << count;
    out << '\n';
  }
  for (const std::string& fault : first_faults_) out << fault << '\n';
  if (faults_ > first_faults_.size()) out << "and " << faults_ - first_faults_.size() << " more\n";
}

}  // namespace soak
