// The pinned state of a socket: its channel, its ring, its queues of operations, and the waits that
// serve them.
#pragma once

#include <algorithm>
#include <asio/any_io_executor.hpp>
#include <cstddef>
#include <dgram/capability.hpp>
#include <dgram/channel.hpp>
#include <dgram/datagram.hpp>
#include <dgram/detail/core.hpp>
#include <dgram/detail/reference_count.hpp>
#include <dgram/options.hpp>
#include <dgram/payload.hpp>
#include <dgram/stats.hpp>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include "../memory/receive_ring.hpp"
#include "../planning/batch_size.hpp"
#include "../planning/runs.hpp"
#include "../planning/send_rules.hpp"
#include "op_queue.hpp"

DGRAM_BEGIN_NAMESPACE
namespace detail {

struct ErrorReports;

/// A group that a socket has joined on one interface.
struct JoinedGroup : GroupMembership {
  std::uint32_t membership = 0;  ///< The Membership that is to leave it; 0: none.
};

/// Lives until the socket and its last operation are gone. Used by one thread at a time; only the
/// reference count is shared.
/**
 * A pending operation is always in a queue, in the order in which it was started. While a queue is
 * not empty, exactly one of these holds: its head has a runner on its way (`posted`), or a wait is
 * armed for it, or serve() is at work on it. rearm() restores that.
 */
class Core {
 public:
  Core(const asio::any_io_executor& executor,
       const SocketOptions& options,
       std::unique_ptr<Channel> channel,
       BufferPool& pool);
  Core(const Core&) = delete;
  Core& operator=(const Core&) = delete;

  void add_reference() noexcept { references_.add(); }
  void release() noexcept {
    if (references_.remove()) delete this;
  }
  const asio::any_io_executor& executor() const noexcept { return executor_; }

  // ---- operations (see CoreRef)
  void start(Op& op);
  void start_lookup(Op& op, LookupRequest& request);
  void hop(Op& op);
  void run(Op& op);
  void cancel(Op& op);
  void abandon(Op& op) noexcept;
  bool may_serve_inline(Event event) noexcept;

  // ---- what requests do

  /// True: the ring holds a datagram, or `ec` says why there will be none. False: it would block.
  bool have_datagram(std::error_code& ec);
  /// True when the next receive is going to ask the kernel, as far as is known.
  bool is_about_to_ask() const noexcept {
    return ring_.empty() && state_ == State::open && !deferred_ && !stopped_ &&
           (woken_ || look_once_ || batch_size_.more());
  }
  /// See find_datagram().
  bool find_at_once() noexcept {
    if (budget_ == 0 || !read_.queue.empty()) return false;
    const bool may_ask = woken_ || look_once_ || batch_size_.more();
    if (ring_.empty() && !(may_ask && refill())) return false;
    --budget_;
    return true;
  }
  /// Only after have_datagram() without an error.
  Datagram pop() noexcept { return ring_.pop(); }
  /// As many as are held, and not more than there is room for.
  std::size_t pop_many(std::span<Datagram> into) noexcept {
    const std::size_t count = std::min(into.size(), ring_.size());
    for (Datagram& one : into.first(count)) one = ring_.pop();
    return count;
  }
  /// Fetches more while the kernel is likely to have some; errors are kept for the next receive.
  bool have_more() noexcept { return !ring_.empty() || (batch_size_.more() && refill()); }
  /// Receives past the ring, into `slot`. Only while the ring is empty. True: done, or `ec` is set.
  bool receive_direct(ReceiveSlot& slot, std::error_code& ec);
  bool prefers_direct() const noexcept {
    return ring_.empty() && batch_size_.next() == 1 && !may_get_trains_ &&
           !are_descriptors_shared();
  }
  /// A datagram that was whole here was cut by the caller's buffer.
  void count_truncated() noexcept { ++counters_.truncated; }
  /// True: readable, or `ec` says why not.
  bool readable(std::error_code& ec);
  /// True: `report` was taken, or `ec` says why there will be none. False: it would block.
  bool take_report(ErrorReport& report, std::error_code& ec);

  /// What can be sent now.
  SendRules send_rules() const noexcept { return {wanted_family(), connected_, peer_over_ipv4_}; }
  /// Which runs of datagrams may be made now.
  RunRules run_rules() const noexcept {
    const Segmentation process = process_segmentation_now.load(std::memory_order_relaxed);
    return detail::run_rules(
        options_.segmentation, process, has_runs_, equal_runs_arrive_, destinations_.get());
  }
  /// Opens a new socket for a send to `to`, after the rules have let it pass.
  std::error_code open_for(const Endpoint* to);
  /// Where runs of datagrams are refused; nullptr: nowhere.
  const OffloadRefusals* run_refusals() const noexcept { return refusals_.get(); }
  /// The time, where it matters to runs.
  TimePoint now_for_runs() const noexcept { return refusals_ ? channel_->now() : TimePoint(); }
  void refuse_runs(const RunRefusal& refusal) noexcept;
  bool is_fresh() const noexcept { return state_ == State::fresh; }
  bool is_closed() const noexcept { return state_ == State::closed; }
  /// True: sent, or `ec` says why not. False: it would block.
  bool send(const Payload& payload,
            const Endpoint* to,
            const SendOptions& options,
            std::error_code& ec);
  /// Hands items over, counting. would_block makes the senders wait.
  std::error_code send_items(std::span<const SendItem> items, std::size_t& count);
  /// Counts datagrams that were refused before the kernel was asked.
  void count_refused(const std::error_code& ec, std::uint64_t times = 1) noexcept {
    counters_.send_errors += times;
    count_error(ec, times);
  }

  // ---- what SocketBase does
  /// As the options say, else IPv4. No effect on an open one.
  std::error_code open();
  /// A fresh one. `address_family_not_supported` when the options want another family.
  std::error_code open(Family family);
  std::error_code bind(const Endpoint* local);
  std::error_code connect(const Endpoint& remote);
  std::error_code disconnect();
  std::error_code adopt(NativeHandle handle);
  NativeHandle release_handle(std::error_code& ec);
  void close() noexcept;
  void cancel_all() noexcept;
  void stop_receiving();
  bool is_open() const noexcept { return state_ == State::open; }
  Channel* channel() const noexcept { return channel_.get(); }
  Family family() const noexcept { return family_; }
  /// That of the socket, else that of its options.
  Family wanted_family() const noexcept {
    return family_ != Family::unspecified ? family_ : options_.family;
  }
  const SocketOptions& options() const noexcept { return options_; }
  /// An address by which this socket reaches a host: over IPv6 a mapped one where it has IPv4
  /// alone.
  asio::ip::address reachable(const asio::ip::address& address) const;
  /// False for one that it cannot reach, because it is for IPv6 only.
  bool can_reach(const asio::ip::address& address) const;
  void set_lookup(Lookup lookup) { lookups().lookup = std::move(lookup); }
  std::size_t send_queue_size() const noexcept {
    return write_.queue.bytes() + (lookups_ ? lookups_->writes.bytes() : 0);
  }
  std::size_t send_queue_count() const noexcept {
    return write_.queue.size() + (lookups_ ? lookups_->writes.size() : 0);
  }
  bool anyone_reads() const noexcept { return !read_.queue.empty(); }
  bool anyone_awaits_reports() const noexcept;
  bool is_write_blocked() const noexcept { return write_blocked_; }
  /// The kernel is to be asked again, whatever it said. Only while nobody waits for room.
  void ask_to_write() noexcept { write_blocked_ = false; }
  /// Whether the waits for datagrams and reports count as work of the context.
  void set_referenced(bool referenced);
  bool anyone_writes() const noexcept { return !write_.queue.empty(); }
  /// For try_recv: the kernel is asked even when it has not said that there is something.
  bool look_now(std::error_code& ec);
  Stats stats() const;
  std::vector<Capability> capabilities() const;
  /// Sets a setting that is in range.
  std::error_code set(Setting setting, int value);
  void set_segmentation(Segmentation segmentation) noexcept {
    options_.segmentation = segmentation;
  }
  /// Throws std::bad_alloc.
  void set_segmentation(const asio::ip::address& destination, Segmentation segmentation);
  Segmentation segmentation(const asio::ip::address& destination) const noexcept {
    return destinations_ ? destinations_->of(destination) : Segmentation::automatic;
  }
  /// The option because of which opening failed with `ec`, with its value: "reuse_port 1"; empty
  /// when it was none.
  std::string refused_option(const std::error_code& ec) const;
  /// What it has joined, by interface: kept to be left also where the interface has vanished.
  std::vector<JoinedGroup>& memberships() {
    if (!memberships_) memberships_ = std::make_unique<std::vector<JoinedGroup>>();
    return *memberships_;
  }
  bool has_memberships() const noexcept { return static_cast<bool>(memberships_); }
  /// Tells one Membership from another of the same group.
  std::uint32_t next_membership() noexcept { return ++last_membership_; }
  /// When what a fresh socket was opened for has failed: a call that failed leaves it as it was.
  void undo_open() noexcept;
  bool is_bound() const { return state_ == State::open && has_local_port(); }
  /// After an option was set by its number: it may be one that matters here.
  std::error_code update_after_option();

 private:
  friend struct ErrorReports;
  enum class State : unsigned char { fresh, open, closed };

  // Operations in a row that may be served in one turn of the scheduler. Large against the cost of
  // a turn, small against what a timer can wait.
  static constexpr unsigned turn_budget = 64;

  /// The wait of one event, and the memory that it needs.
  class Wait final : public Waiter {
   public:
    Wait(Core& core, Event event) noexcept : event_(event), core_(core) {}
    void ready(std::error_code ec) override;
    void abandoned() noexcept override;
    void add_reference() noexcept override { core_.add_reference(); }
    void release() noexcept override { core_.release(); }
    void* allocate(std::size_t size) override;
    void deallocate(void* memory, std::size_t size) noexcept override;
    Event event() const noexcept { return event_; }

   private:
    // The channel's wait operation; where it is larger, as that of a timer is, it comes from the
    // heap's recycled blocks. First, and so large that nothing is lost to padding: there is one per
    // socket that waits.
    static constexpr std::size_t storage_size = 96;
    alignas(std::max_align_t) std::byte storage_[storage_size];

   public:
    bool arming = false;  // handing it to the channel; when that throws, it dies without the
                          // context having gone
    bool armed = false;
    bool unreferenced = false;  // the context does not count it as work at the moment
    bool is_foreign = true;     // `executor` is not the socket's

   private:
    bool storage_used_ = false;
    Event event_;

   public:
    TimePoint until = TimePoint::max();

   private:
    Core& core_;
  };

  /// One way through the socket: who wants to go it, and what wakes them.
  struct Direction {
    explicit Direction(Event e) noexcept : event(e) {}
    bool waits() const noexcept { return wait && wait->armed; }

    OpQueue queue;
    std::unique_ptr<Wait> wait;  // since the first
    Event event;
    bool serving = false;
  };
  /// Host names: who answers, and the operations that will go their way when they have an address.
  struct Lookups {
    Lookup lookup;
    OpQueue reads;
    OpQueue writes;
  };
  class Serving;
  class Settled;

  ~Core();

  Direction& direction(Event event) noexcept;
  Lookups& lookups();
  bool waits_for_deadline() const noexcept { return deadline_ && deadline_->armed; }
  /// False for an operation that has to be refused: it waits for error reports that nobody asked
  /// for.
  bool has_direction(const Op& op) const noexcept { return op.event != Event::error || reports_; }
  std::error_code apply_options(bool adopted);
  void ask_for_trains(bool adopted);
  void look_at_runs();
  /// Asks the system whether there are any: another holder of the descriptor may have asked for
  /// them.
  std::error_code update_reports();
  std::error_code set_buffer_size(Setting which, int asked);
  void collect_reports(bool told) noexcept;
  void add_report(const ErrorReport& report, bool told) noexcept;
  /// What the former peer left pending fails nothing that has to do with others.
  void forget_peer() noexcept;
  /// Keeps the error of a connected peer for the next receive.
  void defer(const std::error_code& ec) noexcept;
  std::error_code receive(std::span<ReceiveSlot> slots, std::size_t& count) noexcept;
  std::error_code receive_after(std::error_code ec,
                                std::span<ReceiveSlot> slots,
                                std::size_t& count) noexcept;
  std::error_code send_after(std::error_code ec,
                             std::span<const SendItem> items,
                             std::size_t& count);
  bool may_be_anothers(const std::error_code& ec, const SendItem& item, unsigned attempt) noexcept;
  void count_error(const std::error_code& ec, std::uint64_t times = 1) noexcept;
  std::error_code admit(const Op& op, bool looks_up = false) noexcept;
  bool can_progress(const Direction& d) const noexcept;
  void serve(Direction& d, const asio::any_io_executor* here);
  bool send_waiting(const asio::any_io_executor* here);
  void rearm(Direction& d) noexcept;
  void arm(Direction& d);
  void wait_for(Wait& wait, const Op& first, TimePoint deadline);
  void unref(Wait& wait);
  void ref(Wait& wait) noexcept;
  void arm_deadline(const Op& op);
  bool has_local_port() const;
  OpQueue& queue_of(const Op& op) noexcept;
  [[nodiscard]] bool post(Op& op, bool immediate = false);
  void resolve(Op& op, LookupRequest& request);
  void finish_later(Op& op, bool immediate = false);
  /// The same where no exception may leave.
  void finish_quietly(Op& op) noexcept;
  void tell_later(std::exception_ptr failure) noexcept;
  void settle(Op& op, std::error_code ec) noexcept;
  void on_ready(Direction& d, std::error_code ec);
  void on_deadline();
  void destroy_waiting(Direction& d) noexcept;
  void abort_all(Direction& d) noexcept;
  void abort_queue(OpQueue& queue) noexcept;
  void keep_drops(std::uint64_t drops) noexcept;
  void count_leftovers() noexcept;
  /// What a receive has to do next; `fail` sets `ec`.
  enum class Next : unsigned char { take, ask, wait, fail };
  Next next_step(std::error_code& ec);
  std::error_code fill();
  bool refill() noexcept;
  void count_sent(const SendItem& item) noexcept;
  void count_received(const ReceiveRing::Filled& filled) noexcept;

  ReferenceCount references_;
  State state_ = State::fresh;
  Family family_ = Family::unspecified;
  bool connected_ = false;
  bool referenced_ = true;          // see set_referenced()
  bool stopped_ = false;            // stop_receiving() was called
  bool peer_over_ipv4_ = false;     // connected to ::ffff:a.b.c.d
  bool woken_ = false;              // the kernel said that there is something to receive
  bool look_once_ = false;          // a caller wants the kernel asked, whatever it said
  bool write_blocked_ = false;      // the kernel said that it takes no more
  bool has_runs_ = false;           // the channel takes runs of datagrams
  bool equal_runs_arrive_ = false;  // also those of one length, as far as the channel knows
  bool may_get_trains_ = false;     // UDP_GRO is on: a slot may bring many datagrams
  unsigned budget_ = 0;  // operations that may still be served without a turn of the scheduler

  asio::any_io_executor executor_;
  SocketOptions options_;
  std::unique_ptr<Channel> channel_;
  ReceiveRing ring_;
  BatchSize batch_size_;
  std::error_code deferred_;                   // a receive error that came beside datagrams
  std::unique_ptr<OffloadRefusals> refusals_;  // since the first
  std::unique_ptr<DestinationSegmentation> destinations_;  // since the first
  Direction read_;
  Direction write_;
  std::unique_ptr<Wait> deadline_;         // since the first
  std::unique_ptr<Lookups> lookups_;       // since the first
  std::unique_ptr<ErrorReports> reports_;  // when they were asked for
  Counters counters_;
  std::unique_ptr<ErrorCounts> errors_;  // since the first one

  struct Refused {
    Setting setting;
    int value;
    std::error_code why;
  };
  std::unique_ptr<Refused> refused_;  // by the system, at the last attempt to open
  // Bytes, in the units of those that were asked for; 0: nobody asked.
  int recv_buffer_granted_ = 0;
  int send_buffer_granted_ = 0;
  bool wants_all_groups_ = false;                          // not only those that it joined itself
  std::unique_ptr<std::vector<JoinedGroup>> memberships_;  // since the first
  std::uint32_t last_membership_ = 0;
  std::exception_ptr untold_;  // see tell_later()
};

}  // namespace detail
DGRAM_END_NAMESPACE
