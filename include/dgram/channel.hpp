// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// The seam: everything a socket asks of the world. Crossed once per batch or wait, never per
// datagram.
#pragma once

#include <asio/any_io_executor.hpp>
#include <asio/buffer.hpp>
#include <asio/execution_context.hpp>
#include <asio/ip/address.hpp>
#include <asio/recycling_allocator.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <dgram/endpoint.hpp>
#include <dgram/error_report.hpp>
#include <dgram/interface.hpp>
#include <dgram/lookup.hpp>
#include <dgram/options.hpp>
#include <dgram/setting.hpp>
#include <dgram/stats.hpp>
#include <functional>
#include <memory>
#include <new>
#include <span>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

DGRAM_BEGIN_NAMESPACE

/// What the control messages of one received datagram said. An item is there only when its bit is
/// set.
struct Metadata {
  enum Item : std::uint8_t {
    local_address_item = 1,
    traffic_class_item = 2,
    hop_limit_item = 4,
    timestamp_item = 8
  };

  asio::ip::address local_address;     ///< The address it was sent to (local_address_item).
  asio::ip::address_v4 reply_address;  ///< Where an answer over IPv4 leaves from; not local_address
                                       ///< when that is a group or a broadcast.
  std::uint32_t interface_index = 0;   ///< The interface it came in by (local_address_item).
  std::int64_t received_at_ns = 0;     ///< Kernel receive time in ns since 1970 (timestamp_item).
  std::uint8_t traffic_class = 0;      ///< DSCP and ECN (traffic_class_item).
  std::uint8_t hop_limit = 0;          ///< TTL or hop limit (hop_limit_item).
  std::uint8_t present = 0;            ///< Items that arrived.
};

/// The unit of Channel::receive_batch().
struct ReceiveSlot {
  // In: where the bytes go. What does not fit into `data` continues in `spill`.
  std::byte* data = nullptr;
  std::byte* spill = nullptr;
  std::uint32_t capacity = 0;
  std::uint32_t spill_capacity = 0;

  // Out: the channel sets every one of them for each datagram it reports.
  std::uint32_t size = 0;       ///< Bytes stored, in data and spill together.
  std::uint32_t full_size = 0;  ///< Bytes that the sender sent.
  /// Not 0: the bytes are a train of datagrams of that size, of which the last one may be shorter
  /// (Setting::gro).
  std::uint32_t segment_size = 0;
  bool control_truncated = false;
  Endpoint remote;
  Metadata metadata;
};

/// The clock of a channel. Real time is std::chrono::steady_clock; a simulated network may answer
/// anything that never goes back.
using TimePoint = std::chrono::steady_clock::time_point;

/// A descriptor of the operating system.
using NativeHandle = int;
/// No descriptor.
inline constexpr NativeHandle invalid_handle = -1;

/// What a socket can wait for. `error`: there may be error reports.
enum class Event : unsigned char { read, write, error, deadline };
inline constexpr std::size_t event_count = 4;

/// Pieces that one datagram may be sent from: a round figure below Linux's UIO_MAXIOV of 1024.
inline constexpr std::size_t max_pieces = 1000;

/// The most datagrams that a run may be: UDP_MAX_SEGMENTS of Linux before 6.9, and below what came
/// later.
inline constexpr std::size_t max_run = 64;

/// One datagram on its way out, or a run of them.
struct SendItem {
  std::span<const asio::const_buffer> buffers;  ///< Its pieces: 1 to max_pieces.
  const Endpoint* to = nullptr;                 ///< nullptr: the connected peer.
  const SendOptions* options = nullptr;         ///< nullptr: the socket's settings.
  /// Not 0: the bytes are a run of 2 to max_run datagrams of that size, of which the last one may
  /// be shorter, but not empty. Accepted as a whole or not at all. Only where the channel has
  /// Feature::gso.
  std::size_t segment_size = 0;

  std::size_t bytes() const noexcept {
    std::size_t sum = 0;
    for (const asio::const_buffer& piece : buffers) sum += piece.size();
    return sum;
  }
  std::size_t datagrams() const noexcept {
    return segment_size == 0 ? 1 : (bytes() + segment_size - 1) / segment_size;
  }
};

/// What can be done to a membership in a group (RFC 3678, section 5.1).
enum class MembershipAction : unsigned char {
  join,
  leave,
  join_source,
  leave_source,
  block_source,
  unblock_source
};

/// The membership that it is done to.
struct GroupMembership {
  asio::ip::address group;
  asio::ip::address source;     ///< Of the group's family; unspecified for join and leave.
  std::uint32_t interface = 0;  ///< By index; 0: the system's choice.
};

/// The system calls of a channel that moved datagrams.
struct CallCounts {
  CallHistogram receives;
  CallHistogram sends;
};

/// What a channel may or may not have.
enum class Feature : unsigned char {
  batch_receive,
  batch_send,
  kernel_drops,
  send_options,
  gso,         ///< Runs of datagrams in one SendItem.
  equal_runs,  ///< Runs of which no datagram is shorter arrive as well, as far as is known: see
               ///< Segmentation.
  balancing    ///< The datagrams of a port are shared out to the sockets that have it
               ///< (SocketOptions::reuse_port), in a way that can be chosen.
};

/// The target of a wait: one per socket and event.
class DGRAM_API Waiter {
 public:
  /// The wait has ended: readiness, time, or cancellation. Called once per wait, on `executor`.
  virtual void ready(std::error_code ec) = 0;

  /// Called instead of ready() when the execution context goes away.
  virtual void abandoned() noexcept = 0;

  /// A wait keeps the socket's state alive, and the channel with it, until release(), which follows
  /// ready() or abandoned().
  virtual void add_reference() noexcept = 0;
  virtual void release() noexcept = 0;

  /// The executor of the socket, with which the channel was made; valid as long as waits last.
  const asio::any_io_executor* executor = nullptr;
  /// True: the operation that waits first runs there as well; set before each wait.
  bool is_at_home = false;

 protected:
  ~Waiter() = default;
};

/// The handler of every wait: one concrete move-only class, so that Channel::wait() can be an
/// ordinary virtual function.
/**
 * A channel hands it to Asio, keeps it, or posts it. Dropping it uncalled means that the execution
 * context is going away.
 */
class WaitHandler {
 public:
  using executor_type = asio::any_io_executor;
  using allocator_type = asio::recycling_allocator<void>;

  explicit WaitHandler(Waiter& waiter) noexcept : waiter_(&waiter), is_owner_(true) {
    waiter.add_reference();
  }
  WaitHandler(WaitHandler&& other) noexcept
      : waiter_(other.waiter_), is_owner_(std::exchange(other.is_owner_, false)) {}
  WaitHandler& operator=(WaitHandler&&) = delete;
  ~WaitHandler() {
    if (!is_owner_) return;
    waiter_->abandoned();
    waiter_->release();
  }

  void operator()(std::error_code ec) {
    is_owner_ = false;
    const Reference hold(*waiter_);  // ready() may throw what a user's handler threw
    hold.waiter.ready(ec);
  }
  const executor_type& get_executor() const noexcept { return *waiter_->executor; }
  allocator_type get_allocator() const noexcept { return {}; }

  /// Gives the wait to the caller, who then has to do what this class does: one call of ready() or
  /// abandoned(), and release(); or makes a handler of it again.
  Waiter& detach() && noexcept {
    is_owner_ = false;
    return *waiter_;
  }
  static WaitHandler attach(Waiter& detached) noexcept { return WaitHandler(&detached); }

 private:
  /// @cond
  explicit WaitHandler(Waiter* detached) noexcept : waiter_(detached), is_owner_(true) {}
  struct Reference {
    explicit Reference(Waiter& w) noexcept : waiter(w) {}
    Reference(const Reference&) = delete;
    ~Reference() { waiter.release(); }
    Waiter& waiter;
  };
  /// @endcond
  Waiter* waiter_;  // also known when moved from: Asio asks the shell of a handler for its executor
  bool is_owner_;
};

/// The world as one socket sees it. Made by a ChannelFactory; the kernel's is the default.
/**
 * No call blocks. A failing call leaves the channel as it was. "Not there" for an operation is
 * `operation_not_supported`.
 */
class DGRAM_API Channel {
 public:
  virtual ~Channel();

  // Life. A closed channel may be opened again.
  virtual std::error_code open(Family family) = 0;
  /// Takes over a descriptor, which stays the caller's when this fails. `family` may be
  /// unspecified.
  virtual std::error_code adopt(NativeHandle handle, Family family) = 0;
  /// Gives the descriptor away; waits end as after close().
  virtual NativeHandle release(std::error_code& ec) = 0;
  virtual std::error_code bind(const Endpoint& local) = 0;
  virtual std::error_code connect(const Endpoint& remote) = 0;
  virtual std::error_code disconnect() = 0;
  /// Ends all waits; their handlers still come.
  virtual void close() noexcept = 0;

  // Names.
  virtual NativeHandle native_handle() const noexcept = 0;
  virtual Endpoint local_endpoint(std::error_code& ec) const = 0;
  virtual Endpoint remote_endpoint(std::error_code& ec) const = 0;

  // Settings. The value is within its range.
  virtual std::error_code set(Setting setting, int value) = 0;
  virtual std::error_code get(Setting setting, int& value) const = 0;
  /// Sets a buffer size by the strongest means that this process has.
  /// @param which Setting::recv_buffer_size or Setting::send_buffer_size.
  /// @param asked Bytes.
  /// @param granted In the units of `asked`, so that the two can be compared.
  virtual std::error_code set_buffer_size(Setting which, int asked, int& granted) = 0;
  /// Options of the operating system, by level and name.
  virtual std::error_code set_option(int level, int name, const void* value, std::size_t size) = 0;
  /// Asks the system itself to space what the socket sends, on top of what the socket does
  /// (SocketSettings::set_pacing()). A channel that cannot may leave this out.
  /// @param bytes_per_second 0: no more.
  virtual std::error_code set_pacing_rate(std::uint64_t bytes_per_second);
  /// Reads such an option.
  /// @param level The protocol that it belongs to: `SOL_SOCKET`, `IPPROTO_IP` …
  /// @param name Its number there.
  /// @param value Where it is stored.
  /// @param size In: room at `value`. Out: bytes stored.
  virtual std::error_code get_option(int level, int name, void* value, std::size_t& size) const = 0;
  /// From now on the system holds datagrams until their SendOptions::departure, which is passed on
  /// to send_batch() then, and only then. A channel that cannot may leave this out.
  virtual std::error_code hold_departures();
  virtual bool has(Feature feature) const noexcept = 0;

  // Multicast.
  virtual std::error_code change_membership(MembershipAction action,
                                            const GroupMembership& membership) = 0;
  /// Sets where what is sent to groups leaves.
  /// @param index The interface; 0: the system's choice.
  /// @param source The source address of what is sent to IPv4 groups; unspecified: the system's
  /// choice.
  virtual std::error_code set_multicast_interface(std::uint32_t index,
                                                  const asio::ip::address_v4& source) = 0;
  virtual std::uint32_t multicast_interface(std::error_code& ec) const = 0;

  // Interfaces. `no_such_device`: no interface has that name.
  virtual std::uint32_t interface_index(const std::string& name, std::error_code& ec) const = 0;
  virtual std::vector<InterfaceInfo> interfaces(std::error_code& ec) const = 0;

  /// The interface by which the routes lead to an address; 0 when nothing tells.
  virtual std::uint32_t route_interface(const asio::ip::address& to) const noexcept = 0;

  // The network.
  virtual int path_mtu(const Endpoint& to, std::error_code& ec) const = 0;
  /// Lets the system drop, and count, what comes from now on; what it has can still be received. A
  /// channel that cannot may leave this out.
  virtual std::error_code refuse_more() noexcept;
  /// Takes the pending error of the socket, which else the next call gets (SO_ERROR).
  virtual std::error_code take_error() noexcept = 0;
  /// Takes error reports out of their queue, as many as fit; 0 when none is left. Only while
  /// Setting::receive_errors is on.
  virtual std::size_t receive_reports(std::span<ErrorReport> reports) noexcept = 0;
  /// The system calls that moved datagrams so far; also after close().
  virtual CallCounts calls() const noexcept = 0;
  /// Datagrams that were dropped before anybody could receive them; 0 where nobody counts.
  virtual std::uint64_t kernel_drops() const noexcept = 0;

  // Data. would_block: nothing there, or no room. `count` says how many were done, also beside an
  // error.
  virtual std::error_code receive_batch(std::span<ReceiveSlot> slots,
                                        std::size_t& count) noexcept = 0;
  /// An error belongs to items[count]; what follows it was not attempted.
  virtual std::error_code send_batch(std::span<const SendItem> items,
                                     std::size_t& count) noexcept = 0;

  // Waiting. At most one wait per event at a time, and a wait lasts until its handler has come,
  // also after close(). A handler never runs inside wait() or cancel_wait().
  /// @param event What is waited for.
  /// @param deadline When Event::deadline ends. Where Event::write has one, it ends then, and not
  /// when there is room: sends are being paced. TimePoint::max() for all others.
  /// @param handler Called at the end.
  virtual void wait(Event event, TimePoint deadline, WaitHandler handler) = 0;
  virtual void cancel_wait(Event event) noexcept = 0;

  // Names of hosts.
  virtual void resolve(std::string host, Family family, LookupHandler done) = 0;

  // Time.
  virtual TimePoint now() const noexcept = 0;
};

/// Makes the channels of the sockets of one execution context.
using ChannelFactory = std::function<std::unique_ptr<Channel>(const asio::any_io_executor&)>;

/// The operating system's own UDP socket.
DGRAM_API std::unique_ptr<Channel> make_kernel_channel(const asio::any_io_executor& executor);

/// Lets sockets that are made on `context` from now on use another world. User code does not
/// change.
/**
 * An empty factory brings the kernel's back. Thread safety: not while sockets are being made on
 * another thread.
 */
DGRAM_API void set_channel_factory(asio::execution_context& context, ChannelFactory factory);

DGRAM_END_NAMESPACE
