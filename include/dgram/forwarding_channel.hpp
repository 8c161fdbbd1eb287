// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// A channel that hands every call on to another one: what wraps a channel starts from here.
#pragma once

#include <dgram/channel.hpp>
#include <memory>
#include <utility>

DGRAM_BEGIN_NAMESPACE

/// Override what is to be different; `inner()` does the rest.
/**
 * Example: a world in which no interface can be joined.
 * @code
 * class Alone final : public dgram::ForwardingChannel {
 *  public:
 *   using ForwardingChannel::ForwardingChannel;
 *   std::error_code change_membership(dgram::MembershipAction,
 *                                     const dgram::GroupMembership&) override {
 *     return dgram::no_such_device();
 *   }
 * };
 * @endcode
 */
class ForwardingChannel : public Channel {
 public:
  explicit ForwardingChannel(std::unique_ptr<Channel> inner) noexcept : inner_(std::move(inner)) {}

  std::error_code open(Family family) override { return inner_->open(family); }
  std::error_code adopt(NativeHandle handle, Family family) override {
    return inner_->adopt(handle, family);
  }
  NativeHandle release(std::error_code& ec) override { return inner_->release(ec); }
  std::error_code bind(const Endpoint& local) override { return inner_->bind(local); }
  std::error_code connect(const Endpoint& remote) override { return inner_->connect(remote); }
  std::error_code disconnect() override { return inner_->disconnect(); }
  void close() noexcept override { inner_->close(); }

  NativeHandle native_handle() const noexcept override { return inner_->native_handle(); }
  Endpoint local_endpoint(std::error_code& ec) const override { return inner_->local_endpoint(ec); }
  Endpoint remote_endpoint(std::error_code& ec) const override {
    return inner_->remote_endpoint(ec);
  }

  std::error_code set(Setting setting, int value) override { return inner_->set(setting, value); }
  std::error_code get(Setting setting, int& value) const override {
    return inner_->get(setting, value);
  }
  std::error_code set_buffer_size(Setting which, int asked, int& granted) override {
    return inner_->set_buffer_size(which, asked, granted);
  }
  std::error_code set_option(int level, int name, const void* value, std::size_t size) override {
    return inner_->set_option(level, name, value, size);
  }
  std::error_code set_pacing_rate(std::uint64_t bytes_per_second) override {
    return inner_->set_pacing_rate(bytes_per_second);
  }
  std::error_code hold_departures() override { return inner_->hold_departures(); }
  std::error_code get_option(int level, int name, void* value, std::size_t& size) const override {
    return inner_->get_option(level, name, value, size);
  }
  bool has(Feature feature) const noexcept override { return inner_->has(feature); }

  std::error_code change_membership(MembershipAction action,
                                    const GroupMembership& membership) override {
    return inner_->change_membership(action, membership);
  }
  std::error_code set_multicast_interface(std::uint32_t index,
                                          const asio::ip::address_v4& source) override {
    return inner_->set_multicast_interface(index, source);
  }
  std::uint32_t multicast_interface(std::error_code& ec) const override {
    return inner_->multicast_interface(ec);
  }
  std::uint32_t interface_index(const std::string& name, std::error_code& ec) const override {
    return inner_->interface_index(name, ec);
  }
  std::vector<InterfaceInfo> interfaces(std::error_code& ec) const override {
    return inner_->interfaces(ec);
  }
  std::uint32_t route_interface(const asio::ip::address& to) const noexcept override {
    return inner_->route_interface(to);
  }

  int path_mtu(const Endpoint& to, std::error_code& ec) const override {
    return inner_->path_mtu(to, ec);
  }
  std::error_code refuse_more() noexcept override { return inner_->refuse_more(); }
  std::error_code take_error() noexcept override { return inner_->take_error(); }
  std::size_t receive_reports(std::span<ErrorReport> reports) noexcept override {
    return inner_->receive_reports(reports);
  }
  CallCounts calls() const noexcept override { return inner_->calls(); }
  std::uint64_t kernel_drops() const noexcept override { return inner_->kernel_drops(); }

  std::error_code receive_batch(std::span<ReceiveSlot> slots,
                                std::size_t& count) noexcept override {
    return inner_->receive_batch(slots, count);
  }
  std::error_code send_batch(std::span<const SendItem> items,
                             std::size_t& count) noexcept override {
    return inner_->send_batch(items, count);
  }

  void wait(Event event, TimePoint deadline, WaitHandler handler) override {
    inner_->wait(event, deadline, std::move(handler));
  }
  void cancel_wait(Event event) noexcept override { inner_->cancel_wait(event); }
  void resolve(std::string host, Family family, LookupHandler done) override {
    inner_->resolve(std::move(host), family, std::move(done));
  }
  TimePoint now() const noexcept override { return inner_->now(); }

 protected:
  Channel& inner() const noexcept { return *inner_; }

 private:
  std::unique_ptr<Channel> inner_;
};

DGRAM_END_NAMESPACE
