// The send planner against a kernel that is played by hand: every datagram gets exactly its own
// result.
#include <asio/error.hpp>
#include <core/planning/send_planner.hpp>
#include <dgram/error.hpp>
#include <random>
#include <support/catch2.hpp>
#include <vector>

namespace unit_send_planner_test {

using dgram::Endpoint;
using dgram::Outgoing;
using dgram::SendItem;
using dgram::detail::SendPlanner;
using dgram::detail::SendProgress;
using dgram::detail::SendRules;

namespace {

const SendRules rules{dgram::Family::ipv4, false};
const Endpoint good_address = dgram::make_endpoint("127.0.0.1", 9);
const Endpoint bad_address = dgram::make_endpoint("127.0.0.1", 0);

/// Knows each datagram by the address of its bytes, and what is to happen to it.
class PlayedKernel {
 public:
  explicit PlayedKernel(std::size_t n)
      : bytes_(n, 'x'), sent(n), blocks(n), errors(n), short_here(n) {
    for (std::size_t i = 0; i < n; ++i)
      batch.emplace_back(asio::buffer(&bytes_[i], 1), good_address);
  }

  /// As Channel::send_batch(): an error belongs to items[count].
  std::error_code send(std::span<const SendItem> items, std::size_t& count) {
    ++calls;
    for (count = 0; count < items.size(); ++count) {
      const std::size_t i = index_of(items[count]);
      if (blocks[i] > 0) {
        --blocks[i];
        return asio::error::would_block;
      }
      if (errors[i]) return errors[i];
      if (short_here[i] && count > 0) {
        short_here[i] = false;
        return {};
      }
      ++sent[i];
      order.push_back(i);
    }
    return {};
  }

  /// Sends the batch as SendManyRequest does: a new planner after each wait, the position kept
  /// outside.
  void run() {
    SendProgress progress;
    bool going = true;
    while (going) {
      SendPlanner planner(batch, progress, rules, {}, nullptr);
      going = false;
      for (std::span<const SendItem> items = planner.plan({}); !items.empty();
           items = planner.plan({})) {
        std::size_t count = 0;
        const std::error_code ec = send(items, count);
        planner.settle(count, ec);
        if (dgram::detail::is_would_block(ec)) {
          going = true;
          break;
        }
      }
      accepted += planner.accepted();
      if (planner.rejections())
        for (const dgram::ErrorCount& refusal : planner.rejections()->counts)
          refused += refusal.count;
    }
    finished = progress.next == batch.size();
  }

  /// What is wrong with the outcome: 0 when every datagram was sent once or has its own error.
  std::size_t wrong() const {
    std::size_t count = !finished;
    std::size_t expected_accepted = 0;
    for (std::size_t i = 0; i < batch.size(); ++i) {
      std::error_code expected = errors[i];
      if (batch[i].to.port() == 0) expected = dgram::Errc::bad_port;
      count += batch[i].result != expected;
      count += sent[i] != (expected ? 0 : 1);
      expected_accepted += !expected;
    }
    for (std::size_t i = 1; i < order.size(); ++i) count += order[i] <= order[i - 1];
    return count + (accepted != expected_accepted);
  }

  std::vector<Outgoing> batch;

 private:
  std::size_t index_of(const SendItem& item) const {
    return static_cast<std::size_t>(static_cast<const char*>(item.buffers.front().data()) -
                                    bytes_.data());
  }
  std::vector<char> bytes_;

 public:
  std::vector<int> sent;
  std::vector<int> blocks;
  std::vector<std::error_code> errors;
  std::vector<char> short_here;
  std::vector<std::size_t> order;
  std::size_t accepted = 0;
  std::uint64_t refused = 0;
  std::size_t calls = 0;
  bool finished = false;
};

/// Runs a batch of each size with one incident at each place; returns how many outcomes were wrong.
template <class Incident>
std::size_t everywhere(Incident incident) {
  std::size_t wrong = 0;
  for (std::size_t n = 1; n <= 100; ++n) {
    for (std::size_t at = 0; at < n; ++at) {
      PlayedKernel kernel(n);
      incident(kernel, at);
      kernel.run();
      wrong += kernel.wrong();
    }
  }
  return wrong;
}

}  // namespace

TEST_CASE("an empty batch is finished at once", "[unit][planner]") {
  SendProgress progress;
  SendPlanner planner({}, progress, rules, {}, nullptr);
  CHECK(planner.plan({}).empty());
  CHECK(planner.accepted() == 0);
}

TEST_CASE("batches of 1 to 100 datagrams are sent whole, once each, in order", "[unit][planner]") {
  CHECK(everywhere([](PlayedKernel&, std::size_t) {}) == 0);
}

TEST_CASE("a batch needs no more calls than its size over the largest call", "[unit][planner]") {
  PlayedKernel kernel(100);
  kernel.run();
  CHECK(kernel.calls == (100 + SendPlanner::max_items - 1) / SendPlanner::max_items);
}

TEST_CASE("a datagram that the rules refuse, at any place, has its own error and stops nobody",
          "[unit][planner]") {
  CHECK(everywhere(
            [](PlayedKernel& kernel, std::size_t at) { kernel.batch[at].to = bad_address; }) == 0);
}

TEST_CASE("a datagram that the kernel refuses, at any place, has its own error and stops nobody",
          "[unit][planner]") {
  for (const std::error_code ec : {std::error_code(asio::error::message_size),
                                   std::error_code(asio::error::no_buffer_space),
                                   std::error_code(asio::error::connection_refused)})
    CHECK(everywhere([ec](PlayedKernel& kernel, std::size_t at) { kernel.errors[at] = ec; }) == 0);
}

TEST_CASE("would_block at any place is followed by the rest, nothing twice and nothing skipped",
          "[unit][planner]") {
  CHECK(everywhere([](PlayedKernel& kernel, std::size_t at) { kernel.blocks[at] = 1; }) == 0);
  CHECK(everywhere([](PlayedKernel& kernel, std::size_t at) { kernel.blocks[at] = 3; }) == 0);
}

TEST_CASE("a short count without an error, at any place, is followed by the rest",
          "[unit][planner]") {
  CHECK(everywhere([](PlayedKernel& kernel, std::size_t at) { kernel.short_here[at] = true; }) ==
        0);
}

TEST_CASE("any mixture of incidents leaves every datagram with exactly its own result",
          "[unit][planner]") {
  std::mt19937 random(20240607);
  std::size_t wrong = 0;
  for (int round = 0; round < 3000; ++round) {
    PlayedKernel kernel(1 + random() % 100);
    for (std::size_t i = 0; i < kernel.batch.size(); ++i) {
      switch (random() % 8) {
        case 0:
          kernel.batch[i].to = bad_address;
          break;
        case 1:
          kernel.errors[i] = asio::error::host_unreachable;
          break;
        case 2:
          kernel.blocks[i] = 1 + static_cast<int>(random() % 2);
          break;
        case 3:
          kernel.short_here[i] = true;
          break;
        default:
          break;
      }
    }
    kernel.run();
    wrong += kernel.wrong();
  }
  CHECK(wrong == 0);
}

TEST_CASE("what was not attempted says operation_aborted", "[unit][planner]") {
  PlayedKernel kernel(40);
  for (Outgoing& one : kernel.batch)
    one.result = {};  // what an earlier use of the record left there
  SendProgress progress;
  SendPlanner planner(kernel.batch, progress, rules, {}, nullptr);
  REQUIRE(planner.plan({}).size() == SendPlanner::max_items);
  planner.settle(3, asio::error::would_block);
  CHECK(progress.next == 3);
  for (std::size_t i = 0; i < SendPlanner::max_items; ++i) {
    INFO(i);
    CHECK(kernel.batch[i].result ==
          (i < 3 ? std::error_code() : std::error_code(asio::error::operation_aborted)));
  }
}

TEST_CASE("accepted bytes are those of the accepted datagrams", "[unit][planner]") {
  const std::string bytes(100, 'x');
  std::vector<Outgoing> batch;
  for (const std::size_t size : std::initializer_list<std::size_t>{10, 20, 30})
    batch.emplace_back(asio::buffer(bytes.data(), size), good_address);
  SendProgress progress;
  SendPlanner planner(batch, progress, rules, {}, nullptr);
  REQUIRE(planner.plan({}).size() == 3);
  planner.settle(2, asio::error::message_size);
  CHECK(planner.accepted() == 2);
  CHECK(planner.accepted_bytes() == 30);
  CHECK(planner.plan({}).empty());
}

TEST_CASE("EAGAIN and EINTR mean later, every other error means no", "[unit][planner]") {
  using dgram::detail::is_would_block;
  CHECK(is_would_block(asio::error::would_block));
  CHECK(is_would_block(asio::error::try_again));
  CHECK(is_would_block(asio::error::interrupted));
  CHECK(!is_would_block({}));
  CHECK(!is_would_block(asio::error::no_buffer_space));
  CHECK(!is_would_block(asio::error::no_memory));
  CHECK(!is_would_block(dgram::Errc::queue_full));
}

TEST_CASE("on a connected socket port 0 means the peer, another port means that address",
          "[unit][planner]") {
  const std::string byte = "x";
  std::vector<Outgoing> batch;
  batch.emplace_back(asio::buffer(byte), Endpoint());
  batch.emplace_back(asio::buffer(byte), good_address);
  SendProgress progress;
  SendPlanner planner(batch, progress, SendRules{dgram::Family::ipv4, true}, {}, nullptr);
  const std::span<const SendItem> items = planner.plan({});
  REQUIRE(items.size() == 2);
  CHECK(items[0].to == nullptr);
  REQUIRE(items[1].to != nullptr);
  CHECK(*items[1].to == good_address);
}

TEST_CASE("an item carries its datagram's options, and none when there are none",
          "[unit][planner]") {
  PlayedKernel kernel(2);
  kernel.batch[1].options.dscp = 46;
  SendProgress progress;
  SendPlanner planner(kernel.batch, progress, rules, {}, nullptr);
  const std::span<const SendItem> items = planner.plan({});
  REQUIRE(items.size() == 2);
  CHECK(items[0].options == nullptr);
  REQUIRE(items[1].options != nullptr);
  CHECK(items[1].options->dscp == 46);
}

// Each refused datagram is one in Stats::send_errors. A batch that is planned again after a wait or
// an error has looked at some twice.
TEST_CASE("a refused datagram is counted once, however often the batch behind it is planned again",
          "[unit][planner]") {
  PlayedKernel blocked(10);
  blocked.batch[5].to = bad_address;
  blocked.blocks[2] = 2;
  blocked.run();
  CHECK(blocked.wrong() == 0);
  CHECK(blocked.refused == 1);

  PlayedKernel failed(10);
  failed.batch[5].to = bad_address;
  failed.errors[2] = asio::error::message_size;
  failed.run();
  CHECK(failed.wrong() == 0);
  CHECK(failed.refused == 1);  // that of the kernel is counted with the call
}

}  // namespace unit_send_planner_test
