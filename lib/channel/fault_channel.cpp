#include <algorithm>
#include <asio/error.hpp>
#include <asio/post.hpp>
#include <dgram/fault_channel.hpp>
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

class FaultChannel final : public Channel {
 public:
  FaultChannel(std::unique_ptr<Channel> inner, std::shared_ptr<FaultScript> script)
      : inner_(std::move(inner)), script_(std::move(script)) {}

  std::error_code open(Family family) override {
    const Fault fault = take(script_->open);
    return fault.error ? fault.error : inner_->open(family);
  }
  std::error_code adopt(NativeHandle handle, Family family) override {
    return inner_->adopt(handle, family);
  }
  NativeHandle release(std::error_code& ec) override { return inner_->release(ec); }
  std::error_code bind(const Endpoint& local) override {
    const Fault fault = take(script_->bind);
    return fault.error ? fault.error : inner_->bind(local);
  }
  std::error_code connect(const Endpoint& remote) override {
    const Fault fault = take(script_->connect);
    return fault.error ? fault.error : inner_->connect(remote);
  }
  std::error_code disconnect() override { return inner_->disconnect(); }
  void close() noexcept override { inner_->close(); }
  NativeHandle native_handle() const noexcept override { return inner_->native_handle(); }
  Endpoint local_endpoint(std::error_code& ec) const override { return inner_->local_endpoint(ec); }
  Endpoint remote_endpoint(std::error_code& ec) const override {
    return inner_->remote_endpoint(ec);
  }
  std::error_code set(Setting setting, int value) override {
    const std::error_code refusal = refusal_of(setting);
    return refusal ? refusal : inner_->set(setting, value);
  }
  std::error_code get(Setting setting, int& value) const override {
    return inner_->get(setting, value);
  }
  std::error_code set_buffer_size(Setting which, int asked, int& granted) override {
    const std::error_code refusal = refusal_of(which);
    return refusal ? refusal : inner_->set_buffer_size(which, asked, granted);
  }
  std::error_code set_option(int level, int name, const void* value, std::size_t size) override {
    const Fault fault = take(script_->set_option);
    return fault.error ? fault.error : inner_->set_option(level, name, value, size);
  }
  std::error_code get_option(int level, int name, void* value, std::size_t& size) const override {
    return inner_->get_option(level, name, value, size);
  }
  std::uint64_t kernel_drops() const noexcept override { return inner_->kernel_drops(); }
  CallCounts calls() const noexcept override { return inner_->calls(); }
  bool has(Feature feature) const noexcept override { return inner_->has(feature); }

  std::error_code change_membership(MembershipAction action,
                                    const GroupMembership& membership) override {
    const Fault fault = take(script_->change_membership);
    return fault.error ? fault.error : inner_->change_membership(action, membership);
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
  std::error_code take_error() noexcept override { return inner_->take_error(); }
  std::size_t receive_reports(std::span<ErrorReport> reports) noexcept override {
    std::size_t count = 0;
    for (; count < reports.size() && !script_->reports.empty(); ++count) {
      reports[count] = script_->reports.front();
      script_->reports.pop_front();
    }
    return count + inner_->receive_reports(reports.subspan(count));
  }

  std::error_code receive_batch(std::span<ReceiveSlot> slots,
                                std::size_t& count) noexcept override {
    ++script_->receive_calls;
    const Fault fault = take(script_->receive);
    count = 0;
    if (fault.error && fault.at_most == std::size_t(-1)) return fault.error;
    const std::error_code ec =
        inner_->receive_batch(slots.first(std::min(slots.size(), fault.at_most)), count);
    for (ReceiveSlot& slot : slots.first(count)) spoil(slot, fault);
    return fault.error ? fault.error : ec;
  }

  std::error_code send_batch(std::span<const SendItem> items,
                             std::size_t& count) noexcept override {
    ++script_->send_calls;
    const Fault fault = take(script_->send);
    count = 0;
    if (!fault.error && fault.at_most == std::size_t(-1)) return inner_->send_batch(items, count);
    const std::size_t allowed =
        fault.at_most == std::size_t(-1) ? 0 : std::min(items.size(), fault.at_most);
    std::error_code ec;
    if (allowed != 0) ec = inner_->send_batch(items.first(allowed), count);
    if (ec || count == items.size()) return ec;
    return fault.error;
  }

  void wait(Event event, TimePoint deadline, WaitHandler handler) override {
    if (event == Event::error && !script_->reports.empty()) return end_at_once(handler, {});
    if (event == Event::error || event == Event::deadline)
      return inner_->wait(event, deadline, std::move(handler));
    ++script_->waits;
    const Fault fault = take(script_->wait);
    if (!fault.error) return inner_->wait(event, deadline, std::move(handler));
    end_at_once(handler, fault.error);
  }
  void cancel_wait(Event event) noexcept override { inner_->cancel_wait(event); }
  void resolve(std::string host, Family family, LookupHandler done) override {
    inner_->resolve(std::move(host), family, std::move(done));
  }
  TimePoint now() const noexcept override { return inner_->now(); }

 private:
  static void end_at_once(WaitHandler& handler, std::error_code ec) {
    asio::any_io_executor executor = handler.get_executor();
    asio::post(executor, [handler = std::move(handler), ec]() mutable { handler(ec); });
  }
  std::error_code refusal_of(Setting setting) const {
    const auto entry = script_->refused.find(setting);
    return entry == script_->refused.end() ? std::error_code() : entry->second;
  }
  static void spoil(ReceiveSlot& slot, const Fault& fault) noexcept {
    if (fault.cut_datagrams) slot.size /= 2;
    if (fault.lose_control) {
      slot.control_truncated = true;
      slot.metadata.present = 0;
    }
  }

  std::unique_ptr<Channel> inner_;
  std::shared_ptr<FaultScript> script_;
};

}  // namespace

std::unique_ptr<Channel> make_fault_channel(std::unique_ptr<Channel> inner,
                                            std::shared_ptr<FaultScript> script) {
  return std::make_unique<FaultChannel>(std::move(inner), std::move(script));
}

DGRAM_END_NAMESPACE
