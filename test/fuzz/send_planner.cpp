// Batches of any datagrams against a kernel that refuses what it likes: every datagram goes out
// once, in order, or has its error; no call has more than the kernel takes.
#include <cerrno>
#include <core/planning/send_planner.hpp>
#include <core/unit/played_runs.hpp>
#include <dgram/error.hpp>
#include <string>
#include <vector>

#include "input.hpp"

namespace fuzz_send_planner {

using fuzz::Input;

namespace {

using dgram::Endpoint;
using dgram::detail::Runs;

constexpr int reasons[] = {EIO, EINVAL, EMSGSIZE, ENOBUFS, EPERM, EHOSTUNREACH};

std::error_code any_reason(Input& input) {
  return {reasons[input.below(std::size(reasons))], std::system_category()};
}

std::size_t any_size(Input& input) {
  constexpr std::size_t most = 65507;
  switch (input.below(4)) {
    case 0:
      return std::min<std::size_t>(input.number<std::uint16_t>(), most);
    case 1:  // as many as this are as long as a run may be
      return std::min(most / input.between(1, 64) - 1 + input.below(3), most);
    default:
      return input.byte();
  }
}

void send_batch(Input& input) {
  const std::size_t count = input.between(1, 300);
  test::PlayedRuns kernel(count);
  kernel.rules.connected = input.flag();
  kernel.remembers = input.flag();
  constexpr Runs kinds[] = {Runs::any, Runs::uneven, Runs::none};
  kernel.runs.of_socket = kinds[input.below(3)];
  const Endpoint hosts[] = {dgram::make_endpoint("127.0.0.1", 9),
                            dgram::make_endpoint("127.0.0.2", 9),
                            dgram::make_endpoint("127.0.0.3", 9),
                            Endpoint()};
  if (input.flag()) kernel.refused_runs[hosts[1]] = {EIO, std::system_category()};
  if (input.flag()) {
    // Of a host that cannot be reached no datagram is too small.
    const std::error_code why = any_reason(input);
    const bool may_pass = dgram::detail::may_refuse_runs(why);
    kernel.errors[hosts[2]] = {may_pass ? input.number<std::uint16_t>() : std::size_t{0}, why};
  }
  if (input.flag()) kernel.peer_error = asio::error::connection_refused;
  // A step says how many datagrams are alike.
  std::size_t i = 0;
  while (i < count && !input.empty()) {
    const std::size_t alike = input.between(1, 70);
    const Endpoint& to = hosts[input.below(4)];
    const std::size_t size = any_size(input);
    const int dscp = input.byte() % 8 == 0 ? 1 : 0;
    const std::uint8_t incident = input.byte();
    for (const std::size_t end = std::min(count, i + alike); i < end; ++i) {
      kernel.batch[i].to = to;
      kernel.resize(i, size);
      if (dscp != 0) kernel.batch[i].options.dscp = dscp;
    }
    if (incident == 1) kernel.blocks[i - 1] = 2;
    if (incident == 2) kernel.short_here[i - 1] = true;
    if (incident >= 3 && incident < 9)
      kernel.run_refusals[i - 1] = {reasons[incident % 3], std::system_category()};
  }
  kernel.batch.resize(i);
  kernel.run();
  HOLDS(kernel.wrong() == 0);
}

void send_segments(Input& input) {
  constexpr std::size_t longest = std::size_t{1} << 20;
  static const std::vector<char> memory(longest);
  const std::size_t segment = input.between(1, 65507);
  const std::size_t size = std::min(input.number<std::uint32_t>() % longest, segment * 400);
  const Endpoint to = dgram::make_endpoint("127.0.0.1", 9);
  dgram::detail::OffloadRefusals refusals;
  dgram::detail::SendProgress progress;
  constexpr Runs kinds[] = {Runs::any, Runs::uneven, Runs::none};
  const Runs runs = kinds[input.below(3)];
  dgram::detail::RunRules rules;
  rules.of_socket = runs;
  if (input.below(2) == 0) rules.burst = 1 + input.below(20000);
  std::size_t sent_bytes = 0;
  std::size_t sent_datagrams = 0;
  std::size_t calls = 0;
  do {
    // As SendSegmentsRequest does: a planner for each call.
    dgram::detail::SegmentPlanner planner(
        asio::buffer(memory.data(), size), segment, &to, nullptr, progress, rules, &refusals);
    const std::span<const dgram::SendItem> items = planner.plan({});
    HOLDS(!items.empty() && ++calls < 3000);
    std::size_t at = sent_bytes;
    std::vector<std::size_t> ends;
    for (const dgram::SendItem& item : items) {
      HOLDS(item.buffers.size() == 1 && item.to == &to);
      HOLDS(item.buffers.front().data() == memory.data() + at);
      const bool is_run = item.segment_size != 0;
      if (is_run) {
        HOLDS(runs != Runs::none && item.segment_size == segment);
        HOLDS(runs == Runs::any || item.bytes() % segment != 0);
        HOLDS(item.bytes() <= 65507 && item.datagrams() >= 2);
        HOLDS(item.datagrams() <= dgram::max_run);
        HOLDS(rules.burst == 0 || item.bytes() + item.datagrams() * 42 <= rules.burst);
      } else {
        HOLDS(item.bytes() == std::min(segment, size - at));
      }
      at += item.bytes();
      HOLDS(at <= size && (at == size || item.bytes() % segment == 0));
      ends.push_back(at);
    }
    std::error_code ec;
    const std::size_t accepted =
        input.byte() % 4 == 0 ? input.below(items.size() + 1) : items.size();
    const bool is_run = items.front().segment_size != 0;
    if (accepted < items.size()) ec = any_reason(input);
    const bool may_go_apart = is_run && accepted == 0 && dgram::detail::may_refuse_runs(ec);
    const std::error_code given = ec;
    const auto proof = planner.settle(accepted, ec);
    HOLDS(may_go_apart ? !ec : ec == given);
    HOLDS(!proof || (accepted != 0 && proof->segment_size == segment && proof->to == &to));
    if (proof) refusals.add(*proof, {});
    if (accepted != 0) {
      for (std::size_t i = 0; i < accepted; ++i) sent_datagrams += items[i].datagrams();
      sent_bytes = ends[accepted - 1];
    }
    HOLDS(progress.next == sent_bytes);
    if (ec) return;
  } while (progress.next < size);
  HOLDS(sent_bytes == size);
  HOLDS(sent_datagrams == std::max<std::size_t>(1, (size + segment - 1) / segment));
}

}  // namespace

void test_one_input(std::span<const std::uint8_t> bytes) {
  Input input(bytes);
  if (input.flag())
    send_segments(input);
  else
    send_batch(input);
}

}  // namespace fuzz_send_planner
