// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// The state that the handles of one Node socket share: a dgram::Socket, and what Node adds to it.
#pragma once

#include <asio/awaitable.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/io_context.hpp>
#include <cstddef>
#include <dgram/batch.hpp>
#include <dgram/node/socket.hpp>
#include <dgram/socket.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "../core/memory/handler_memory.hpp"
#include "cluster/sharing.hpp"
#include "deferred_calls.hpp"
#include "life.hpp"
#include "reused.hpp"
#include "tick_queue.hpp"
#include "waiting_sends.hpp"

DGRAM_BEGIN_NAMESPACE
namespace node::detail {

/// Lives while a handle, a wait, a tick or a lookup holds it.
class State final : public std::enable_shared_from_this<State>, private SendBatch {
 public:
  State(asio::io_context& context, SocketOptions options);
  ~State();
  /// The part of the construction that needs a shared_ptr to this object.
  void start();

  /// Runs what this thread has requested of the context, before any other call: see
  /// TickQueue::heed().
  void heed();

  event::Message::Emitter message;
  event::Listening::Emitter listening;
  event::Connect::Emitter connected;
  event::Close::Emitter closed;
  event::Error::Emitter error;
  event::ErrorMonitor::Emitter error_monitor;

  // ---- calls: the order of their checks is Node's
  void bind(int port, std::string_view address, bool exclusive, Callback callback);
  void bind_descriptor(int descriptor, bool exclusive, Callback callback);
  void bind_sync(int port, std::string_view address);
  void connect(int port, std::string_view address, ConnectCallback callback);
  void connect_sync(int port, std::string_view address);
  void disconnect();
  void close(Callback callback);
  static asio::awaitable<void> dispose(std::shared_ptr<State> state);
  /// Sends to the connected peer. Without a peer it throws, as Node does.
  void send_to_peer(Payload payload, SendCallback callback);
  void send(Payload payload, int port, std::string_view address, SendCallback callback);
  void send(Payload payload, const Endpoint& to, SendCallback callback);
  /// @param source nullopt: any. Binds the socket where that is needed.
  void change_membership(bool joins,
                         std::string_view syscall,
                         std::optional<std::string_view> source,
                         std::string_view group,
                         std::string_view interface_address);

  const std::string& type() const noexcept { return options_.type; }
  bool is_v6() const noexcept { return options_.type == "udp6"; }
  /// The socket, for calls that read or change its state. Throws not_running() when it is closed.
  dgram::Socket& running();
  /// The same, for a connected socket. Throws not_connected() when it has no peer.
  dgram::Socket& connected_one();
  const Life& life() const noexcept { return life_; }
  NativeHandle native_handle() const noexcept;
  void remove_all_listeners();
  void set_referenced(bool referenced);
  Stats stats() const;

 private:
  /// One send, kept until its callback was called.
  struct Sending {
    std::string bytes;
    std::string address;  ///< The user's text, if there is one.
    int port = 0;         ///< 0: to the connected peer.
    SendCallback callback;
    Endpoint to;
    std::error_code result;
    WaitingSends::Place place;
    bool answered = false;  ///< By the lookup, or the lookup's answer is ignored.
    bool waits = false;     ///< Until the system takes more.
    asio::cancellation_signal cancel;
  };
  using SendingPointer = std::shared_ptr<Sending>;

  /// A pending connect.
  struct Connecting {
    std::string address;
    int port = 0;
    ConnectCallback callback;
    ListenerId listener = 0;
    bool done = false;
  };
  using ConnectingPointer = std::shared_ptr<Connecting>;

  /// Makes the error of a bind from the system's code.
  using Refusal = std::function<Error(const std::error_code&)>;

  // binding.cpp
  void bind_to_any();
  void start_bind();
  void finish_bind(const std::string& address);
  std::error_code bind_socket(int port, const std::string& address);
  void fail_bind(const Error& failure);
  void check_buffer_sizes() const;
  void start_receiving();
  void start_listening();

  // sharing.cpp
  bool shares() const;
  void ask_primary(const cluster::detail::Wanted& wanted, Refusal refusal);
  void ask_primary_for(int descriptor);
  void ask_primary_for(const std::string& address);
  void answer_share(const std::error_code& ec, Descriptor descriptor, const Refusal& refusal);
  std::error_code use_shared(Descriptor descriptor);

  // connecting.cpp
  void start_connect(const ConnectingPointer& connecting);
  void answer_connect(const ConnectingPointer& connecting,
                      const Error* failure,
                      std::string_view resolved);
  /// @param address The user's text. Returns nullopt when the socket is connected.
  std::optional<Error> connect_to(std::string_view resolved, std::string_view address, int port);
  void fail_connect(const ConnectingPointer& connecting, const Error& failure);
  static void cancel_connect(const ConnectingPointer& connecting);

  // sending.cpp
  void check_send(int port) const;
  SendingPointer make_sending(SendCallback callback);
  void submit(const SendingPointer& sending);
  void start_send(const SendingPointer& sending);
  void send_now(const SendingPointer& sending, std::error_code ec);
  void fail_lookup(const SendingPointer& sending, const Error& failure);
  void refuse_send(const SendingPointer& sending, const std::error_code& ec);
  std::optional<Endpoint> destination_of(const Sending& sending) const;
  void leave() override;
  void wait_and_send(const SendingPointer& sending);
  void cancel_sends_to_peer();
  void call_back(Sending& sending, const std::error_code& ec);

  // receiving.cpp
  void arm_receive();
  void receive_later() noexcept;
  void receive_turn();
  bool receive_batch();
  void deliver(const Datagram& datagram);

  // state.cpp
  dgram::SocketOptions core_options() const;
  /// Closes the socket, even if the bind that the close waits for fails.
  void close_surely();
  void end();
  void close_socket() noexcept;
  void shut_down() noexcept;
  bool is_blocked(const asio::ip::address& address) const;
  void defer(std::function<void()> make, std::function<void()> cancel);
  void make_deferred();
  void cancel_deferred();
  /// Makes the deferred calls that are left at the end of the scope, even after an exception: in a
  /// tick.
  class MakesDeferred {
   public:
    explicit MakesDeferred(State& state) : state_(state) { state_.ticks_->keep_place(); }
    MakesDeferred(const MakesDeferred&) = delete;
    ~MakesDeferred();

   private:
    State& state_;
  };
  bool needs_lookup(std::string_view host) const;
  void look_up(const std::string& host, LookupCallback done);
  void emit_error(const Error& failure);
  void forget_listeners() noexcept;
  /// Runs `f` in the next drain, and keeps the state alive until then.
  template <class Function>
  void tick(Function f, SendBatch* batch = nullptr) {
    if (!ticks_) return;
    ticks_->push(Tick([self = shared_from_this(), f = std::move(f)] { f(); }, batch));
  }

  asio::io_context& context_;
  /// nullptr: the context has shut down.
  TickQueue* ticks_;
  SocketOptions options_;
  Life life_;
  /// Empty when the socket is closed.
  std::optional<dgram::Socket> socket_;
  bool referenced_ = true;
  DeferredCalls deferred_;
  /// The listener that makes the deferred calls.
  ListenerId flush_id_ = 0;
  /// The pending bind: its address, its port and its callback.
  std::string wanted_address_;
  int wanted_port_ = 0;
  bool wants_exclusive_ = false;
  ListenerId bind_callback_ = 0;
  /// Numbers the binds: the lookup of one that has failed may still be answered.
  unsigned bind_number_ = 0;
  /// In a worker of a cluster: the socket's share in a socket of the primary.
  std::unique_ptr<cluster::detail::Share> share_;
  ConnectingPointer connecting_;
  /// Memory for posts that must not fail: the next turn of receiving, and the close that a
  /// stop_token requests.
  dgram::detail::HandlerMemory receive_memory_;
  dgram::detail::HandlerMemory stop_memory_;
  WaitingSends waiting_;
  /// Sends whose ticks follow one another; they leave together.
  std::vector<SendingPointer> batch_;
  std::vector<Outgoing> outgoing_;
  Reused<Sending> sendings_;
  /// Sends to the connected peer that wait for the system. They must not go to another peer.
  std::set<SendingPointer> waiting_for_peer_;
  /// Emitted at the end, whatever the listeners of `close` do. Its listeners do not throw, and none
  /// is registered by once(), which would need memory.
  event::Close::Emitter ended_;
  /// What the dgram::Socket does not count; after its end, also what it has counted.
  Stats stats_;
  std::optional<std::stop_callback<std::function<void()>>> stop_;
  // An open socket that nobody can do anything with any more, but for its signal: `close` still
  // comes.
  std::shared_ptr<State> kept_for_signal_;
};

}  // namespace node::detail
DGRAM_END_NAMESPACE
