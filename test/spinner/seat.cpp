#include "spinner/seat.hpp"

#include <algorithm>

#include "spinner/channels.hpp"
#include "spinner/fail.hpp"

namespace spinner {

namespace {

constexpr std::size_t most_operations = 12;
/// What a full batch of the largest trains brings.
constexpr std::uint64_t most_held = 64 * 64;

/// "::ffff:a.b.c.d" and a.b.c.d are one.
dgram::Endpoint plain(const dgram::Endpoint& endpoint) {
  const asio::ip::address address = endpoint.address();
  if (!address.is_v6() || !address.to_v6().is_v4_mapped()) return endpoint;
  return {asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6()), endpoint.port()};
}

std::string numbers(const dgram::Stats& stats, const Account& account) {
  return "received " + std::to_string(stats.datagrams_received) + " = delivered " +
         std::to_string(account.received) + " + held " + std::to_string(stats.held) +
         " + discarded at close " + std::to_string(stats.discarded_at_close) + "; sent " +
         std::to_string(stats.datagrams_sent) + ", told " + std::to_string(account.sent) + " to " +
         std::to_string(account.sent + account.unknown) + "; bytes " +
         std::to_string(stats.bytes_sent) + ", told " + std::to_string(account.sent_bytes);
}

}  // namespace

Seat::Seat(World& world, std::size_t number, Home home)
    : world_(world), number_(number), home_(std::move(home)) {}

Seat::~Seat() = default;

std::string Seat::name() const {
  return "socket " + std::to_string(number_) + " (" + std::string(home_.name) + ")";
}

void Seat::run(std::uint64_t step, const std::function<void(Seat&)>& deed) {
  if (!home_.is_here()) fail("a step runs elsewhere than at home: " + name());
  step_ = step;
  poll_futures();
  if (pending_.size() >= most_operations) CALL(SocketBase, socket(), cancel);
  deed(*this);
  look();
}

// ---- the socket

std::unique_ptr<dgram::Socket> Seat::make(const Setup& setup) {
  script_ = setup.has_faults ? std::make_shared<dgram::FaultScript>() : nullptr;
  const NextChannel next(script_);
  return std::make_unique<dgram::Socket>(home_.of_socket, setup.options);
}

void Seat::renew(const Setup& setup, bool by_assignment) {
  if (pinned != 0) return;
  setup_ = setup;
  std::unique_ptr<dgram::Socket> next = make(setup);
  if (socket_ && by_assignment) {
    *socket_ = std::move(*next);
    next = std::move(socket_);
  }
  replace(std::move(next), false);
}

void Seat::replace(std::unique_ptr<dgram::Socket> next, bool keeps_kernel_socket) {
  socket_ = std::move(next);
  account_ = std::make_shared<Account>();
  stopped_ = false;
  if (keeps_kernel_socket) return;
  end_line();
  on_device_ = false;
}

void Seat::has_closed() {
  account_->final_stats = CALL(SocketBase, socket(), stats);
  if (account_->pending == 0) judge(*account_, *account_->final_stats);
}

void Seat::end_line() {
  local_ = remote_ = {};
  if (!line_) return;
  line_->excuse(Excuse::ended);
  line_->has_ended = true;
  line_ = nullptr;
  const std::lock_guard lock(published_mutex_);
  published_ = {};
}

void Seat::look() {
  if (!socket_) return;
  if (!CALL(SocketBase, socket(), is_open)) return end_line();
  std::error_code ec;
  const dgram::Endpoint local = CALL(SocketBase, socket(), local_endpoint, ec);
  const dgram::Endpoint remote = CALL(SocketBase, socket(), remote_endpoint, ec);
  if (local == local_ && remote == remote_) return;
  if (line_) {
    if (local.port() != local_.port()) line_->excuse(Excuse::port_changed);
    line_->excuse(Excuse::peer_changed);  // or its own address, with the peer
  } else if (local.port() != 0) {
    line_ = &world_.ledger().new_line(number_, home_.keeps_order, setup_.options.gro);
  }
  local_ = local;
  remote_ = remote;
  if (!line_) return;
  note_peer();
  Published now;
  const asio::ip::address address = plain(local).address();
  if (local.port() != 0) {
    const bool is_any = address.is_unspecified();
    if (address.is_v4())
      now.v4 = {is_any ? asio::ip::address_v4::loopback() : address.to_v4(), local.port()};
    else
      now.v6 = {is_any ? asio::ip::address_v6::loopback() : address.to_v6(), local.port()};
    if (address.is_v6() && is_any && !setup_.options.ipv6_only)
      now.v4 = {asio::ip::address_v4::loopback(), local.port()};
    now.line = line_;
  }
  const std::lock_guard lock(published_mutex_);
  published_ = now;
}

/// Who is connected hears one peer only: one of ours, or somebody who sends nothing that is judged.
void Seat::note_peer() {
  const bool is_connected = remote_.port() != 0;
  line_->peer = is_connected ? world_.line_at(remote_) : nullptr;
  if (is_connected && !line_->peer) line_->excuse(Excuse::peer_changed);
}

Destination Seat::address(bool by_v6) const {
  const std::lock_guard lock(published_mutex_);
  const dgram::Endpoint& endpoint = by_v6 ? published_.v6 : published_.v4;
  return {endpoint, endpoint.port() != 0 ? published_.line : nullptr};
}

Line* Seat::line_at(const dgram::Endpoint& endpoint) const {
  const std::lock_guard lock(published_mutex_);
  const dgram::Endpoint wanted = plain(endpoint);
  return wanted == published_.v4 || wanted == published_.v6 ? published_.line : nullptr;
}

// ---- datagrams

void Seat::received(Operation* operation, const dgram::Datagram& datagram, bool is_prompt) {
  received(operation, datagram.data(), datagram.full_size(), datagram.truncated(), is_prompt);
}

void Seat::received(Operation* operation,
                    std::span<const std::byte> bytes,
                    std::size_t full_size,
                    bool truncated,
                    bool is_prompt) {
  const std::string where = operation ? operation->name() : name();
  if (truncated != (full_size > bytes.size())) fail("cut, and not said: " + where);
  ++(operation ? operation->account : account_)->received;
  world_.ledger().arrive(
      operation && operation->line ? operation->line : line_, bytes, full_size, is_prompt, where);
}

Destination Seat::destination(std::uint64_t choice) {
  const dgram::SocketOptions& options = setup_.options;
  std::error_code ec;
  const bool is_v6 = CALL(SocketBase, socket(), is_open)
                         ? CALL(SocketBase, socket(), local_endpoint, ec).address().is_v6()
                         : options.family == dgram::Family::ipv6 ||
                               (options.family == dgram::Family::unspecified && choice % 2 == 0);
  const bool may_map = is_v6 && !options.ipv6_only;
  for (std::size_t i = 0; i < World::seats_count; ++i) {
    const Seat& other = world_.seat((choice / 4 + i) % World::seats_count);
    const bool maps = may_map && (choice + i) % 3 == 0;
    Destination to = other.address(is_v6 && !maps);
    if (!to.line) continue;
    if (maps)
      to.endpoint.address(
          asio::ip::make_address_v6(asio::ip::v4_mapped, to.endpoint.address().to_v4()));
    return to;
  }
  return {};
}

Ledger::Sent Seat::write(std::span<std::byte> bytes, const Destination& to, Ledger::Way way) {
  if (on_device_) way.is_judged = false;
  return world_.ledger().write(bytes, line_, *to.line, way);
}

void Seat::book(Account& account, const Ledger::Sent& sent, Ledger::Result result) {
  if (result == Ledger::Result::accepted) {
    ++account.sent;
    account.sent_bytes += sent.size;
  } else if (result == Ledger::Result::unknown) {
    ++account.unknown;
  }
  world_.ledger().book(sent, result);
}

void Seat::is_on_device() {
  on_device_ = true;
  for (const Operation* const one : pending_)
    for (const Ledger::Sent& sent : one->sent) world_.ledger().forgive(sent);
}

// ---- operations

void Seat::arrived(Operation& operation) {
  if (operation.account == account_) {
    operation.line = line_;
    return;
  }
  const std::shared_ptr<Account> former = std::exchange(operation.account, account_);
  operation.line = line_;
  ++account_->pending;
  if (--former->pending == 0 && former->final_stats) judge(*former, *former->final_stats);
}

void Seat::began(Operation& operation) {
  pending_.push_back(&operation);
  ++operation.account->pending;
  ++operations;
}

void Seat::ended(Operation& operation) {
  std::erase(pending_, &operation);
  Account& account = *operation.account;
  --account.pending;
  // The result is booked by whoever has called this; then the numbers are complete.
  if (account.pending == 0 && account.final_stats)
    asio::post(home_.executor, [this, last = operation.account] {
      judge(*last, *last->final_stats);
      if (--operations == 0) world_.notify();
    });
  else if (--operations == 0)
    world_.notify();
}

void Seat::poll_futures() {
  std::erase_if(futures_, [](const std::function<bool()>& is_ready) { return is_ready(); });
}

std::string Seat::words_of_pending() const {
  std::string words;
  for (const Operation* const one : pending_) words += one->name() + "; ";
  return words;
}

// ---- quiescent points

void Seat::end_operations() {
  if (script_) *script_ = dgram::FaultScript();
  CALL(SocketBase, socket(), cancel);
  poll_futures();
}

void Seat::drain() {
  poll_futures();
  std::error_code ec;
  for (int errors = 0; errors < 100;) {
    const std::optional<dgram::Datagram> datagram = CALL(SocketBase, socket(), try_recv, ec);
    if (datagram) {
      received(nullptr, *datagram, true);
      continue;
    }
    if (ec == asio::error::would_block || ec == asio::error::bad_descriptor) break;
    if (ec == asio::error::eof) {
      excuse(Excuse::stopped);
      break;
    }
    ++errors;
  }
  look();
  if (line_) line_->drops = CALL(SocketBase, socket(), stats).kernel_drops;
}

void Seat::check_numbers() {
  const dgram::Stats stats = CALL(SocketBase, socket(), stats);
  if (!account_->final_stats) judge(*account_, stats);
  if (CALL(SocketBase, socket(), send_queue_count) != 0 ||
      CALL(SocketBase, socket(), send_queue_size) != 0)
    fail("no send is pending, and the queue is not empty: " + name());
  if (!pending_.empty()) fail("the spinner has lost count of its operations");
}

void Seat::judge(Account& account, const dgram::Stats& stats) {
  const bool received =
      stats.datagrams_received == account.received + stats.held + stats.discarded_at_close;
  const bool sent = stats.datagrams_sent >= account.sent &&
                    stats.datagrams_sent <= account.sent + account.unknown;
  const bool bytes = account.unknown != 0 || stats.bytes_sent == account.sent_bytes;
  if (!received || !sent || !bytes || stats.held > most_held)
    fail("the numbers do not add up on " + name() + ": " + numbers(stats, account));
}

void Seat::begin_epoch() {
  const bool is_useless = !socket_ || stopped_ || !CALL(SocketBase, socket(), is_open);
  if (is_useless) {
    renew(setup_, false);
    std::error_code ec;
    const bool v6 = setup_.options.family == dgram::Family::ipv6;
    const asio::ip::address loopback = v6 ? asio::ip::address(asio::ip::address_v6::loopback())
                                          : asio::ip::address(asio::ip::address_v4::loopback());
    CALL(SocketBase, socket(), bind, dgram::Endpoint(loopback, 0), ec);
  }
  look();
  if (on_device_) excuse(Excuse::device);
  if (line_) note_peer();
}

void Seat::forget() {
  memberships.clear();
  kept.reset();
  futures_.clear();
  end_line();
  socket_.reset();
  script_.reset();
}

}  // namespace spinner
