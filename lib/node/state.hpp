// What the handles of one Node socket share: its state machine over a dgram::Socket.
#pragma once

#include <asio/io_context.hpp>
#include <dgram/batch.hpp>
#include <dgram/node/socket.hpp>
#include <dgram/socket.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "tick_queue.hpp"

DGRAM_BEGIN_NAMESPACE
namespace node::detail {

/// Alive while a handle, a wait, a tick or a lookup holds it.
class State : public std::enable_shared_from_this<State> {
 public:
  State(asio::io_context& context, SocketOptions options);
  ~State() { ticks_.forget(this); }
  /// What cannot be done before somebody holds it.
  void start();

  Emitter<const Datagram&, const RemoteInfo&> message;
  Emitter<> listening;
  Emitter<> connected;
  Emitter<> closed;
  Emitter<const Error&> error;

  // ---- calls: the order of their checks is Node's
  void bind(int port, std::string_view address, Callback callback);
  void bind_descriptor(int descriptor, Callback callback);
  void connect(int port, std::string_view address, ConnectCallback callback);
  void disconnect();
  void close(Callback callback);
  /// To the connected peer, or throws as Node does where there is none.
  void send_to_peer(Payload payload, SendCallback callback);
  void send(Payload payload, int port, std::string_view address, SendCallback callback);
  bool is_connected() const noexcept { return connect_state_ == ConnectState::connected; }
  bool is_closed() const noexcept { return !socket_; }

  const std::string& type() const noexcept { return options_.type; }
  bool is_v6() const noexcept { return options_.type == "udp6"; }
  /// The socket; throws not_running() when it is closed.
  dgram::Socket& running();
  void set_referenced(bool referenced);
  /// @param source Empty: any. Binds first where that is needed.
  void change_membership(bool joins,
                         std::string_view syscall,
                         std::string_view source,
                         std::string_view group,
                         std::string_view interface_address);

 private:
  enum class BindState : unsigned char { unbound, binding, bound };
  enum class ConnectState : unsigned char { disconnected, connecting, connected };
  using Text = std::string;

  /// Bytes of one send, kept until the kernel has them.
  struct Sending {
    std::string bytes;
    std::string address;
    int port = 0;
    SendCallback callback;
    Outgoing outgoing;
  };

  // binding.cpp
  void start_bind(int port, const Text& address);
  void finish_bind(int port, const Text& address);
  void start_listening();
  void fail_bind(const Error& failure);
  void add_bind_callback(Callback callback);
  void enqueue(std::function<void()> run, std::function<void()> cancel);
  void flush_queue();
  void drop_queue();
  void start_connect(int port, const Text& address, ConnectCallback callback);
  void finish_connect(int port,
                      const Text& address,
                      const Text& resolved,
                      ConnectCallback callback);
  void fail_connect(const Error& failure, const ConnectCallback& callback);

  // sending.cpp
  void start_send(const std::shared_ptr<Sending>& sending);
  void add_to_batch(const std::shared_ptr<Sending>& sending);
  void flush_batch();
  void finish_send(const std::shared_ptr<Sending>& sending);
  void wait_and_send(const std::shared_ptr<Sending>& sending);

  // receiving.cpp
  void arm_receive();
  void receive_batch();

  void look_up(const Text& host, LookupCallback done);
  void emit_error(const Error& failure);
  void forget_listeners() noexcept;
  void tick(std::function<void()> f);

  asio::io_context& context_;
  TickQueue& ticks_;
  SocketOptions options_;
  std::optional<dgram::Socket> socket_;
  BindState bind_state_ = BindState::unbound;
  ConnectState connect_state_ = ConnectState::disconnected;
  bool referenced_ = true;
  /// A call that waits for `listening`.
  struct Deferred {
    std::function<void()> run;
    std::function<void()>
        cancel;  ///< When the bind has failed: its callback is called all the same.
  };
  /// There from the first such call until they are made or dropped.
  std::optional<std::vector<Deferred>> queue_;
  ListenerId flush_id_ = 0;
  ListenerId bind_callback_ = 0;
  std::vector<std::shared_ptr<Sending>> batch_;
  std::optional<std::stop_callback<std::function<void()>>> stop_;
};

}  // namespace node::detail
DGRAM_END_NAMESPACE
