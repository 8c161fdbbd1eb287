// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// The Channel over the operating system's UDP socket, with waits in Asio's reactor.
#pragma once

#include <algorithm>
#include <asio/error.hpp>
#include <asio/ip/udp.hpp>
#include <asio/steady_timer.hpp>
#include <dgram/channel.hpp>
#include <memory>

#include "../planning/runs.hpp"
#include "message.hpp"
#include "system.hpp"
#include "waitable_socket.hpp"

DGRAM_BEGIN_NAMESPACE
namespace detail {

class KernelChannel final : public Channel {
 public:
  explicit KernelChannel(const asio::any_io_executor& executor) : socket_(executor) {}

  std::error_code open(Family family) override;
  std::error_code adopt(NativeHandle handle, Family family) override;
  NativeHandle release(std::error_code& ec) override;
  std::error_code bind(const Endpoint& local) override;
  std::error_code connect(const Endpoint& remote) override;
  std::error_code disconnect() override;
  void close() noexcept override;

  NativeHandle native_handle() const noexcept override { return sender_.handle; }
  Endpoint local_endpoint(std::error_code& ec) const override { return socket_.local_endpoint(ec); }
  Endpoint remote_endpoint(std::error_code& ec) const override {
    return socket_.remote_endpoint(ec);
  }

  std::error_code set(Setting setting, int value) override;
  std::error_code get(Setting setting, int& value) const override;
  std::error_code set_buffer_size(Setting which, int asked, int& granted) override;
  std::error_code set_option(int level, int name, const void* value, std::size_t size) override;
  std::error_code get_option(int level, int name, void* value, std::size_t& size) const override;
  std::error_code set_pacing_rate(std::uint64_t bytes_per_second) override;
  std::error_code hold_departures() override;
  bool has(Feature feature) const noexcept override;

  std::error_code change_membership(MembershipAction action,
                                    const GroupMembership& membership) override;
  std::error_code set_multicast_interface(std::uint32_t index,
                                          const asio::ip::address_v4& source) override;
  std::uint32_t multicast_interface(std::error_code& ec) const override;
  std::uint32_t interface_index(const std::string& name, std::error_code& ec) const override;
  std::vector<InterfaceInfo> interfaces(std::error_code& ec) const override;
  std::uint32_t route_interface(const asio::ip::address& to) const noexcept override;

  int path_mtu(const Endpoint& to, std::error_code& ec) const override;
  std::error_code refuse_more() noexcept override { return refuse_more_of(sender_.handle); }
  std::error_code take_error() noexcept override;
  std::size_t receive_reports(std::span<ErrorReport> reports) noexcept override;
  CallCounts calls() const noexcept override { return calls_ ? *calls_ : CallCounts(); }
  std::uint64_t kernel_drops() const noexcept override;

  std::error_code receive_batch(std::span<ReceiveSlot> slots, std::size_t& count) noexcept override;
  std::error_code send_batch(std::span<const SendItem> items, std::size_t& count) noexcept override;

  void wait(Event event, TimePoint deadline, WaitHandler handler) override;
  void cancel_wait(Event event) noexcept override;
  void resolve(std::string host, Family family, LookupHandler done) override;
  TimePoint now() const noexcept override { return std::chrono::steady_clock::now(); }

 private:
  void note_peer();
  void note_source() noexcept;
  void note_metadata() noexcept;
  void note_sharing() noexcept;
  /// Allocates the counters on the first call. Without memory for them, the send or receive fails
  /// with no_memory.
  bool can_count() noexcept { return calls_ || make_counts(); }
  bool make_counts() noexcept;
  template <class Call>
  std::error_code receive_by(Call call, std::span<ReceiveSlot> slots, std::size_t& count) noexcept;
  template <class Call>
  std::error_code send_by(Call call, std::span<const SendItem> items, std::size_t& count) noexcept;
  std::error_code take_over(NativeHandle handle, Family family);
  std::error_code connect_to(const Endpoint& remote);
  std::error_code return_to_port(unsigned short port);
  bool is_out_of_ports(const std::error_code& ec) const noexcept;
  void cancel_timers() noexcept;

  WaitableSocket socket_;
  Sender sender_;  // the descriptor, and what a send needs to know about the socket
  ControlPlan control_;
  bool is_emptied_ = false;       // see WaitableSocket::wait()
  bool came_short_ = false;       // the last receive returned fewer datagrams than it could
  bool may_have_errors_ = false;  // a pending error may cut a receive short
  bool may_have_foreign_control_ = false;  // control messages of unknown options may arrive
  bool is_shared_ = false;                 // another process may set options: see note_sharing()
  bool has_own_address_ = false;           // bound by the user, not chosen by the kernel
  int device_ = 0;                         // index of the interface that the socket is bound to
  std::uint32_t multicast_interface_ = 0;  // over IPv4 the kernel returns an address, not an index
  std::unique_ptr<CallCounts> calls_;      // allocated by can_count()
  // Created when first needed: most sockets never have a deadline or a host name.
  std::unique_ptr<asio::steady_timer> timer_;
  std::unique_ptr<asio::steady_timer> pause_;  // between sends that are paced
  std::unique_ptr<asio::ip::udp::resolver> resolver_;
  mutable std::uint32_t drops_ = 0;  // as the kernel told them last
};

// ---- receive_batch() and send_batch(), which have one implementation per platform:
// linux/transfer.cpp, posix/posix.cpp.
//
// A system call overwrites the CPU's return stack, so that each function that returns after it is
// mispredicted, which costs 10 to 20 ns. So all functions between these two and the system call are
// inlined, with `[[gnu::flatten]]`.

/// The most datagrams that one receive call returns.
inline constexpr std::size_t max_batch = 64;

/// The part of a receive that all platforms share. `call` makes the system call.
template <class Call>
std::error_code KernelChannel::receive_by(Call call,
                                          std::span<ReceiveSlot> slots,
                                          std::size_t& count) noexcept {
  count = 0;
  if (!can_count()) return asio::error::no_memory;
  if (are_descriptors_shared() && !is_shared_) note_sharing();
  const std::error_code ec = call(sender_.handle, control_, slots, count, calls_->receives);
  // recvmmsg() also stops early at an error, which it stores in the socket again without a wake-up.
  // So where an error is possible, a short batch does not mean that the socket is empty.
  came_short_ = !ec && count < std::min(slots.size(), max_batch) && !may_have_errors_;
  is_emptied_ = ec == asio::error::would_block || came_short_;
  socket_.note_receive(count != 0 || ec != asio::error::would_block);
  return ec;
}

template <class Call>
std::error_code KernelChannel::send_by(Call call,
                                       std::span<const SendItem> items,
                                       std::size_t& count) noexcept {
  count = 0;
  if (!can_count()) return asio::error::no_memory;
  const std::error_code ec = call(sender_, items, count, calls_->sends);
  if (!ec) return ec;
  if (is_out_of_ports(ec)) return asio::error::address_in_use;
  return explain_send_error(ec, sender_, items[count]);
}

/// See Channel::has(), for the features that depend on these system calls.
bool transfers_have(Feature feature, NativeHandle handle) noexcept;

}  // namespace detail
DGRAM_END_NAMESPACE
