// The operating system's UDP socket, through Asio's reactor.
#pragma once

#include <array>
#include <asio/cancellation_signal.hpp>
#include <asio/ip/udp.hpp>
#include <asio/steady_timer.hpp>
#include <dgram/channel.hpp>
#include <optional>

#include "control.hpp"

DGRAM_BEGIN_NAMESPACE
namespace detail {

class KernelChannel final : public Channel {
 public:
  explicit KernelChannel(const asio::any_io_executor& executor) : socket_(executor) {}

  std::error_code open(Family family, const SocketOptions& options) override;
  std::error_code adopt(NativeHandle handle, const SocketOptions& options) override;
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

  std::error_code set_option(int level, int name, const void* value, std::size_t size) override;
  std::error_code get_option(int level, int name, void* value, std::size_t& size) const override;
  std::uint64_t kernel_drops() const noexcept override;
  std::uint64_t unread_reports() const noexcept override { return unread_reports_; }

  std::error_code receive_batch(std::span<ReceiveSlot> slots, std::size_t& count) noexcept override;
  std::error_code send_batch(std::span<const SendItem> items, std::size_t& count) noexcept override;

  void wait(Event event, TimePoint deadline, WaitHandler handler) override;
  void cancel_wait(Event event) noexcept override;
  void resolve(std::string host, Family family, LookupHandler done) override;
  TimePoint now() const noexcept override { return std::chrono::steady_clock::now(); }

 private:
  void note_peer();
  void quieten(std::error_code ec) noexcept;
  std::error_code take_over(NativeHandle handle, Family family, const SocketOptions& options);

  asio::ip::udp::socket socket_;
  Sender sender_;  // the handle, and what a send has to know
  ControlPlan control_;
  bool collects_reports_ = false;
  std::uint64_t unread_reports_ = 0;
  std::array<asio::cancellation_signal, 2>
      signals_;                              // per direction: socket_.cancel() would hit both
  std::optional<asio::steady_timer> timer_;  // most sockets never have a deadline
  std::optional<asio::ip::udp::resolver> resolver_;
};

}  // namespace detail
DGRAM_END_NAMESPACE
