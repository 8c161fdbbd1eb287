// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
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
#include <dgram/detail/slab.hpp>
#include <dgram/options.hpp>
#include <dgram/payload.hpp>
#include <dgram/stats.hpp>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include "../memory/handler_memory.hpp"
#include "../memory/receive_ring.hpp"
#include "../planning/batch_size.hpp"
#include "../planning/pacer.hpp"
#include "../planning/runs.hpp"
#include "../planning/send_rules.hpp"
#include "op_queue.hpp"

DGRAM_BEGIN_NAMESPACE
namespace detail {

class Guard;
struct ErrorReports;

/// A group that a socket has joined on one interface.
struct JoinedGroup : GroupMembership {
  std::uint32_t membership = 0;  ///< The Membership that will leave the group; 0: none will.
};

/// Lives until the socket and its last operation are gone. Used by one thread at a time; only the
/// reference count is shared.
/**
 * A pending operation is always in a queue, in the order in which it was started. While a queue is
 * not empty, exactly one of these holds: a runner is posted for its head (`posted`), a wait is
 * armed for its head, or serve() is at work on the queue. rearm() restores this.
 */
class Core {
 public:
  Core(const asio::any_io_executor& executor,
       const SocketOptions& options,
       std::unique_ptr<Channel> channel,
       BufferPool& pool);
  Core(const Core&) = delete;
  Core& operator=(const Core&) = delete;

  void add_reference() const noexcept { references_.add(); }
  void release() const noexcept {
    if (references_.remove()) delete this;
  }
  /// What a Guard holds; nullptr while one thread at a time uses this anyway.
  std::recursive_mutex* mutex() const noexcept {
    return mutex_ && !is_single_threaded() ? mutex_.get() : nullptr;
  }
  /// An operation is going to be served elsewhere than on the socket's executor. False: without
  /// memory for the mutex.
  bool guard_from_now_on() noexcept;
  const asio::any_io_executor& executor() const noexcept { return executor_; }

  // ---- operations (see CoreRef)
  void start(Op& op);
  void start_lookup(Op& op, LookupRequest& request);
  void hop(Op& op);
  void run(Op& op, Guard& guard);
  void cancel(Op& op);
  void abandon(Op& op) noexcept;
  bool may_serve_inline(Event event) noexcept;

  // ---- what requests do

  /// True: the ring holds a datagram, or `ec` says why there will be none. False: it would block.
  bool have_datagram(std::error_code& ec);
  /// True when the next receive will ask the kernel, as far as is known.
  bool is_about_to_ask() const noexcept {
    return ring_.empty() && state_ == State::open && !deferred_ && !stopped_ &&
           (woken_ || look_once_ || draining_ || batch_size_.more());
  }
  /// Operations that are served in a row before timers and other sockets have their turn: many,
  /// compared to what a turn costs, and few, compared to what a timer can wait.
  static constexpr unsigned most_in_a_turn = 64;
  bool is_turn_over() const noexcept { return turn_left_ == 0; }

  /// See find_datagram().
  bool find_at_once() noexcept {
    if (is_turn_over() || !read_.queue.empty()) return false;
    if (ring_.empty() && !(may_ask() && refill())) return false;
    --turn_left_;
    return true;
  }
  /// Call it only after have_datagram() without an error.
  Datagram pop() noexcept { return ring_.pop(); }
  /// Takes out the datagrams that the ring holds, as many as `into` has room for. Returns their
  /// number.
  std::size_t pop_many(std::span<Datagram> into) noexcept {
    const std::size_t count = std::min(into.size(), ring_.size());
    for (Datagram& one : into.first(count)) one = ring_.pop();
    return count;
  }
  /// True when the ring holds a datagram. Refills the ring while the kernel is likely to have more;
  /// an error is kept for the next receive.
  bool have_more() noexcept { return !ring_.empty() || (batch_size_.more() && refill()); }
  /// Receives into `slot`, past the ring. Call it only while the ring is empty. True: done, or `ec`
  /// is set. False: it would block.
  bool receive_direct(ReceiveSlot& slot, std::error_code& ec);
  bool prefers_direct() const noexcept {
    return ring_.empty() && batch_size_.next() == 1 && !may_get_trains_ &&
           !are_descriptors_shared();
  }
  /// Counts a datagram that arrived whole and was truncated by the caller's buffer.
  void count_truncated() noexcept { ++counters_.truncated; }
  /// True: readable, or `ec` says why not.
  bool readable(std::error_code& ec);
  /// True: `report` was taken, or `ec` says why there will be none. False: it would block.
  bool take_report(ErrorReport& report, std::error_code& ec);

  /// The state that decides what can be sent now.
  SendRules send_rules() const noexcept { return {wanted_family(), connected_, peer_over_ipv4_}; }
  /// The runs of datagrams that may be sent now.
  RunRules run_rules() const noexcept {
    const Segmentation process = process_segmentation_now.load(std::memory_order_relaxed);
    RunRules rules = detail::run_rules(
        options_.segmentation, process, has_runs_, equal_runs_arrive_, destinations_.get());
    if (pacer_) rules.burst = pacer_->burst();
    return rules;
  }
  /// Opens a fresh socket for a send to `to` that has passed check_send().
  std::error_code open_for(const Endpoint* to);
  /// The destinations that refuse runs of datagrams; nullptr: none do.
  const OffloadRefusals* run_refusals() const noexcept { return refusals_.get(); }
  /// The current time if there are refusals of runs, which are the only use of it.
  TimePoint now_for_runs() const noexcept { return refusals_ ? channel_->now() : TimePoint(); }
  void refuse_runs(const RunRefusal& refusal) noexcept;
  bool is_fresh() const noexcept { return state_ == State::fresh; }
  bool is_closed() const noexcept { return state_ == State::closed; }
  /// True: sent, or `ec` says why not. False: it would block.
  bool send(const Payload& payload,
            const Endpoint* to,
            const SendOptions& options,
            std::error_code& ec);
  /// Sends items through the channel, and counts them. After would_block, further sends wait for
  /// room, or for their time (set_pacing()).
  std::error_code send_items(std::span<const SendItem> items, std::size_t& count);
  /// Counts datagrams that were refused before the kernel was asked.
  void count_refused(const std::error_code& ec, std::uint64_t times = 1) noexcept {
    counters_.send_errors += times;
    count_error(ec, times);
  }

  // ---- what SocketBase does
  /// Opens the socket for the family of its options, else for IPv4. No effect on an open socket.
  std::error_code open();
  /// Opens a fresh socket. `address_family_not_supported` when the options name another family.
  std::error_code open(Family family);
  std::error_code bind(const Endpoint* local);
  std::error_code connect(const Endpoint& remote);
  std::error_code disconnect();
  std::error_code adopt(NativeHandle handle);
  /// What a descriptor is, for the text of an error: "TCP socket over IPv4", "Unix datagram
  /// socket", "pipe", "file"; empty when it is not open.
  static std::string kind_of(NativeHandle handle);
  NativeHandle release_handle(std::error_code& ec);
  void close() noexcept;
  void cancel_all() noexcept;
  void stop_receiving();
  void drain();
  bool is_open() const noexcept { return state_ == State::open; }
  Channel* channel() const noexcept { return channel_.get(); }
  Family family() const noexcept { return family_; }
  /// The family of the socket; before it is opened, that of its options.
  Family wanted_family() const noexcept {
    return family_ != Family::unspecified ? family_ : options_.family;
  }
  const SocketOptions& options() const noexcept { return options_; }
  /// The form of the address to which this socket can send: an IPv4 address is mapped on an IPv6
  /// socket that reaches IPv4 hosts.
  asio::ip::address reachable(const asio::ip::address& address) const;
  /// False for an IPv4 address on a socket that is for IPv6 only.
  bool can_reach(const asio::ip::address& address) const;
  void set_lookup(Lookup lookup) { lookups().lookup = std::move(lookup); }
  std::size_t send_queue_size() const noexcept {
    const Op* const head = write_.queue.front();
    return write_.queue.bytes() - (head ? head->bytes_sent() : 0) +
           (lookups_ ? lookups_->writes.bytes() : 0);
  }
  std::size_t send_queue_count() const noexcept {
    return write_.queue.size() + (lookups_ ? lookups_->writes.size() : 0);
  }
  bool anyone_reads() const noexcept { return !read_.queue.empty(); }
  bool anyone_awaits_reports() const noexcept;
  bool is_write_blocked() const noexcept { return write_blocked_; }
  /// Makes the next send ask the kernel, even after would_block. Call it only while no send waits
  /// for room.
  void ask_to_write() noexcept { write_blocked_ = false; }
  /// Whether the waits for datagrams and reports count as work of the context.
  void set_referenced(bool referenced);
  bool anyone_writes() const noexcept { return !write_.queue.empty(); }
  /// For try_recv(): asks the kernel even if it has not reported the socket as readable.
  bool look_now(std::error_code& ec);
  Stats stats() const;
  std::vector<Capability> capabilities() const;
  /// Sets a setting. The value has to be in range.
  std::error_code set(Setting setting, int value);
  void set_segmentation(Segmentation segmentation) noexcept {
    options_.segmentation = segmentation;
  }
  /// `bytes_per_second` 0: as fast as the system takes it.
  std::error_code set_pacing(std::uint64_t bytes_per_second, std::size_t burst);
  const Pacer* pacer() const noexcept { return pacer_.get(); }
  /// Throws std::bad_alloc.
  void set_segmentation(const asio::ip::address& destination, Segmentation segmentation);
  Segmentation segmentation(const asio::ip::address& destination) const noexcept {
    return destinations_ ? destinations_->of(destination) : Segmentation::automatic;
  }
  /// The option that made opening fail with `ec`, with its value: "reuse_port 1"; empty when it was
  /// no option.
  std::string refused_option(const std::error_code& ec) const;
  /// The groups that the socket has joined, by interface. Kept so that a group can also be left
  /// where the interface has vanished.
  std::vector<JoinedGroup>& memberships() {
    if (!memberships_) memberships_ = std::make_unique<std::vector<JoinedGroup>>();
    return *memberships_;
  }
  bool has_memberships() const noexcept { return static_cast<bool>(memberships_); }
  /// A number that tells one Membership from another one of the same group.
  std::uint32_t next_membership() noexcept { return ++last_membership_; }
  /// Makes the socket fresh again when the call that opened it fails: a failed call leaves it as it
  /// was.
  void undo_open() noexcept;
  bool is_bound() const { return state_ == State::open && has_local_port(); }
  /// Reads back what a set or adopted descriptor may have on: UDP_GRO, IP_RECVERR.
  std::error_code update_after_option();

 private:
  friend struct ErrorReports;
  enum class State : unsigned char { fresh, open, closed };

  /// The wait of one event.
  class Wait final : public Waiter {
   public:
    Wait(Core& core, Event event) noexcept : event_(event), core_(core) {
      executor = &core.executor_;
    }
    void ready(std::error_code ec) override;
    void abandoned() noexcept override;
    void add_reference() noexcept override { core_.add_reference(); }
    void release() noexcept override { core_.release(); }
    Event event() const noexcept { return event_; }

    // The WaitHandler is being handed to the channel. If that throws, the handler is destroyed
    // although the context lives.
    bool arming = false;
    bool armed = false;
    bool unreferenced = false;  // the context does not count the wait as work at the moment
    bool is_being_unreferenced = false;  // that is posted

   private:
    Event event_;

   public:
    TimePoint until = TimePoint::max();

   private:
    Core& core_;
  };

  /// One direction of the socket (reading, writing, error reports): the operations that wait, and
  /// the wait that wakes them.
  struct Direction {
    explicit Direction(Event e) noexcept : event(e) {}
    bool waits() const noexcept { return wait && wait->armed; }

    OpQueue queue;
    std::unique_ptr<Wait> wait;  // made for the first wait
    Event event;
    bool serving = false;
    asio::any_io_executor home_work;  // see keep_home_busy()
  };
  /// Host names: the function that looks them up, and the operations that go on when they have an
  /// address.
  struct Lookups {
    Lookup lookup;
    OpQueue reads;
    OpQueue writes;
  };
  class Serving;
  class Settled;
  /// Memory for what unref() posts: it has to arrive even when the heap has none.
  struct UnrefMemory {
    HandlerMemory read;
    HandlerMemory error;
  };

  ~Core();

  Direction& direction(Event event) noexcept;
  Lookups& lookups();
  bool waits_for_deadline() const noexcept { return deadline_ && deadline_->armed; }
  /// False for an operation that has to be refused: it waits for error reports on a socket that
  /// does not receive them.
  bool has_direction(const Op& op) const noexcept { return op.event != Event::error || reports_; }
  std::error_code apply_options(bool adopted);
  /// Remembers which option the system has refused. Returns `ec`.
  std::error_code refuse_option(std::string option, const std::error_code& ec);
  void ask_for_trains(bool adopted);
  void look_at_runs();
  /// Makes room for error reports if they are on. Asks the system, because another holder of the
  /// descriptor may have switched them on.
  std::error_code update_reports();
  std::error_code make_reports();
  std::error_code set_buffer_size(Setting which, int asked);
  void collect_reports(bool told) noexcept;
  void add_report(const ErrorReport& report, bool told) noexcept;
  /// Drops pending errors of the former peer, so that they do not fail operations with other peers.
  void forget_peer() noexcept;
  /// Keeps the error of a connected peer for the next receive.
  void defer(const std::error_code& ec) noexcept;
  std::error_code receive(std::span<ReceiveSlot> slots, std::size_t& count) noexcept;
  bool have_departures(std::span<const SendItem> items) const noexcept;
  std::error_code send_in_time(std::span<const SendItem> items, std::size_t& count);
  std::error_code send_now(std::span<const SendItem> items, std::size_t& count);
  std::size_t packet_bytes(const SendItem& item) const noexcept;
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
  void serve(Direction& d, const asio::any_io_executor* here, Guard& guard);
  bool send_waiting(const asio::any_io_executor* here, Guard& guard);
  void rearm(Direction& d) noexcept;
  bool waits_again(Direction& d) noexcept;
  void arm(Direction& d);
  void wait_for(Wait& wait, TimePoint deadline);
  void unref(Wait& wait) noexcept;
  void ref(Wait& wait) noexcept;
  void arm_deadline(const Op& op);
  bool has_local_port() const;
  OpQueue& queue_of(const Op& op) noexcept;
  [[nodiscard]] bool post(Op& op, bool immediate = false);
  void resolve(Op& op, LookupRequest& request);
  void finish_later(Op& op, bool immediate = false);
  /// finish_later() for callers that must not throw.
  void finish_quietly(Op& op) noexcept;
  void tell_later(std::exception_ptr failure) noexcept;
  void settle(Op& op, std::error_code ec) noexcept;
  void on_ready(Direction& d, std::error_code ec, Guard& guard);
  /// The next send asks anew whether it may leave.
  void end_pause() noexcept {
    paused_until_ = TimePoint::max();
    write_blocked_ = false;
  }
  /// The execution context that the handler of an operation runs on.
  const asio::execution_context* context_of(const Op& op) const noexcept;
  /// Where the operation counts as work of the context that the socket is on.
  bool is_at_home(const Op& op) const noexcept;
  void keep_home_busy(Direction& d) noexcept;
  void on_deadline();
  void destroy_waiting(Direction& d) noexcept;
  void abort_all(Direction& d) noexcept;
  void abort_queue(OpQueue& queue) noexcept;
  void keep_drops(std::uint64_t drops) noexcept;
  void count_leftovers() noexcept;
  /// What a receive has to do next. `fail`: `ec` is set.
  enum class Next : unsigned char { take, ask, wait, fail };
  Next next_step(std::error_code& ec);
  /// The ring is empty: whether a receive may ask the kernel now.
  bool may_ask() noexcept { return woken_ || look_once_ || draining_ || batch_size_.more(); }
  std::error_code fill();
  bool has_nothing_more(std::error_code& ec) noexcept;
  bool refill() noexcept;
  void count_sent(const SendItem& item) noexcept;
  void count_received(const ReceiveRing::Filled& filled) noexcept;

  // First what each receive touches, so that it lies in few cache lines: with thousands of sockets,
  // each line is a miss.
  mutable ReferenceCount references_;
  State state_ = State::fresh;
  Family family_ = Family::unspecified;
  bool connected_ = false;
  bool referenced_ = true;          // see set_referenced()
  bool stopped_ = false;            // stop_receiving() was called
  bool draining_ = false;           // drain() was called
  bool peer_over_ipv4_ = false;     // connected to ::ffff:a.b.c.d
  bool woken_ = false;              // the kernel reported the socket as readable
  bool look_once_ = false;          // the next receive asks the kernel in any case
  bool write_blocked_ = false;      // a send would block: see send_items()
  bool has_runs_ = false;           // the channel can send runs of datagrams
  bool equal_runs_arrive_ = false;  // also runs of one length, as far as the channel knows
  bool may_get_trains_ = false;     // UDP_GRO is on: a slot may bring many datagrams
  bool is_on_io_context_ = false;   // on no strand
  unsigned turn_left_ = 0;          // see most_in_a_turn
  std::unique_ptr<std::recursive_mutex> mutex_;
  std::unique_ptr<Channel> channel_;
  BatchSize batch_size_;
  std::error_code deferred_;  // an error that the next receive returns
  ReceiveRing ring_;
  std::exception_ptr untold_;  // see tell_later()
  Direction read_;
  std::unique_ptr<Wait> deadline_;         // made for the first deadline
  std::unique_ptr<ErrorReports> reports_;  // made when reports are on
  Counters counters_;

  Direction write_;
  // While write_blocked_: when the next send is to be tried; max(): when the system has room.
  TimePoint paused_until_ = TimePoint::max();
  std::unique_ptr<Pacer> pacer_;                           // made by set_pacing()
  std::unique_ptr<OffloadRefusals> refusals_;              // made for the first refusal
  std::unique_ptr<DestinationSegmentation> destinations_;  // made by set_segmentation()
  std::unique_ptr<Lookups> lookups_;                       // made when first needed
  std::unique_ptr<UnrefMemory> unref_memory_;              // made by unref()
  std::unique_ptr<ErrorCounts> errors_;                    // made for the first error
  asio::any_io_executor executor_;
  SocketOptions options_;

  struct Refused {
    std::string option;
    std::error_code why;
  };
  std::unique_ptr<Refused> refused_;  // the option that the system refused at the last open
  // Granted buffer sizes in bytes, comparable with the requested ones; 0: none was requested.
  int recv_buffer_granted_ = 0;
  int send_buffer_granted_ = 0;
  bool wants_all_groups_ = false;                          // multicast_all may be on
  std::unique_ptr<std::vector<JoinedGroup>> memberships_;  // made for the first join
  std::uint32_t last_membership_ = 0;
};

}  // namespace detail
DGRAM_END_NAMESPACE
