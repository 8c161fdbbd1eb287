// A kernel that takes runs, played by hand: it knows each datagram by the address of its bytes,
// checks each run, and refuses what it is told to.
#pragma once

#include <asio/error.hpp>
#include <core/planning/send_planner.hpp>
#include <dgram/batch.hpp>
#include <dgram/channel.hpp>
#include <map>
#include <vector>

namespace test {

class PlayedRuns {
 public:
  explicit PlayedRuns(std::size_t n, std::size_t size = 100)
      : bytes_(n + 65536), sent(n), in_runs(n), blocks(n), short_here(n), run_refusals(n) {
    for (std::size_t i = 0; i < n; ++i) {
      batch.emplace_back(asio::const_buffer(), dgram::make_endpoint("127.0.0.1", 9));
      resize(i, size);
    }
  }
  /// The bytes of two datagrams may overlap: nobody writes to them.
  void resize(std::size_t i, std::size_t size) {
    batch[i].bytes = asio::const_buffer(&bytes_[i], size);
  }

  /// Sends the batch as SendManyRequest does: a new planner for each call, the position kept
  /// outside.
  void run() {
    dgram::detail::SendProgress progress;
    while (progress.next < batch.size()) {
      dgram::detail::SendPlanner planner(batch, progress, rules, runs, &refusals);
      const std::span<const dgram::SendItem> items = planner.plan({});
      if (items.empty()) {
        count_rejections(planner);
        continue;
      }
      std::size_t count = 0;
      ++calls;
      const std::error_code ec = send(items, count);
      const std::optional<dgram::detail::RunRefusal> proof = planner.settle(count, ec);
      count_rejections(planner);
      accepted += planner.accepted();
      accepted_bytes += planner.accepted_bytes();
      if (!proof) continue;
      ++proofs;
      if (!expected_proof_ || proof->to != expected_proof_->to ||
          proof->segment_size != expected_proof_->segment_size ||
          proof->why != expected_proof_->why)
        ++faults;
      expected_proof_.reset();
      if (remembers) refusals.add(*proof, {});
    }
    faults += expected_proof_.has_value();
  }

  /// As Channel::send_batch(): an error belongs to items[count].
  std::error_code send(std::span<const dgram::SendItem> items, std::size_t& count) {
    for (count = 0; count < items.size(); ++count) {
      const dgram::SendItem& item = items[count];
      const std::size_t first = index_of(item);
      check(item, first);
      const std::size_t n = item.datagrams();
      for (std::size_t i = first; i < first + n; ++i) {
        if (blocks[i] > 0) {
          --blocks[i];
          return asio::error::would_block;
        }
      }
      if (const auto peer = std::exchange(peer_error, {}); peer && !item.to) {
        ++peer_errors;
        return peer;
      } else if (peer) {
        peer_error = peer;
      }
      const auto to = errors.find(batch[first].to);
      if (to != errors.end() && batch[first].bytes.size() >= to->second.first)
        return to->second.second;
      if (short_here[first] && count > 0) {
        short_here[first] = false;
        return {};
      }
      if (item.segment_size != 0) {
        faults += runs.of_socket == dgram::detail::Runs::none;
        faults +=
            runs.of_socket == dgram::detail::Runs::uneven && item.bytes() % item.segment_size == 0;
        for (std::size_t i = first; i < first + n; ++i)
          if (run_refusals[i]) return refuse(item, first, std::exchange(run_refusals[i], {}));
        const auto everyone = refused_runs.find(batch[first].to);
        if (everyone != refused_runs.end()) return refuse(item, first, everyone->second);
      } else if (pending_ == first + 1) {
        // The first of a refused run has passed alone.
        expected_proof_ =
            dgram::detail::RunRefusal{item.to, batch[first].bytes.size(), pending_why_};
        pending_ = 0;
      }
      for (std::size_t i = first; i < first + n; ++i) {
        ++sent[i];
        in_runs[i] = item.segment_size != 0;
        order.push_back(i);
      }
    }
    return {};
  }

  /// How many datagrams were not sent exactly once with result none, or have another error than
  /// that of their address; and what was out of order, or wrong with a run.
  std::size_t wrong() const {
    std::size_t count = faults;
    std::size_t good = 0;
    std::size_t bytes = 0;
    std::size_t refused_to_peer = 0;
    for (std::size_t i = 0; i < batch.size(); ++i) {
      std::error_code expected;
      const auto to = errors.find(batch[i].to);
      if (to != errors.end() && batch[i].bytes.size() >= to->second.first)
        expected = to->second.second;
      if (batch[i].to.port() == 0 && !rules.connected) expected = dgram::Errc::bad_port;
      if (batch[i].result == asio::error::connection_refused && batch[i].to.port() == 0 &&
          rules.connected) {
        ++refused_to_peer;
        count += sent[i] != 0;
        continue;
      }
      count += batch[i].result != expected;
      count += sent[i] != (expected ? 0 : 1);
      good += !expected;
      bytes += expected ? 0 : batch[i].bytes.size();
    }
    for (std::size_t i = 1; i < order.size(); ++i) count += order[i] <= order[i - 1];
    return count + (accepted != good) + (accepted_bytes != bytes) +
           (refused_to_peer != peer_errors);
  }
  std::size_t datagrams_in_runs() const {
    std::size_t count = 0;
    for (const char one : in_runs) count += one != 0;
    return count;
  }

  dgram::detail::SendRules rules{dgram::Family::ipv4};
  dgram::detail::RunRules runs = all_runs();
  dgram::detail::OffloadRefusals refusals;
  std::vector<dgram::Outgoing> batch;

 private:
  void count_rejections(const dgram::detail::SendPlanner& planner) {
    if (!planner.rejections()) return;
    for (const dgram::ErrorCount& one : planner.rejections()->counts) rejected += one.count;
  }
  static dgram::detail::RunRules all_runs() {
    dgram::detail::RunRules all;
    all.of_socket = dgram::detail::Runs::any;
    return all;
  }
  std::size_t index_of(const dgram::SendItem& item) const {
    return static_cast<std::size_t>(static_cast<const char*>(item.buffers.front().data()) -
                                    bytes_.data());
  }
  std::error_code refuse(const dgram::SendItem& item,
                         std::size_t first,
                         const std::error_code& why) {
    ++refused;
    faults += item.datagrams() < 2;
    pending_ = first + 1;
    pending_why_ = why;
    return why;
  }
  /// What SendItem promises.
  void check(const dgram::SendItem& item, std::size_t first) {
    const dgram::Outgoing& head = batch[first];
    const std::size_t n = item.buffers.size();
    faults += item.segment_size == 0 ? n != 1 : n < 2 || n > dgram::max_run;
    faults += item.datagrams() != n;
    faults += item.segment_size != 0 && item.bytes() > 65507;
    for (std::size_t k = 0; k < n; ++k) {
      const dgram::Outgoing& one = batch[first + k];
      const asio::const_buffer& piece = item.buffers[k];
      faults += piece.data() != one.bytes.data() || piece.size() != one.bytes.size();
      faults += one.to != head.to || one.options != head.options;
      if (item.segment_size == 0) continue;
      faults += k + 1 < n ? piece.size() != item.segment_size
                          : piece.size() > item.segment_size || piece.size() == 0;
    }
    faults += item.to ? *item.to != head.to : head.to.port() != 0;
    faults += item.options ? *item.options != head.options : !head.options.empty();
  }

  std::vector<char> bytes_;
  std::size_t pending_ = 0;  // one more than the first datagram of the run that was refused last
  std::error_code pending_why_;
  std::optional<dgram::detail::RunRefusal> expected_proof_;

 public:
  std::vector<int> sent;
  std::vector<char> in_runs;
  // What is to happen.
  std::vector<int> blocks;
  std::vector<char> short_here;
  std::vector<std::error_code> run_refusals;  ///< To the first run that the datagram is in; once.
  std::map<dgram::Endpoint, std::error_code> refused_runs;
  /// To that address, from that size on.
  std::map<dgram::Endpoint, std::pair<std::size_t, std::error_code>> errors;
  std::error_code peer_error;  ///< Of the connected peer, for one send.
  bool remembers = true;       ///< Proofs are kept in `refusals`.
  // What has happened.
  std::vector<std::size_t> order;
  std::size_t peer_errors = 0;
  std::size_t accepted = 0;
  std::size_t accepted_bytes = 0;
  std::uint64_t rejected = 0;
  std::size_t calls = 0;
  std::size_t refused = 0;
  std::size_t proofs = 0;
  std::size_t faults = 0;
};

}  // namespace test
