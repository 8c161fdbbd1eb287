// A kernel channel whose way out can be shut: sends then find no room, and wait. Loopback never does that by itself.
#pragma once

#include <algorithm>
#include <asio/error.hpp>
#include <asio/execution_context.hpp>
#include <asio/steady_timer.hpp>
#include <dgram/channel.hpp>
#include <memory>
#include <utility>
#include <vector>

namespace test {

/// Shared by a test and the channels of its context. Belongs to the thread that runs the context.
struct Gate {
  bool shut = false;
  /// How many datagrams still pass; then it shuts.
  std::size_t passes = static_cast<std::size_t>(-1);
  std::vector<asio::steady_timer*> waits;

  /// Lets sends through again, and wakes those that wait.
  void open() {
    shut = false;
    passes = static_cast<std::size_t>(-1);
    for (asio::steady_timer* wait : waits) wait->cancel();
  }
};

class GatedChannel final : public dgram::Channel {
 public:
  GatedChannel(const asio::any_io_executor& executor, std::shared_ptr<Gate> gate)
      : inner_(dgram::make_kernel_channel(executor)),
        gate_(std::move(gate)),
        room_(executor, asio::steady_timer::time_point::max()) {
    gate_->waits.push_back(&room_);
  }
  ~GatedChannel() override { std::erase(gate_->waits, &room_); }

  std::error_code open(dgram::Family family) override { return inner_->open(family); }
  std::error_code adopt(dgram::NativeHandle handle, dgram::Family family) override {
    return inner_->adopt(handle, family);
  }
  dgram::NativeHandle release(std::error_code& ec) override {
    room_.cancel();
    return inner_->release(ec);
  }
  std::error_code bind(const dgram::Endpoint& local) override { return inner_->bind(local); }
  std::error_code connect(const dgram::Endpoint& remote) override { return inner_->connect(remote); }
  std::error_code disconnect() override { return inner_->disconnect(); }
  void close() noexcept override {
    room_.cancel();
    inner_->close();
  }

  dgram::NativeHandle native_handle() const noexcept override { return inner_->native_handle(); }
  dgram::Endpoint local_endpoint(std::error_code& ec) const override { return inner_->local_endpoint(ec); }
  dgram::Endpoint remote_endpoint(std::error_code& ec) const override { return inner_->remote_endpoint(ec); }
  std::error_code set(dgram::Setting setting, int value) override { return inner_->set(setting, value); }
  std::error_code get(dgram::Setting setting, int& value) const override { return inner_->get(setting, value); }
  std::error_code set_buffer_size(dgram::Setting which, int asked, int& granted) override {
    return inner_->set_buffer_size(which, asked, granted);
  }
  std::error_code set_option(int level, int name, const void* value, std::size_t size) override {
    return inner_->set_option(level, name, value, size);
  }
  std::error_code get_option(int level, int name, void* value, std::size_t& size) const override {
    return inner_->get_option(level, name, value, size);
  }
  std::uint64_t kernel_drops() const noexcept override { return inner_->kernel_drops(); }
  dgram::CallCounts calls() const noexcept override { return inner_->calls(); }
  bool has(dgram::Feature feature) const noexcept override { return inner_->has(feature); }
  std::error_code change_membership(dgram::MembershipAction action,
                                    const dgram::GroupMembership& membership) override {
    return inner_->change_membership(action, membership);
  }
  std::error_code set_multicast_interface(std::uint32_t index, const asio::ip::address_v4& source) override {
    return inner_->set_multicast_interface(index, source);
  }
  std::uint32_t multicast_interface(std::error_code& ec) const override { return inner_->multicast_interface(ec); }
  std::uint32_t interface_index(const std::string& name, std::error_code& ec) const override {
    return inner_->interface_index(name, ec);
  }
  std::vector<dgram::InterfaceInfo> interfaces(std::error_code& ec) const override { return inner_->interfaces(ec); }
  std::uint32_t route_interface(const asio::ip::address& to) const noexcept override {
    return inner_->route_interface(to);
  }
  int path_mtu(const dgram::Endpoint& to, std::error_code& ec) const override { return inner_->path_mtu(to, ec); }
  std::error_code take_error() noexcept override { return inner_->take_error(); }
  std::size_t receive_reports(std::span<dgram::ErrorReport> reports) noexcept override {
    return inner_->receive_reports(reports);
  }

  std::error_code receive_batch(std::span<dgram::ReceiveSlot> slots, std::size_t& count) noexcept override {
    return inner_->receive_batch(slots, count);
  }
  std::error_code send_batch(std::span<const dgram::SendItem> items, std::size_t& count) noexcept override {
    if (gate_->passes == 0) gate_->shut = true;
    if (gate_->shut) {
      count = 0;
      return asio::error::would_block;
    }
    const std::error_code ec = inner_->send_batch(items.first(std::min(items.size(), gate_->passes)), count);
    if (gate_->passes != static_cast<std::size_t>(-1)) gate_->passes -= count;
    return ec;
  }

  void wait(dgram::Event event, dgram::TimePoint deadline, dgram::WaitHandler handler) override {
    if (event == dgram::Event::write && gate_->shut) return room_.async_wait(std::move(handler));
    inner_->wait(event, deadline, std::move(handler));
  }
  void cancel_wait(dgram::Event event) noexcept override {
    if (event == dgram::Event::write) room_.cancel();
    inner_->cancel_wait(event);
  }

  void resolve(std::string host, dgram::Family family, dgram::LookupHandler done) override {
    inner_->resolve(std::move(host), family, std::move(done));
  }
  dgram::TimePoint now() const noexcept override { return inner_->now(); }

 private:
  std::unique_ptr<dgram::Channel> inner_;
  std::shared_ptr<Gate> gate_;
  asio::steady_timer room_;  ///< A wait that only the gate ends.
};

/// Puts the sockets that are made on `context` from now on behind a gate.
inline std::shared_ptr<Gate> gate(asio::execution_context& context) {
  auto result = std::make_shared<Gate>();
  dgram::set_channel_factory(context, [result](const asio::any_io_executor& executor) {
    return std::make_unique<GatedChannel>(executor, result);
  });
  return result;
}

}  // namespace test
