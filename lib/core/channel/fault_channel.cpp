// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0

#include <algorithm>
#include <asio/error.hpp>
#include <asio/post.hpp>
#include <dgram/fault_channel.hpp>
#include <dgram/forwarding_channel.hpp>
#include <utility>

DGRAM_BEGIN_NAMESPACE

namespace {

using Fault = FaultScript::Fault;

Fault take(std::deque<Fault>& queue) noexcept {
  if (queue.empty()) return {};
  const Fault fault = queue.front();
  queue.pop_front();
  return fault;
}

class FaultChannel final : public ForwardingChannel {
 public:
  FaultChannel(std::unique_ptr<Channel> inner, std::shared_ptr<FaultScript> script)
      : ForwardingChannel(std::move(inner)), script_(std::move(script)) {}

  bool has(Feature feature) const noexcept override {
    if (feature == Feature::gso && !script_->gso) return false;
    if (feature == Feature::equal_runs) return script_->equal_runs;
    return inner().has(feature);
  }
  std::error_code open(Family family) override {
    const Fault fault = take(script_->open);
    return fault.error ? fault.error : inner().open(family);
  }
  std::error_code bind(const Endpoint& local) override {
    const Fault fault = take(script_->bind);
    return fault.error ? fault.error : inner().bind(local);
  }
  std::error_code connect(const Endpoint& remote) override {
    const Fault fault = take(script_->connect);
    return fault.error ? fault.error : inner().connect(remote);
  }
  std::error_code set(Setting setting, int value) override {
    const std::error_code refusal = refusal_of(setting);
    return refusal ? refusal : inner().set(setting, value);
  }
  std::error_code set_buffer_size(Setting which, int asked, int& granted) override {
    const std::error_code refusal = refusal_of(which);
    return refusal ? refusal : inner().set_buffer_size(which, asked, granted);
  }
  std::error_code set_option(int level, int name, const void* value, std::size_t size) override {
    const Fault fault = take(script_->set_option);
    return fault.error ? fault.error : inner().set_option(level, name, value, size);
  }

  std::error_code change_membership(MembershipAction action,
                                    const GroupMembership& membership) override {
    const Fault fault = take(script_->change_membership);
    return fault.error ? fault.error : inner().change_membership(action, membership);
  }

  std::size_t receive_reports(std::span<ErrorReport> reports) noexcept override {
    std::size_t count = 0;
    for (; count < reports.size() && !script_->reports.empty(); ++count) {
      reports[count] = script_->reports.front();
      script_->reports.pop_front();
    }
    return count + inner().receive_reports(reports.subspan(count));
  }

  std::error_code receive_batch(std::span<ReceiveSlot> slots,
                                std::size_t& count) noexcept override {
    ++script_->receive_calls;
    const Fault fault = take(script_->receive);
    count = 0;
    if (fault.error && fault.at_most == std::size_t(-1)) return fault.error;
    const std::error_code ec =
        inner().receive_batch(slots.first(std::min(slots.size(), fault.at_most)), count);
    for (ReceiveSlot& slot : slots.first(count)) spoil(slot, fault);
    return fault.error ? fault.error : ec;
  }

  std::error_code send_batch(std::span<const SendItem> items,
                             std::size_t& count) noexcept override {
    ++script_->send_calls;
    for (std::size_t i = 0; i < items.size(); ++i) {
      const std::error_code refusal = refusal_of(items[i]);
      if (!refusal) continue;
      count = 0;
      const std::error_code ec = i != 0 ? deliver(items.first(i), count) : std::error_code();
      return ec || count < i ? ec : refusal;
    }
    const Fault fault = take(script_->send);
    count = 0;
    if (!fault.error && fault.at_most == std::size_t(-1)) return deliver(items, count);
    const std::size_t allowed =
        fault.at_most == std::size_t(-1) ? 0 : std::min(items.size(), fault.at_most);
    std::error_code ec;
    if (allowed != 0) ec = deliver(items.first(allowed), count);
    if (ec || count == items.size()) return ec;
    return fault.error;
  }

  void wait(Event event, TimePoint deadline, WaitHandler handler) override {
    if (event == Event::error && !script_->reports.empty()) return end_at_once(handler, {});
    if (event == Event::error || event == Event::deadline)
      return inner().wait(event, deadline, std::move(handler));
    ++script_->waits;
    const Fault fault = take(script_->wait);
    if (!fault.error) return inner().wait(event, deadline, std::move(handler));
    end_at_once(handler, fault.error);
  }

 private:
  bool is_lost(const SendItem& item) const noexcept {
    return script_->loses_equal_runs && item.segment_size != 0 &&
           item.bytes() % item.segment_size == 0;
  }
  /// Sends items by the inner channel, except those that the script loses.
  std::error_code deliver(std::span<const SendItem> items, std::size_t& count) noexcept {
    count = 0;
    while (count < items.size()) {
      const std::span<const SendItem> rest = items.subspan(count);
      const auto lost = std::find_if(
          rest.begin(), rest.end(), [this](const auto& item) { return is_lost(item); });
      const auto before = rest.first(static_cast<std::size_t>(lost - rest.begin()));
      std::size_t sent = 0;
      const std::error_code ec =
          before.empty() ? std::error_code() : inner().send_batch(before, sent);
      count += sent;
      if (ec || sent < before.size()) return ec;
      if (lost != rest.end()) ++count;
    }
    return {};
  }
  static void end_at_once(WaitHandler& handler, std::error_code ec) {
    asio::any_io_executor executor = handler.get_executor();
    asio::post(executor, [handler = std::move(handler), ec]() mutable { handler(ec); });
  }
  std::error_code refusal_of(Setting setting) const {
    const auto entry = script_->refused.find(setting);
    return entry == script_->refused.end() ? std::error_code() : entry->second;
  }
  std::error_code refusal_of(const SendItem& item) const {
    if (item.segment_size == 0 || script_->refused_runs.empty()) return {};
    std::error_code unconnected;
    const Endpoint to = item.to ? *item.to : inner().remote_endpoint(unconnected);
    const auto entry = script_->refused_runs.find(to);
    return entry == script_->refused_runs.end() ? std::error_code() : entry->second;
  }
  static void spoil(ReceiveSlot& slot, const Fault& fault) noexcept {
    if (fault.cut_datagrams) slot.size /= 2;
    if (fault.lose_control) {
      slot.control_truncated = true;
      slot.metadata.present = 0;
    }
  }

  std::shared_ptr<FaultScript> script_;
};

}  // namespace

std::unique_ptr<Channel> make_fault_channel(std::unique_ptr<Channel> inner,
                                            std::shared_ptr<FaultScript> script) {
  return std::make_unique<FaultChannel>(std::move(inner), std::move(script));
}

DGRAM_END_NAMESPACE
