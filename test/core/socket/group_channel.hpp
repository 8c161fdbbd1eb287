// A kernel channel whose interfaces and groups are a table: nothing is joined on this host.
#pragma once

#include <algorithm>
#include <asio/error.hpp>
#include <asio/execution_context.hpp>
#include <dgram/forwarding_channel.hpp>
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

class GroupChannel final : public dgram::ForwardingChannel {
 public:
  GroupChannel(const asio::any_io_executor& executor, std::shared_ptr<Groups> groups)
      : ForwardingChannel(dgram::make_kernel_channel(executor)), groups_(std::move(groups)) {}

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

 private:
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
