#include "core.hpp"

#include <algorithm>
#include <asio/error.hpp>
#include <asio/execution/context.hpp>
#include <asio/query.hpp>
#include <asio/recycling_allocator.hpp>
#include <cassert>
#include <dgram/detail/request.hpp>
#include <dgram/error.hpp>
#include <new>
#include <utility>

#include "../channel/channel_service.hpp"
#include "../engine/send_planner.hpp"
#include "context_pool.hpp"
#include "host_name.hpp"
#include "option_rules.hpp"
#include "pending_lookup.hpp"

DGRAM_BEGIN_NAMESPACE
namespace detail {

namespace {

// Operations in a row that may be served in one turn of the scheduler. Large against the cost of a
// turn, small against what a timer can wait.
constexpr unsigned turn_budget = 64;

bool is_over_ipv4(const Endpoint& endpoint) {
  return endpoint.address().is_v4() || endpoint.address().to_v6().is_v4_mapped();
}

/// An operation that this thread is handing to an executor.
/**
 * If that throws, the operation's runner dies with the exception and must leave the operation
 * alone. Unless the executor ran it at once: then the operation is gone, and the exception is that
 * of its handler.
 */
class Posting {
 public:
  explicit Posting(const Op& op) noexcept : op_(&op), outer_(std::exchange(innermost, this)) {}
  Posting(const Posting&) = delete;
  ~Posting() { innermost = outer_; }

  static bool is(const Op& op) noexcept { return innermost && innermost->op_ == &op; }
  static void arrived(const Op& op) noexcept {
    if (is(op)) innermost->op_ = nullptr;
  }
  bool failed_before_arrival() const noexcept { return op_ != nullptr; }

 private:
  static thread_local Posting* innermost;
  const Op* op_;
  Posting* const outer_;
};
thread_local Posting* Posting::innermost = nullptr;

}  // namespace

// ----------------------------------------------------------------------------------------------------------
// waits

void Core::Wait::ready(std::error_code ec) {
  armed = false;
  if (event_ == Event::deadline)
    core_.on_deadline();
  else
    core_.on_ready(core_.direction(event_), ec);
}

void Core::Wait::abandoned() noexcept {
  if (arming) return;
  armed = false;
  if (event_ != Event::deadline) core_.destroy_waiting(core_.direction(event_));
}

void* Core::Wait::allocate(std::size_t size) {
  if (event_ == Event::read && size <= wait_storage_size &&
      !std::exchange(core_.wait_storage_used_, true))
    return core_.wait_storage_;
  return asio::recycling_allocator<std::byte>().allocate(size);
}

void Core::Wait::deallocate(void* memory, std::size_t size) noexcept {
  if (memory == core_.wait_storage_)
    core_.wait_storage_used_ = false;
  else
    asio::recycling_allocator<std::byte>().deallocate(static_cast<std::byte*>(memory), size);
}

// -------------------------------------------------------------------------------------------------------
// life

Core::Core(const asio::any_io_executor& executor,
           const SocketOptions& options,
           std::unique_ptr<Channel> channel,
           BufferPool& pool)
    : executor_(executor),
      options_(options),
      channel_(std::move(channel)),
      pool_(pool),
      ring_(pool, static_cast<unsigned>(std::clamp(options.batch, 1, 64))),
      batch_size_(static_cast<unsigned>(std::clamp(options.batch, 1, 64))),
      read_(*this, Event::read),
      write_(*this, Event::write),
      deadline_(*this, Event::deadline) {
  if (!channel_) state_ = State::closed;
}

Core::~Core() = default;

std::error_code Core::open(Family family) {
  if (options_.family != Family::unspecified && options_.family != family)
    return asio::error::address_family_not_supported;
  if (!find_bad_option(options_, family).empty()) return asio::error::invalid_argument;
  if (const std::error_code ec = channel_->open(family, options_)) return ec;
  family_ = family;
  state_ = State::open;
  return {};
}

std::error_code Core::bind(const Endpoint* local) {
  if (state_ == State::closed) return asio::error::bad_descriptor;
  if (state_ == State::open && has_local_port()) return Errc::already_bound;
  const bool v6 = (family_ == Family::unspecified ? options_.family : family_) == Family::ipv6;
  const Endpoint any = v6 ? Endpoint(asio::ip::udp::v6(), 0) : Endpoint(asio::ip::udp::v4(), 0);
  const Endpoint& to = local ? *local : any;
  const bool opens = state_ == State::fresh;
  if (opens) {
    if (const std::error_code ec = open(family_of(to))) return ec;
  }
  if (family_of(to) != family_) return asio::error::address_family_not_supported;
  const std::error_code ec = channel_->bind(to);
  if (ec && opens) undo_open();
  return ec;
}

// A call that failed leaves the socket as it was: not open, of no family.
void Core::undo_open() noexcept {
  channel_->close();
  state_ = State::fresh;
  family_ = Family::unspecified;
}

// The kernel chooses a port at the first send or connect too, so it is the one to ask.
bool Core::has_local_port() const {
  std::error_code ec;
  return channel_->local_endpoint(ec).port() != 0;
}

std::error_code Core::connect(const Endpoint& remote) {
  if (state_ == State::closed) return asio::error::bad_descriptor;
  if (remote.port() == 0) return Errc::bad_port;
  const bool opens = state_ == State::fresh;
  if (opens) {
    if (const std::error_code ec = open(family_of(remote))) return ec;
  }
  if (family_of(remote) != family_) return asio::error::address_family_not_supported;
  const std::error_code ec = channel_->connect(remote);
  if (ec && opens) undo_open();
  if (ec) return ec;
  connected_ = true;
  peer_over_ipv4_ = is_over_ipv4(remote);
  return {};
}

std::error_code Core::disconnect() {
  if (state_ == State::closed) return asio::error::bad_descriptor;
  if (!connected_) return asio::error::not_connected;
  const std::error_code ec = channel_->disconnect();
  if (!ec) connected_ = false;
  return ec;
}

std::error_code Core::adopt(NativeHandle handle) {
  if (state_ == State::closed) return asio::error::bad_descriptor;
  if (state_ == State::open) return Errc::already_bound;
  SocketOptions applied = options_;
  applied.ipv6_only = false;  // not applied to what is set up already
  if (!find_bad_option(applied, options_.family).empty()) return asio::error::invalid_argument;
  if (const std::error_code ec = channel_->adopt(handle, options_)) return ec;
  state_ = State::open;
  std::error_code ec;
  const Endpoint local = channel_->local_endpoint(ec);
  family_ = family_of(local);
  const Endpoint remote = channel_->remote_endpoint(ec);
  connected_ = !ec;
  peer_over_ipv4_ = connected_ && is_over_ipv4(remote);
  return {};
}

NativeHandle Core::release_handle(std::error_code& ec) {
  if (state_ != State::open) {
    ec = asio::error::bad_descriptor;
    return invalid_handle;
  }
  if (!ring_.empty()) {
    ec = Errc::not_drained;
    return invalid_handle;
  }
  const std::uint64_t drops = channel_->kernel_drops();
  const NativeHandle handle = channel_->release(ec);
  if (ec) return invalid_handle;
  stats_.kernel_drops = drops;
  state_ = State::closed;
  cancel_all();
  ring_.park();
  return handle;
}

void Core::close() noexcept {
  if (state_ == State::closed) return;
  if (state_ == State::open)
    stats_.kernel_drops = channel_->kernel_drops();  // the last chance to ask
  state_ = State::closed;
  cancel_all();
  channel_->close();
  stats_.discarded_at_close += ring_.discard();
  ring_.park();
}

void Core::cancel_all() noexcept {
  abort_all(read_);
  abort_all(write_);
}

void Core::abort_queue(OpQueue& queue) noexcept {
  while (!queue.empty()) {
    // Taken out at once, so that the walk ends; a posted one is found settled by its runner.
    Op& op = *queue.front();
    queue.erase(op);
    settle(op, asio::error::operation_aborted);
    const std::shared_ptr<LookupTarget> lookup = op.lookup;
    if (lookup) lookup->detach();
    if (!op.posted) finish_later(op);
    if (lookup)
      lookup
          ->forget();  // after the posting, so that the context does not run out of work in between
  }
}

void Core::abort_all(Direction& d) noexcept {
  abort_queue(d.queue);
  abort_queue(d.lookups);
  if (d.wait.armed) channel_->cancel_wait(d.wait.event());
  if (&d == &read_ && deadline_.armed) channel_->cancel_wait(Event::deadline);
}

void Core::stop_receiving() {
  stopped_ = true;
  if (read_.wait.armed) channel_->cancel_wait(Event::read);  // its handler serves the queue its end
}

Stats Core::stats() const {
  Stats stats = stats_;
  if (state_ == State::open) stats.kernel_drops = channel_->kernel_drops();
  if (channel_) stats.unread_icmp_reports = channel_->unread_reports();
  stats.held = ring_.size();
  stats.pinned_bytes = pool_.pinned_bytes();
  stats.pooled_bytes = pool_.pooled_bytes();
  return stats;
}

// -------------------------------------------------------------------------------------------------
// operations

std::error_code Core::admit(const Op& op, bool looks_up) noexcept {
  if (state_ == State::closed) return asio::error::bad_descriptor;
  if (state_ == State::fresh && op.event == Event::read && !looks_up)
    return asio::error::bad_descriptor;
  if (op.event == Event::write && send_queue_count() != 0 &&
      (send_queue_count() >= options_.send_queue_count ||
       send_queue_size() + op.bytes() > options_.send_queue_bytes)) {
    ++stats_.send_queue_full;
    return Errc::queue_full;
  }
  return {};
}

void Core::start(Op& op) {
  if (const std::error_code refused = admit(op)) {
    settle(op, refused);
    return finish_later(op, true);
  }
  Direction& d = direction(op.event);
  d.queue.push(op);
  if (d.serving) return;  // serve() looks after it when it is done
  bool done = true;
  if (d.queue.front() == &op) {
    // What is here already is taken even when the deadline has passed.
    if (op.deadline != TimePoint::max() && op.deadline <= channel_->now()) look_once_ = true;
    if (can_progress(d)) {
      const bool immediate = budget_ > 0;
      if (immediate) --budget_;
      if (post(op, immediate)) return;
      done = false;
    }
  }
  try {
    if (done && !d.wait.armed && d.queue.front() == &op) arm(d);
    if (done) arm_deadline(op);
  } catch (const std::bad_alloc&) {
    done = false;
  }
  if (done) return;
  d.queue.erase(op);
  settle(op, asio::error::no_memory);
  finish_later(op, true);
  look_after(d);
}

void Core::start_lookup(Op& op, LookupRequest& request) {
  std::error_code refused =
      state_ == State::closed ? std::error_code(asio::error::bad_descriptor) : admit(op, true);
  std::error_code unparsable;
  const Endpoint literal = make_endpoint(request.host, 0, unparsable);
  if (!refused && unparsable && !is_host_name(request.host)) refused = Errc::bad_host_name;
  if (refused) {
    settle(op, refused);
    return finish_later(op, true);
  }
  op.looks_up = true;
  queue_of(op).push(op);
  if (unparsable) return resolve(op, request);
  // A literal address has its answer: only the way through the executor is left, on which it can
  // still be cancelled.
  request.result = literal.address();
  if (post(op, true)) return;
  queue_of(op).erase(op);
  settle(op, asio::error::no_memory);
  finish_later(op, true);
}

void Core::resolve(Op& op, LookupRequest& request) {
  const asio::any_io_executor executor = executor_;
  try {
    asio::execution_context& context = asio::query(executor, asio::execution::context);
    op.lookup = LookupTarget::make(context, op, request);
  } catch (const std::bad_alloc&) {
    queue_of(op).erase(op);
    settle(op, asio::error::no_memory);
    return finish_later(op, true);
  }
  std::string host = request.host;
  const Family family = request.family;
  LookupHandler done(op.lookup);
  const Lookup lookup =
      lookup_;  // a copy: it may call set_lookup, and the socket may go away under it
  try {
    if (lookup)
      lookup(std::move(host), family, std::move(done));
    else
      channel_->resolve(std::move(host), family, std::move(done));
  } catch (...) {
    // The handler that died with the exception has answered "aborted". The exception leaves run(),
    // like that of any handler: a coroutine's initiating function cannot let it through.
    asio::post(executor, [failure = std::current_exception()] { std::rethrow_exception(failure); });
  }
}

// False: there was no memory for it, and nothing has happened.
bool Core::post(Op& op, bool immediate) {
  op.posted = true;
  const Posting posting(op);
  try {
    op.post(immediate);
    return true;
  } catch (...) {
    if (!posting.failed_before_arrival()) throw;
  }
  op.posted = false;
  return false;
}

void Core::hop(Op& op) {
  const Posting posting(op);
  try {
    return op.hop();
  } catch (...) {
    if (!posting.failed_before_arrival()) throw;
  }
  op.posted = false;
  if (op.settled) return finish_later(op);
  if (op.looks_up) {
    queue_of(op).erase(op);
    settle(op, asio::error::no_memory);
    return finish_later(op);
  }
  look_after(direction(op.event));
}

// For an operation that is settled. Its own memory is all that completing it in place needs, so
// without memory for a runner that is what is left: better than a handler that is never called.
void Core::finish_later(Op& op, bool immediate) {
  if (!post(op, immediate)) op.complete();
}

OpQueue& Core::queue_of(const Op& op) noexcept {
  Direction& d = direction(op.event);
  return op.looks_up ? d.lookups : d.queue;
}

void Core::settle(Op& op, std::error_code ec) noexcept {
  op.ec = ec;
  op.settled = true;
}

void Core::run(Op& op) {
  op.posted = false;
  budget_ = turn_budget;
  Direction& d = direction(op.event);
  if (!op.settled && !op.looks_up) {
    const asio::any_io_executor here = op.executor;
    return serve(d, here);
  }
  if (!d.serving && &d == &read_)
    look_once_ = false;  // the look was for an operation that is done with
  struct LookAfter {
    Core& core;
    Direction& d;
    ~LookAfter() { core.look_after(d); }
  } const at_exit{*this, d};
  if (op.queued) queue_of(op).erase(op);
  op.complete();
}

void Core::cancel(Op& op) {
  if (op.settled) return;
  settle(op, asio::error::operation_aborted);
  if (op.posted) return;  // its runner will see
  Direction& d = direction(op.event);
  if (op.queued) queue_of(op).erase(op);
  const std::shared_ptr<LookupTarget> lookup = op.lookup;
  if (lookup) lookup->detach();
  finish_later(op);
  if (lookup) return lookup->forget();
  if (d.queue.empty() && d.wait.armed) channel_->cancel_wait(d.wait.event());
  if (deadline_.armed && read_.queue.deadlines() == 0) channel_->cancel_wait(Event::deadline);
}

void Core::abandon(Op& op) noexcept {
  Direction& d = direction(op.event);
  if (op.queued) queue_of(op).erase(op);
  op.destroy();
  destroy_waiting(d);
}

// A handler may own the socket, whose destructor empties the queue: look at the front anew each
// time.
void Core::destroy_waiting(Direction& d) noexcept {
  const CoreRef keep(*this);
  while (Op* op = d.queue.front()) {
    d.queue.erase(*op);
    if (!op->posted) op->destroy();
  }
}

bool Core::may_serve_inline(Event event) noexcept {
  const Direction& d = direction(event);
  if (state_ == State::closed || !d.queue.empty() || budget_ == 0) return false;
  if (event == Event::read && (state_ == State::fresh || !can_progress(d))) return false;
  --budget_;
  return true;
}

// ---------------------------------------------------------------------------------------------------
// serving

bool Core::can_progress(const Direction& d) const noexcept {
  if (&d == &write_) return !write_blocked_;
  return !ring_.empty() || woken_ || look_once_ || stopped_ || deferred_ || batch_size_.more();
}

/// Marks a direction as being served, and leaves it in order whatever a handler did or threw.
class Core::Serving {
 public:
  Serving(Core& core, Direction& d) noexcept : core_(core), direction_(d) { d.serving = true; }
  Serving(const Serving&) = delete;
  ~Serving() {
    direction_.serving = false;
    if (&direction_ == &core_.read_) core_.woken_ = core_.look_once_ = false;
    core_.look_after(direction_);
  }

 private:
  Core& core_;
  Direction& direction_;
};

void Core::serve(Direction& d, const asio::any_io_executor& here) {
  if (d.serving) return;  // a handler runs the context: the loop below it goes on
  const Serving serving(*this, d);
  while (Op* op = d.queue.front()) {
    if (op->posted) return;
    if (budget_ == 0 || op->executor != here) return;  // look_after() posts it
    if (!can_progress(d)) return;
    if (!op->attempt()) {
      if (op->deadline == TimePoint::max() || op->deadline > channel_->now()) return;
      op->expire();
    }
    --budget_;
    d.queue.erase(*op);
    op->settled = true;
    op->complete();  // user code: may start, cancel, close, destroy, throw
  }
}

// What a queue needs after something happened to it: its head posted, or a wait armed.
void Core::look_after(Direction& d) noexcept {
  if (d.serving) return;
  const bool reading = &d == &read_;
  while (Op* op = d.queue.front()) {
    if (op->posted) break;
    if (can_progress(d)) {
      if (post(*op)) break;
    } else {
      try {
        if (!d.wait.armed) arm(d);
        if (reading && d.queue.deadlines() != 0)
          for (Op* each = op; each; each = each->next) arm_deadline(*each);
        break;
      } catch (const std::bad_alloc&) {
      }
    }
    // No memory for the wait or the runner. The operation's own memory is there: it ends with the
    // error, the next one gets its chance.
    d.queue.erase(*op);
    settle(*op, asio::error::no_memory);
    op->complete();
  }
  if (d.queue.empty()) {
    if (reading) ring_.park();
    if (d.wait.armed) channel_->cancel_wait(d.wait.event());
  }
  // A deadline that nobody needs must not keep run() from returning. While receives with deadlines
  // follow each other it stays armed.
  if (reading && deadline_.armed && d.queue.deadlines() == 0)
    channel_->cancel_wait(Event::deadline);
}

void Core::arm(Direction& d) {
  if (&d == &read_) ring_.park();
  d.wait.executor = d.queue.front()->executor;
  wait_for(d.wait, TimePoint::max());
}

void Core::wait_for(Wait& wait, TimePoint deadline) {
  wait.until = deadline;
  wait.armed = wait.arming = true;
  try {
    channel_->wait(wait.event(), deadline, WaitHandler(wait));
  } catch (...) {
    wait.armed = wait.arming = false;
    throw;
  }
  wait.arming = false;
}

// One timer for all deadlines of the socket: a later one waits until it fires, only an earlier one
// moves it.
void Core::arm_deadline(const Op& op) {
  if (op.deadline == TimePoint::max() || op.posted) return;
  if (deadline_.armed) {
    if (op.deadline < deadline_.until) {
      deadline_.until = op.deadline;
      channel_->cancel_wait(Event::deadline);  // its handler arms the nearest
    }
    return;
  }
  deadline_.executor = op.executor;
  wait_for(deadline_, op.deadline);
}

void Core::on_ready(Direction& d, std::error_code ec) {
  budget_ = turn_budget;
  if (d.queue.empty()) return;
  if (ec && ec != asio::error::operation_aborted) {
    // The wait itself is impossible, not merely over: arming again would spin.
    Op& op = *d.queue.front();
    if (op.posted) return;
    d.queue.erase(op);
    settle(op, ec);
    finish_later(op);
    return look_after(d);
  }
  // A cancelled wait says nothing about the kernel: the queue decides what comes next.
  if (!ec) {
    if (&d == &read_)
      woken_ = true;
    else
      write_blocked_ = false;
  }
  serve(d, d.wait.executor);
}

void Core::on_deadline() {
  if (read_.queue.deadlines() == 0) return;
  const TimePoint now = channel_->now();
  OpQueue expired;
  for (Op *op = read_.queue.front(), *next = nullptr; op; op = next) {
    next = op->next;
    if (op->posted || op->deadline > now) continue;
    read_.queue.erase(*op);
    expired.push(*op);
  }
  while (Op* op = expired.front()) {
    expired.erase(*op);
    op->expire();
    op->settled = true;
    finish_later(*op);
  }
  look_after(read_);  // arms the timer for the nearest of those that are left
}

// ---------------------------------------------------------------------------------------------------
// receiving

std::error_code Core::fill() {
  const std::span<ReceiveSlot> slots = ring_.begin_fill(batch_size_.next());
  if (slots.empty()) return asio::error::no_memory;
  std::size_t count = 0;
  const std::error_code ec = channel_->receive_batch(slots, count);
  ++stats_.receive_calls;
  woken_ = look_once_ = false;
  batch_size_.record(static_cast<unsigned>(slots.size()), static_cast<unsigned>(count));
  count_received(count, ring_.end_fill(count));
  if (count == 0) return ec ? ec : std::error_code(asio::error::would_block);
  if (ec && !is_would_block(ec)) deferred_ = ec;
  return {};
}

void Core::count_received(std::size_t datagrams, const ReceiveRing::Filled& filled) noexcept {
  stats_.datagrams_received += datagrams;
  stats_.bytes_received += filled.bytes;
  stats_.truncated += filled.truncated;
  stats_.control_truncated += filled.control_truncated;
  stats_.spilled += filled.spilled;
}

Core::Next Core::next_step(std::error_code& ec) {
  ec.clear();
  if (!ring_.empty()) return Next::take;
  if (state_ != State::open)
    ec = asio::error::bad_descriptor;
  else if (deferred_)
    ec = std::exchange(deferred_, std::error_code());
  else if (stopped_)
    ec = asio::error::eof;
  else
    return woken_ || look_once_ || batch_size_.more() ? Next::ask : Next::wait;
  return Next::fail;
}

bool Core::have_datagram(std::error_code& ec) {
  const Next next = next_step(ec);
  if (next != Next::ask) return next != Next::wait;
  ec = fill();
  if (!is_would_block(ec)) return true;
  ec.clear();
  return false;
}

bool Core::look_now(std::error_code& ec) {
  look_once_ = ring_.empty();
  const bool found = have_datagram(ec);
  look_once_ = false;
  if (ring_.empty() && !found) ring_.park();
  return found;
}

bool Core::have_more() {
  if (!ring_.empty()) return true;
  if (state_ != State::open || stopped_ || deferred_ || !batch_size_.more()) return false;
  const std::error_code ec = fill();
  if (ec && !is_would_block(ec)) deferred_ = ec;
  return !ring_.empty();
}

bool Core::receive_direct(ReceiveSlot& slot, std::error_code& ec) {
  const Next next = next_step(ec);
  if (next != Next::ask) return next != Next::wait;
  // What the caller has no room for lands here, so that its length is known on every system.
  const unsigned pieces = 1;
  slot.spill = pool_.lease_spill(pieces);
  if (!slot.spill) {
    ec = asio::error::no_memory;
    return true;
  }
  slot.spill_capacity = spill_piece;
  std::size_t count = 0;
  ec = channel_->receive_batch(std::span<ReceiveSlot>(&slot, 1), count);
  pool_.return_spill(slot.spill, pieces);
  ++stats_.receive_calls;
  woken_ = look_once_ = false;
  batch_size_.record(1, static_cast<unsigned>(count));
  if (count == 1) {
    if (ec && !is_would_block(ec)) deferred_ = ec;
    ec.clear();
    slot.size = std::min(slot.size, slot.capacity);
    ReceiveRing::Filled filled;
    filled.bytes = slot.size;
    filled.truncated = slot.full_size > slot.size;
    filled.control_truncated = slot.control_truncated;
    count_received(1, filled);
    return true;
  }
  if (ec && !is_would_block(ec)) return true;
  ec.clear();
  return false;
}

bool Core::readable(std::error_code& ec) {
  ec.clear();
  if (state_ != State::open) {
    ec = asio::error::bad_descriptor;
    return true;
  }
  if (!ring_.empty() || woken_ || stopped_ || deferred_) return true;
  batch_size_.forget();  // "there may be more" is no answer: the kernel has to say
  return false;
}

// -----------------------------------------------------------------------------------------------------
// sending

std::error_code Core::open_for(const Endpoint* to) {
  if (state_ == State::closed) return asio::error::bad_descriptor;
  return state_ == State::fresh && to ? open(family_of(*to)) : std::error_code();
}

std::error_code Core::send_items(std::span<const SendItem> items, std::size_t& count) {
  count = 0;
  const std::error_code ec = channel_->send_batch(items, count);
  ++stats_.send_calls;
  stats_.datagrams_sent += count;
  for (std::size_t i = 0; i < count; ++i)
    for (const asio::const_buffer& piece : items[i].buffers) stats_.bytes_sent += piece.size();
  if (ec && is_would_block(ec))
    write_blocked_ = true;
  else if (ec)
    ++stats_.send_errors;
  return ec;
}

// -------------------------------------------------------------------------------------------
// references to a core

CoreRef::CoreRef(Core& core) noexcept : core_(&core) {
  core_->add_reference();
}

CoreRef::CoreRef(const asio::any_io_executor& executor, const SocketOptions& options) {
  asio::execution_context& context = asio::query(executor, asio::execution::context);
  core_ = new Core(executor, options, make_channel(context, executor), pool_of(context));
  core_->add_reference();
}

CoreRef CoreRef::closed(const asio::any_io_executor& executor) {
  asio::execution_context& context = asio::query(executor, asio::execution::context);
  return CoreRef(*new Core(executor, SocketOptions(), nullptr, pool_of(context)));
}

CoreRef::CoreRef(const CoreRef& other) noexcept : core_(other.core_) {
  if (core_) core_->add_reference();
}

CoreRef::~CoreRef() {
  if (core_) core_->release();
}

const asio::any_io_executor& CoreRef::executor() const noexcept {
  return core_->executor();
}
void CoreRef::start(Op& op) const {
  core_->start(op);
}
void CoreRef::start_lookup(Op& op, LookupRequest& request) const {
  core_->start_lookup(op, request);
}
void CoreRef::hop(Op& op) const {
  core_->hop(op);
}
void CoreRef::run(Op& op) const {
  Posting::arrived(op);
  core_->run(op);
}
void CoreRef::cancel(Op& op) const {
  const CoreRef keep(*this);  // *this may be inside the operation
  core_->cancel(op);
}
void CoreRef::abandon(Op& op) const noexcept {
  if (!Posting::is(op)) core_->abandon(op);
}

bool may_serve_inline(Core& core, Event event) noexcept {
  return core.may_serve_inline(event);
}

TimePoint deadline_in(const Core& core, TimePoint::duration timeout) {
  const TimePoint now = core.channel() ? core.channel()->now() : TimePoint();
  if (timeout <= TimePoint::duration::zero()) return now;
  return timeout >= TimePoint::max() - now ? TimePoint::max() : now + timeout;
}

}  // namespace detail
DGRAM_END_NAMESPACE
