#include "spinner/ledger.hpp"

#include <cstring>

#include "spinner/fail.hpp"

namespace spinner {

namespace {

struct Header {
  std::uint32_t mark, epoch, number, size;
};
static_assert(sizeof(Header) == Ledger::smallest_numbered);
constexpr std::uint32_t header_mark = 0x7e3e5d1b;

constexpr std::uint8_t was_accepted = 1, was_refused = 2, has_arrived = 4, is_unknown = 8;

std::byte pattern_at(std::uint32_t number, std::size_t place) noexcept {
  return static_cast<std::byte>((number * 2654435761u >> 8) + place * 31 + (place >> 8) * 7);
}

std::string name(const Header& header) {
  return "datagram " + std::to_string(header.number) + " of epoch " + std::to_string(header.epoch);
}

}  // namespace

Ledger::Ledger() {
  for (Page& page : pages_) page.records = std::make_unique<Record[]>(page_size);
  page_->epoch = 1;
  nowhere_ = &new_line(0, false, false);
  nowhere_->has_ended = true;
}

Line& Ledger::new_line(std::size_t seat, bool keeps_order, bool has_trains) {
  const std::lock_guard lock(mutex_);
  return lines_.emplace_back(lines_.size(), seat, keeps_order, has_trains);
}

Ledger::Sent Ledger::write(std::span<std::byte> bytes, const Line* sender, Line& target, Way way) {
  Sent sent{0, &target, bytes.size()};
  if (bytes.size() >= smallest_numbered) {
    const std::uint32_t index = page_->used.fetch_add(1);
    if (index >= page_size) fail("the spinner's page of records is too small");
    Record& record = page_->records[index];
    record.is_judged = way.is_judged;
    record.is_ordered = way.is_ordered;
    record.to_peer = way.to_peer;
    record.size = static_cast<std::uint32_t>(bytes.size());
    record.target = &target;
    record.sender = sender;
    record.state = 0;
    sent.number = index + 1;
    const Header header{header_mark, page_->epoch, sent.number, record.size};
    std::memcpy(bytes.data(), &header, sizeof header);
  } else if (!way.is_judged) {
    target.excuse(Excuse::odd_way);
  }
  for (std::size_t i = sent.number != 0 ? sizeof(Header) : 0; i < bytes.size(); ++i)
    bytes[i] = pattern_at(sent.number, i);
  return sent;
}

void Ledger::forgive(const Sent& sent) {
  if (sent.number != 0)
    page_->records[sent.number - 1].is_judged = false;
  else
    sent.target->excuse(Excuse::odd_way);
}

void Ledger::book(const Sent& sent, Result result) {
  if (sent.number == 0) {
    if (result == Result::accepted) ++sent.target->anonymous;
    if (result == Result::unknown) sent.target->excuse(Excuse::odd_way);
    return;
  }
  Record& record = page_->records[sent.number - 1];
  const std::uint8_t bit = result == Result::accepted  ? was_accepted
                           : result == Result::refused ? was_refused
                                                       : is_unknown;
  const std::uint8_t before = record.state.fetch_or(bit);
  if ((before & (was_accepted | was_refused | is_unknown)) != 0)
    fail("the spinner has booked a datagram twice");
  if (result == Result::refused && (before & has_arrived) != 0)
    fail("a datagram arrived of which the sender was told that it was not sent");
}

Ledger::Record* Ledger::find(std::uint32_t epoch, std::uint32_t number) {
  for (Page& page : pages_)
    if (page.epoch == epoch && number >= 1 && number <= page.used) return &page.records[number - 1];
  return nullptr;
}

void Ledger::arrive(Line* here,
                    std::span<const std::byte> bytes,
                    std::size_t full_size,
                    bool is_prompt,
                    const std::string& where) {
  if (full_size < bytes.size()) fail("a datagram is larger than it was: " + where);
  if (full_size < smallest_numbered) {
    for (std::size_t i = 0; i < bytes.size(); ++i)
      if (bytes[i] != pattern_at(0, i)) fail("an anonymous datagram has changed: " + where);
    if (here) --here->anonymous;
    return;
  }
  if (bytes.size() < sizeof(Header)) {
    if (here) ++here->unrecognized;
    return;
  }
  Header header;
  std::memcpy(&header, bytes.data(), sizeof header);
  if (header.mark == part_mark) return;
  if (header.mark != header_mark) fail("a datagram of nobody: " + where);
  Record* const record = find(header.epoch, header.number);
  if (!record) fail(name(header) + " came epochs too late: " + where);
  if (header.size != record->size || full_size != record->size)
    fail(name(header) + " has " + std::to_string(full_size) + " bytes instead of " +
         std::to_string(record->size) + ": " + where);
  for (std::size_t i = sizeof header; i < bytes.size(); ++i)
    if (bytes[i] != pattern_at(header.number, i))
      fail(name(header) + " has changed at byte " + std::to_string(i) + ": " + where);
  const std::uint8_t before = record->state.fetch_or(has_arrived);
  if ((before & has_arrived) != 0) fail(name(header) + " has come twice: " + where);
  if ((before & was_refused) != 0)
    fail(name(header) + " arrived, and the sender was told that it was not sent: " + where);
  Line& target = *record->target;
  if (&target != here) {
    const bool may_be_anothers = record->to_peer && record->sender && record->sender->is_excused();
    if (!target.has_ended && !target.is_excused() && !may_be_anothers)
      fail(name(header) + " came to another socket: " + where);
    return;
  }
  if (!is_prompt || !record->is_ordered || !record->sender || !record->sender->keeps_order) return;
  std::uint32_t& newest = here->newest[record->sender->number];
  if (header.epoch == page_->epoch) {
    if (header.number < newest)
      fail(name(header) + " came behind datagram " + std::to_string(newest) +
           " of the same sender: " + where);
    newest = header.number;
  }
}

std::string Ledger::example(std::uint32_t number) const {
  const Record& record = page_->records[number - 1];
  std::string words = ", for instance datagram " + std::to_string(number) + " of " +
                      std::to_string(page_->used) + " in this epoch, " +
                      std::to_string(record.size) + " bytes";
  if (!record.is_ordered) words += ", by name";
  if (record.to_peer) words += ", to the peer";
  if (!record.sender) return words;
  words += ", from socket " + std::to_string(record.sender->seat);
  return record.sender->has_ended ? words + ", which has ended since" : words;
}

std::string Ledger::missing() {
  struct Sum {
    std::int64_t numbered = 0;
    std::uint32_t example = 0;
  };
  std::vector<Sum> sums(lines_.size());
  for (std::uint32_t i = 0; i < page_->used; ++i) {
    const Record& record = page_->records[i];
    if (!record.is_judged || record.state != was_accepted) continue;
    if (record.to_peer && (!record.sender || record.sender->is_excused())) continue;
    const Line& target = *record.target;
    if (target.is_excused()) continue;
    if (target.peer && (record.sender != target.peer || target.peer->is_excused())) continue;
    Sum& sum = sums[target.number];
    ++sum.numbered;
    sum.example = i + 1;
  }
  std::string words;
  for (Line& line : lines_) {
    if (line.has_ended || line.is_excused()) continue;
    const Sum& sum = sums[line.number];
    std::int64_t gone = sum.numbered - line.unrecognized;
    if (!line.peer) {
      gone += line.anonymous;
      if (line.anonymous < 0) fail("more anonymous datagrams came than were sent");
    }
    const std::int64_t counted =
        static_cast<std::int64_t>(line.drops - line.drops_before) * (line.has_trains ? 64 : 1);
    if (gone > counted)
      words += "socket " + std::to_string(line.seat) + " misses " + std::to_string(gone) +
               " datagrams, of which " + std::to_string(counted) + " were counted as dropped" +
               (sum.example != 0 ? example(sum.example) : "") + "; ";
  }
  return words;
}

void Ledger::turn_page() {
  numbered_ += page_->used;
  Page& next = page_ == &pages_[0] ? pages_[1] : pages_[0];
  next.epoch = page_->epoch + 1;
  next.used = 0;
  page_ = &next;
  for (Line& line : lines_) {
    line.excuses = 0;
    line.anonymous = 0;
    line.unrecognized = 0;
    line.drops_before = line.drops;
    line.newest.clear();
  }
}

}  // namespace spinner
