#include "channel_service.hpp"

#include <utility>

DGRAM_BEGIN_NAMESPACE

Channel::~Channel() = default;

namespace detail {

namespace {

class ChannelService final : public asio::execution_context::service {
 public:
  using key_type = ChannelService;
  static asio::execution_context::id id;

  explicit ChannelService(asio::execution_context& context) : service(context) {}
  void shutdown() override {}

  ChannelFactory factory;
};
asio::execution_context::id ChannelService::id;

}  // namespace

std::unique_ptr<Channel> make_channel(asio::execution_context& context,
                                      const asio::any_io_executor& executor) {
  if (asio::has_service<ChannelService>(context)) {
    const ChannelFactory& factory = asio::use_service<ChannelService>(context).factory;
    if (factory) return factory(executor);
  }
  return make_kernel_channel(executor);
}

}  // namespace detail

void set_channel_factory(asio::execution_context& context, ChannelFactory factory) {
  asio::use_service<detail::ChannelService>(context).factory = std::move(factory);
}

DGRAM_END_NAMESPACE
