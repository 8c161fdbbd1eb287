#include "spinner/channels.hpp"

#include <dgram/channel.hpp>
#include <dgram/forwarding_channel.hpp>
#include <utility>

#include "spinner/reached.hpp"

namespace spinner {

namespace {

thread_local std::shared_ptr<dgram::FaultScript> next_script;

using dgram::Endpoint;
using dgram::ErrorReport;
using dgram::Event;
using dgram::Family;
using dgram::NativeHandle;
using dgram::Setting;

/// Hands every call on, by the ForwardingChannel's own way, and counts it.
class WatchedChannel final : public dgram::ForwardingChannel {
  using Base = dgram::ForwardingChannel;

// clang-format off
#define HAND_ON(function, ...)                                                       \
  (REACH("Channel::" #function __VA_OPT__(,) __VA_ARGS__),                            \
   REACH("ForwardingChannel::" #function __VA_OPT__(,) __VA_ARGS__), Base::function(__VA_ARGS__))
  // clang-format on

 public:
  using Base::Base;

  std::error_code open(Family family) override {
    return HAND_ON(open, family);
  }
  std::error_code adopt(NativeHandle handle, Family family) override {
    return HAND_ON(adopt, handle, family);
  }
  NativeHandle release(std::error_code& ec) override {
    return HAND_ON(release, ec);
  }
  std::error_code bind(const Endpoint& local) override {
    return HAND_ON(bind, local);
  }
  std::error_code connect(const Endpoint& remote) override {
    return HAND_ON(connect, remote);
  }
  std::error_code disconnect() override {
    return HAND_ON(disconnect);
  }
  void close() noexcept override {
    HAND_ON(close);
  }
  NativeHandle native_handle() const noexcept override {
    return HAND_ON(native_handle);
  }
  Endpoint local_endpoint(std::error_code& ec) const override {
    return HAND_ON(local_endpoint, ec);
  }
  Endpoint remote_endpoint(std::error_code& ec) const override {
    return HAND_ON(remote_endpoint, ec);
  }
  std::error_code set(Setting setting, int value) override {
    return HAND_ON(set, setting, value);
  }
  std::error_code get(Setting setting, int& value) const override {
    return HAND_ON(get, setting, value);
  }
  std::error_code set_buffer_size(Setting which, int asked, int& granted) override {
    return HAND_ON(set_buffer_size, which, asked, granted);
  }
  std::error_code set_pacing_rate(std::uint64_t bytes_per_second) override {
    return HAND_ON(set_pacing_rate, bytes_per_second);
  }
  std::error_code hold_departures() override {
    return HAND_ON(hold_departures);
  }
  std::error_code set_option(int level, int name, const void* value, std::size_t size) override {
    return HAND_ON(set_option, level, name, value, size);
  }
  std::error_code get_option(int level, int name, void* value, std::size_t& size) const override {
    return HAND_ON(get_option, level, name, value, size);
  }
  bool has(dgram::Feature feature) const noexcept override {
    return HAND_ON(has, feature);
  }
  std::error_code change_membership(dgram::MembershipAction action,
                                    const dgram::GroupMembership& membership) override {
    return HAND_ON(change_membership, action, membership);
  }
  std::error_code set_multicast_interface(std::uint32_t index,
                                          const asio::ip::address_v4& source) override {
    return HAND_ON(set_multicast_interface, index, source);
  }
  std::uint32_t multicast_interface(std::error_code& ec) const override {
    return HAND_ON(multicast_interface, ec);
  }
  std::uint32_t interface_index(const std::string& name, std::error_code& ec) const override {
    return HAND_ON(interface_index, name, ec);
  }
  std::vector<dgram::InterfaceInfo> interfaces(std::error_code& ec) const override {
    return HAND_ON(interfaces, ec);
  }
  std::uint32_t route_interface(const asio::ip::address& to) const noexcept override {
    return HAND_ON(route_interface, to);
  }
  int path_mtu(const Endpoint& to, std::error_code& ec) const override {
    return HAND_ON(path_mtu, to, ec);
  }
  std::error_code refuse_more() noexcept override {
    return HAND_ON(refuse_more);
  }
  std::error_code take_error() noexcept override {
    return HAND_ON(take_error);
  }
  std::size_t receive_reports(std::span<ErrorReport> reports) noexcept override {
    return HAND_ON(receive_reports, reports);
  }
  dgram::CallCounts calls() const noexcept override {
    return HAND_ON(calls);
  }
  std::uint64_t kernel_drops() const noexcept override {
    return HAND_ON(kernel_drops);
  }
  std::error_code receive_batch(std::span<dgram::ReceiveSlot> slots,
                                std::size_t& count) noexcept override {
    return HAND_ON(receive_batch, slots, count);
  }
  std::error_code send_batch(std::span<const dgram::SendItem> items,
                             std::size_t& count) noexcept override {
    return HAND_ON(send_batch, items, count);
  }
  void wait(Event event, dgram::TimePoint deadline, dgram::WaitHandler handler) override {
    HAND_ON(wait, event, deadline, std::move(handler));
  }
  void cancel_wait(Event event) noexcept override {
    HAND_ON(cancel_wait, event);
  }
  void resolve(std::string host, Family family, dgram::LookupHandler done) override {
    // No name leaves this host.
    if (host.ends_with(".test")) return done(asio::error::host_not_found);
    HAND_ON(resolve, std::move(host), family, std::move(done));
  }
  dgram::TimePoint now() const noexcept override {
    return HAND_ON(now);
  }
#undef HAND_ON
};

std::unique_ptr<dgram::Channel> make_watched_channel(const asio::any_io_executor& executor) {
  std::unique_ptr<dgram::Channel> channel = CALL_FREE(make_kernel_channel, executor);
  if (next_script) channel = CALL_FREE(make_fault_channel, std::move(channel), next_script);
  return std::make_unique<WatchedChannel>(std::move(channel));
}

}  // namespace

void watch_channels(asio::execution_context& context) {
  CALL_FREE(set_channel_factory, context, make_watched_channel);
}

NextChannel::NextChannel(std::shared_ptr<dgram::FaultScript> script) noexcept {
  next_script = std::move(script);
}
NextChannel::~NextChannel() {
  next_script.reset();
}

}  // namespace spinner
