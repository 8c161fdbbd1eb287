// A kernel channel whose interfaces and groups are a table: nothing is joined on this host.
#pragma once

#include <algorithm>
#include <asio/error.hpp>
#include <asio/execution_context.hpp>
#include <dgram/channel.hpp>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace test {

/// What there is, what was done, and what goes wrong. Shared by a test and the channels of its
/// context.
struct Groups {
  std::vector<dgram::InterfaceInfo> interfaces;
  std::map<std::uint32_t, std::error_code> refuses;  ///< By interface: what joining there brings.
  std::error_code leaving;                           ///< What leaving brings.
  std::vector<std::string> done;                     ///< "join 239.1.2.3 on 2"

  void add(std::uint32_t index, const char* address, bool is_up = true, bool can_multicast = true) {
    dgram::InterfaceInfo info;
    info.index = index;
    info.name = "net" + std::to_string(index);
    info.is_up = is_up;
    info.can_multicast = can_multicast;
    info.addresses = {asio::ip::make_address(address)};
    interfaces.push_back(info);
  }
};

class GroupChannel final : public dgram::Channel {
 public:
  GroupChannel(const asio::any_io_executor& executor, std::shared_ptr<Groups> groups)
      : inner_(dgram::make_kernel_channel(executor)), groups_(std::move(groups)) {}

  std::error_code change_membership(dgram::MembershipAction action,
                                    const dgram::GroupMembership& membership) override {
    static const char* const names[] = {"join", "leave", "join", "leave", "block", "unblock"};
    std::string text = names[static_cast<int>(action)];
    if (!membership.source.is_unspecified()) text += ' ' + membership.source.to_string() + " in";
    text += ' ' + membership.group.to_string() + " on " + std::to_string(membership.interface);
    const bool undoes = action == dgram::MembershipAction::leave ||
                        action == dgram::MembershipAction::leave_source ||
                        action == dgram::MembershipAction::unblock_source;
    const auto refused = groups_->refuses.find(membership.interface);
    if (!undoes && refused != groups_->refuses.end()) return refused->second;
    if (undoes && groups_->leaving) return groups_->leaving;
    groups_->done.push_back(text);
    return {};
  }
  std::vector<dgram::InterfaceInfo> interfaces(std::error_code& ec) const override {
    ec.clear();
    return groups_->interfaces;
  }
  std::uint32_t interface_index(const std::string& name, std::error_code& ec) const override {
    ec.clear();
    for (const dgram::InterfaceInfo& info : groups_->interfaces)
      if (info.name == name) return info.index;
    ec = std::make_error_code(std::errc::no_such_device);
    return 0;
  }
  std::uint32_t route_interface(const asio::ip::address&) const noexcept override { return 0; }

  // The rest is the kernel's.
  std::error_code open(dgram::Family family) override { return inner_->open(family); }
  std::error_code adopt(dgram::NativeHandle handle, dgram::Family family) override {
    return inner_->adopt(handle, family);
  }
  dgram::NativeHandle release(std::error_code& ec) override { return inner_->release(ec); }
  std::error_code bind(const dgram::Endpoint& local) override { return inner_->bind(local); }
  std::error_code connect(const dgram::Endpoint& remote) override {
    return inner_->connect(remote);
  }
  std::error_code disconnect() override { return inner_->disconnect(); }
  void close() noexcept override { inner_->close(); }
  dgram::NativeHandle native_handle() const noexcept override { return inner_->native_handle(); }
  dgram::Endpoint local_endpoint(std::error_code& ec) const override {
    return inner_->local_endpoint(ec);
  }
  dgram::Endpoint remote_endpoint(std::error_code& ec) const override {
    return inner_->remote_endpoint(ec);
  }
  std::error_code set(dgram::Setting setting, int value) override {
    return inner_->set(setting, value);
  }
  std::error_code get(dgram::Setting setting, int& value) const override {
    return inner_->get(setting, value);
  }
  std::error_code set_buffer_size(dgram::Setting which, int asked, int& granted) override {
    return inner_->set_buffer_size(which, asked, granted);
  }
  std::error_code set_option(int level, int name, const void* value, std::size_t size) override {
    return inner_->set_option(level, name, value, size);
  }
  std::error_code get_option(int level, int name, void* value, std::size_t& size) const override {
    return inner_->get_option(level, name, value, size);
  }
  bool has(dgram::Feature feature) const noexcept override { return inner_->has(feature); }
  std::error_code set_multicast_interface(std::uint32_t index,
                                          const asio::ip::address_v4& source) override {
    return inner_->set_multicast_interface(index, source);
  }
  std::uint32_t multicast_interface(std::error_code& ec) const override {
    return inner_->multicast_interface(ec);
  }
  int path_mtu(const dgram::Endpoint& to, std::error_code& ec) const override {
    return inner_->path_mtu(to, ec);
  }
  std::error_code take_error() noexcept override { return inner_->take_error(); }
  std::size_t receive_reports(std::span<dgram::ErrorReport> reports) noexcept override {
    return inner_->receive_reports(reports);
  }
  dgram::CallCounts calls() const noexcept override { return inner_->calls(); }
  std::uint64_t kernel_drops() const noexcept override { return inner_->kernel_drops(); }
  std::error_code receive_batch(std::span<dgram::ReceiveSlot> slots,
                                std::size_t& count) noexcept override {
    return inner_->receive_batch(slots, count);
  }
  std::error_code send_batch(std::span<const dgram::SendItem> items,
                             std::size_t& count) noexcept override {
    return inner_->send_batch(items, count);
  }
  void wait(dgram::Event event, dgram::TimePoint deadline, dgram::WaitHandler handler) override {
    inner_->wait(event, deadline, std::move(handler));
  }
  void cancel_wait(dgram::Event event) noexcept override { inner_->cancel_wait(event); }
  void resolve(std::string host, dgram::Family family, dgram::LookupHandler done) override {
    inner_->resolve(std::move(host), family, std::move(done));
  }
  dgram::TimePoint now() const noexcept override { return inner_->now(); }

 private:
  std::unique_ptr<dgram::Channel> inner_;
  std::shared_ptr<Groups> groups_;
};

/// The sockets that are made on `context` from now on join in a table.
inline std::shared_ptr<Groups> make_groups(asio::execution_context& context) {
  auto groups = std::make_shared<Groups>();
  dgram::set_channel_factory(context, [groups](const asio::any_io_executor& executor) {
    return std::make_unique<GroupChannel>(executor, groups);
  });
  return groups;
}

}  // namespace test
