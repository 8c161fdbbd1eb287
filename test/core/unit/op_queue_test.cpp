// The queue of pending operations: order, removal from any place, and the sums that are read from
// outside.
#include <chrono>
#include <core/socket/op_queue.hpp>
#include <memory>
#include <support/catch2.hpp>
#include <vector>

namespace unit_op_queue_test {

using dgram::TimePoint;
using dgram::detail::Op;
using dgram::detail::OpQueue;

namespace {

class PlainOp final : public Op {
 public:
  explicit PlainOp(std::size_t bytes = 0)
      : Op(dgram::detail::CoreRef(), dgram::Event::write), bytes_(bytes) {}
  bool attempt() override { return false; }
  void expire() override {}
  dgram::detail::SendRequest* as_send() noexcept override { return nullptr; }
  std::size_t bytes() const noexcept override { return bytes_; }
  void complete() override {}
  void post(bool) override {}
  void hop() override {}
  void destroy() noexcept override {}

 private:
  std::size_t bytes_;
};

std::vector<const Op*> content(const OpQueue& queue) {
  std::vector<const Op*> ops;
  for (const Op* op = queue.front(); op; op = op->next) ops.push_back(op);
  return ops;
}

}  // namespace

TEST_CASE("operations leave the queue in the order they came", "[unit][op_queue]") {
  PlainOp a, b, c;
  OpQueue queue;
  CHECK(queue.empty());
  for (Op* op : {&a, &b, &c}) queue.push(*op);
  for (Op* expected : {&a, &b, &c}) {
    REQUIRE(queue.front() == expected);
    queue.erase(*expected);
    CHECK(!expected->queued);
  }
  CHECK(queue.empty());
}

TEST_CASE("an operation can leave from the front, the middle and the end", "[unit][op_queue]") {
  for (std::size_t leaving = 0; leaving < 3; ++leaving) {
    std::vector<std::unique_ptr<PlainOp>> ops;
    OpQueue queue;
    for (std::size_t i = 0; i < 3; ++i) queue.push(*ops.emplace_back(std::make_unique<PlainOp>()));
    queue.erase(*ops[leaving]);
    std::vector<const Op*> expected;
    for (std::size_t i = 0; i < 3; ++i)
      if (i != leaving) expected.push_back(ops[i].get());
    CHECK(content(queue) == expected);
    CHECK(queue.size() == 2);
    // And the links are whole: the end can be found again.
    queue.push(*ops[leaving]);
    expected.push_back(ops[leaving].get());
    CHECK(content(queue) == expected);
  }
}

TEST_CASE("size, bytes and deadlines are those of the operations that are in", "[unit][op_queue]") {
  PlainOp a(10), b(200), c(0);
  b.deadline = TimePoint();
  OpQueue queue;
  queue.push(a);
  queue.push(b);
  queue.push(c);
  CHECK(queue.size() == 3);
  CHECK(queue.bytes() == 210);
  CHECK(queue.deadlines() == 1);
  queue.erase(a);
  CHECK(queue.bytes() == 200);
  queue.erase(b);
  CHECK(queue.deadlines() == 0);
  CHECK(queue.bytes() == 0);
  CHECK(queue.size() == 1);
}

TEST_CASE("operations that have expired stand by their deadlines, equal ones as they came",
          "[unit][op_queue]") {
  const auto at = [](int seconds) { return TimePoint() + std::chrono::seconds(seconds); };
  PlainOp first, second, third, early, late;
  first.deadline = second.deadline = third.deadline = at(5);
  early.deadline = at(4);
  late.deadline = at(6);
  OpQueue queue;
  for (Op* op : {&first, &late, &second, &early, &third}) queue.push_by_deadline(*op);
  CHECK(content(queue) == std::vector<const Op*>{&early, &first, &second, &third, &late});
  CHECK(queue.deadlines() == 5);
}

}  // namespace unit_op_queue_test
