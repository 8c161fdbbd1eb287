#include "spinner/scale_part.hpp"

#include <chrono>
#include <cstring>
#include <string>
#include <thread>
#include <utility>

#include "spinner/fail.hpp"
#include "spinner/ledger.hpp"
#include "spinner/reached.hpp"

namespace spinner {

using namespace std::chrono_literals;

namespace {

struct ShardHeader {
  std::uint32_t mark, number, size, failure, key, spare;
};
static_assert(sizeof(ShardHeader) == ShardBook::header_size);
static_assert(offsetof(ShardHeader, key) == ShardBook::key_offset);

constexpr std::uint32_t no_failure = 99;

std::byte shard_pattern_at(std::uint32_t number, std::size_t place) noexcept {
  return static_cast<std::byte>(number * 41 + place * 13);
}

asio::awaitable<void> serve_shard(std::shared_ptr<ShardBook> book, dgram::Shard& shard) {
  dgram::Socket& socket = CALL(Shard, shard, socket);
  if (CALL(Shard, shard, get_executor) != CALL(Shard, shard, context).get_executor())
    fail("a shard has another executor than its context");
  for (;;) {
    const dgram::Datagram datagram = co_await socket.recv();
    static_cast<void>(CALL(Shard, shard, is_stopping));
    book->arrive(CALL(Shard, shard, index), datagram.data());
  }
}

}  // namespace

// ---- the book

void ShardBook::write(std::span<std::byte> bytes,
                      std::uint32_t key,
                      std::optional<dgram::AfterFailure> failure) {
  const std::lock_guard lock(mutex_);
  Record& record = records_.emplace_back();
  record.size = bytes.size();
  ++sent_;
  ShardHeader header{};
  header.mark = Ledger::part_mark;
  header.number = static_cast<std::uint32_t>(records_.size());
  header.size = static_cast<std::uint32_t>(bytes.size());
  header.failure = failure ? static_cast<std::uint32_t>(*failure) : no_failure;
  header.key = key;
  std::memcpy(bytes.data(), &header, sizeof header);
  for (std::size_t i = sizeof header; i < bytes.size(); ++i)
    bytes[i] = shard_pattern_at(header.number, i);
}

void ShardBook::belongs_to(std::optional<std::size_t> shard) {
  const std::lock_guard lock(mutex_);
  records_.back().shard = shard;
}

void ShardBook::refused() {
  const std::lock_guard lock(mutex_);
  if (records_.back().arrived)
    fail("a datagram has come to a shard, and its sender was told that it was not sent");
  records_.back().sent = false;
  --sent_;
}

void ShardBook::arrive(std::size_t shard, std::span<const std::byte> bytes) {
  ShardHeader header{};
  if (bytes.size() >= sizeof header) std::memcpy(&header, bytes.data(), sizeof header);
  if (header.mark != Ledger::part_mark) return;  // to somebody who had the port before
  const std::string what =
      "datagram " + std::to_string(header.number) + " to shard " + std::to_string(shard);
  {
    const std::lock_guard lock(mutex_);
    if (header.number == 0 || header.number > records_.size()) return;
    Record& record = records_[header.number - 1];
    if (bytes.size() != record.size || header.size != record.size) fail(what + " has another size");
    for (std::size_t i = sizeof header; i < bytes.size(); ++i)
      if (bytes[i] != shard_pattern_at(header.number, i)) fail(what + " has changed");
    if (std::exchange(record.arrived, true)) fail(what + " has come twice");
    if (!record.sent) fail(what + " has come, and was not sent");
    if (record.shard && *record.shard != shard)
      fail(what + " belongs to shard " + std::to_string(*record.shard));
    ++arrived_;
  }
  if (header.failure != no_failure)
    throw ShardFailure{static_cast<dgram::AfterFailure>(header.failure)};
}

std::size_t ShardBook::sent() {
  const std::lock_guard lock(mutex_);
  return sent_;
}

std::size_t ShardBook::arrived() {
  const std::lock_guard lock(mutex_);
  return arrived_;
}

// ---- the group

void ScalePart::begin(const dgram::ShardGroupOptions& options, End end_of_former) {
  end(end_of_former);
  if (!sender_) {
    sender_ = std::make_unique<dgram::Socket>(context_);
    sender_->bind(dgram::Endpoint(asio::ip::address_v4::loopback(), 0));
  }
  book_ = std::make_shared<ShardBook>();
  is_ended_ = false;
  dgram::ShardGroupOptions own = options;
  own.on_failure = [book = book_](std::size_t index, const std::exception_ptr& failure) {
    try {
      std::rethrow_exception(failure);
    } catch (const ShardFailure& asked) {
      if (asked.what == dgram::AfterFailure::leave_shard) book->left[index] = true;
      if (asked.what == dgram::AfterFailure::stop_group) book->has_stopped = true;
      return asked.what;
    } catch (const std::exception& other) {
      fail("the service of shard " + std::to_string(index) + " fails with " + other.what());
    }
  };
  const dgram::ShardService service = [book = book_](dgram::Shard& shard) {
    return serve_shard(book, shard);
  };
  const dgram::Endpoint local(asio::ip::address_v4::loopback(), 0);
  group_ = std::make_unique<dgram::ShardGroup>(local, service, own);
  if (CALL(ShardGroup, *group_, size) != options.shards ||
      !CALL(ShardGroup, *group_, has, options.shards - 1) ||
      CALL(ShardGroup, *group_, has, options.shards))
    fail("a group has another number of shards than was asked for");
}

void ScalePart::send(std::size_t size,
                     std::uint32_t key,
                     std::optional<dgram::AfterFailure> failure) {
  std::vector<std::byte> bytes(ShardBook::header_size + size);
  book_->write(bytes, key, failure);
  book_->belongs_to(CALL(ShardGroup, *group_, shard_of, bytes));
  std::error_code ec;
  sender_->try_send(bytes, CALL(ShardGroup, *group_, local_endpoint), ec);
  if (ec) book_->refused();
  if (!ec && failure == dgram::AfterFailure::stop_group) is_ended_ = true;
}

/// Datagrams that the group says it has lost.
std::size_t ScalePart::counted() {
  const dgram::Stats stats = CALL(ShardGroup, *group_, stats);
  return static_cast<std::size_t>(stats.kernel_drops + stats.discarded_at_close);
}

void ScalePart::await_arrival() {
  const auto limit = std::chrono::steady_clock::now() + 20s;
  while (book_->arrived() + counted() < book_->sent()) {
    if (std::chrono::steady_clock::now() > limit)
      fail("lost: " + std::to_string(book_->sent() - book_->arrived()) + " datagrams to shards");
    for (std::size_t i = 0; i < CALL(ShardGroup, *group_, size); ++i)
      if (CALL(ShardGroup, *group_, has, i) && book_->left[i].exchange(false))
        CALL(ShardGroup, *group_, restart, i);
    std::this_thread::sleep_for(200us);
  }
}

void ScalePart::end(End how) {
  if (!group_) return;
  if (!is_ended_) await_arrival();
  if (how == End::destroyed) {
    group_.reset();
    return;
  }
  if (how == End::drained)
    CALL(ShardGroup, *group_, drain);
  else
    CALL(ShardGroup, *group_, stop);
  bool has_thrown = false;
  try {
    CALL(ShardGroup, *group_, join);
  } catch (const ShardFailure&) {
    has_thrown = true;
  }
  if (has_thrown != book_->has_stopped)
    fail(has_thrown ? "a group throws a failure that has not stopped it"
                    : "a failure has stopped a group, and it does not say so");
  if (book_->arrived() + counted() < book_->sent())
    fail("a group has ended, and does not count " +
         std::to_string(book_->sent() - book_->arrived() - counted()) + " datagrams");
  group_.reset();
}

void ScalePart::end_operations() {
  const std::lock_guard lock(mutex);
  end(End::stopped);
}

}  // namespace spinner
