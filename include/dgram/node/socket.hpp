// Node's datagram socket: its calls, its events, their order and their errors.
#pragma once

#include <asio/awaitable.hpp>
#include <asio/io_context.hpp>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <dgram/config.hpp>
#include <dgram/datagram.hpp>
#include <dgram/node/emitter.hpp>
#include <dgram/node/error.hpp>
#include <dgram/payload.hpp>
#include <functional>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>

DGRAM_BEGIN_NAMESPACE
namespace node {

namespace detail {
class State;
}

/// The other end of a received datagram; formatted when it is asked for.
class RemoteInfo {
 public:
  explicit RemoteInfo(const Datagram& datagram) noexcept : datagram_(&datagram) {}

  /// "127.0.0.1", "::1", "::ffff:10.0.0.1", "fe80::1%eth0".
  std::string address() const { return datagram_->remote().address().to_string(); }
  /// "IPv4" or "IPv6".
  std::string_view family() const noexcept {
    return datagram_->remote().address().is_v6() ? "IPv6" : "IPv4";
  }
  int port() const noexcept { return datagram_->remote().port(); }
  std::size_t size() const noexcept { return datagram_->size(); }
  const Endpoint& endpoint() const noexcept { return datagram_->remote(); }

 private:
  const Datagram* datagram_;
};

/// One end of a socket, as address() and remote_address() tell it.
struct AddressInfo {
  std::string address;
  std::string family;
  int port = 0;
};

/// The names of the events.
namespace event {
struct Message {};
struct Listening {};
struct Connect {};
struct Close {};
struct Error {};
inline constexpr Message message;
inline constexpr Listening listening;
inline constexpr Connect connect;
inline constexpr Close close;
inline constexpr Error error;
}  // namespace event

using MessageListener = std::function<void(const Datagram& message, const RemoteInfo& rinfo)>;
using ErrorListener = std::function<void(const Error& error)>;
using Callback = std::function<void()>;
/// `error` is nullptr when all went well.
using ConnectCallback = std::function<void(const Error* error)>;
using SendCallback = std::function<void(const Error* error, std::size_t bytes)>;

/// What a lookup answers with: an error, or the text of an address.
using LookupCallback = std::function<void(const Error* error, std::string_view address)>;
/// Looks a host up: `family` is 4 or 6. Called for every bind, connect and unconnected send, also
/// for literal addresses. May call back at once, or on the context's thread later.
using Lookup = std::function<void(const std::string& host, int family, LookupCallback done)>;

struct SocketOptions {
  std::string type;  ///< "udp4" or "udp6".
  bool reuse_addr = false;
  bool reuse_port = false;
  bool ipv6_only = false;
  std::int64_t recv_buffer_size = 0;  ///< 0: the system's default.
  std::int64_t send_buffer_size = 0;
  Lookup lookup = {};           ///< Empty: the system's.
  std::stop_token signal = {};  ///< A stop that is requested, from any thread, closes the socket.
};

struct BindOptions {
  int port = 0;
  std::string address = {};
  bool exclusive = false;
  int fd = -1;  ///< A bound descriptor to take over; greater than 0.
};

/// A cheap handle, like a variable of JavaScript: copies are the same socket.
/**
 * The socket lives while it is open, also when no handle is left; after `close` it holds no
 * listener. Everything that can be thrown is a node::Error. An `error` that nobody listens to
 * leaves `io_context::run()` as an exception.
 *
 * Thread safety: on the thread that runs the context. Source: Node.js v22, UDP/datagram sockets.
 */
class DGRAM_API Socket {
 public:
  // ---- events
  ListenerId on(event::Message, MessageListener f);
  ListenerId on(event::Listening, Callback f);
  ListenerId on(event::Connect, Callback f);
  ListenerId on(event::Close, Callback f);
  ListenerId on(event::Error, ErrorListener f);
  ListenerId once(event::Message, MessageListener f);
  ListenerId once(event::Listening, Callback f);
  ListenerId once(event::Connect, Callback f);
  ListenerId once(event::Close, Callback f);
  ListenerId once(event::Error, ErrorListener f);
  ListenerId prepend(event::Message, MessageListener f);
  ListenerId prepend(event::Listening, Callback f);
  ListenerId prepend(event::Connect, Callback f);
  ListenerId prepend(event::Close, Callback f);
  ListenerId prepend(event::Error, ErrorListener f);
  bool off(event::Message, ListenerId id);
  bool off(event::Listening, ListenerId id);
  bool off(event::Connect, ListenerId id);
  bool off(event::Close, ListenerId id);
  bool off(event::Error, ListenerId id);
  std::size_t listener_count(event::Message) const;
  std::size_t listener_count(event::Listening) const;
  std::size_t listener_count(event::Connect) const;
  std::size_t listener_count(event::Close) const;
  std::size_t listener_count(event::Error) const;

  // ---- life
  Socket& bind(int port = 0, std::string_view address = {}, Callback callback = {});
  Socket& bind(Callback callback);
  Socket& bind(int port, Callback callback);
  Socket& bind(const BindOptions& options, Callback callback = {});
  void connect(int port, std::string_view address = {}, ConnectCallback callback = {});
  void connect(int port, ConnectCallback callback);
  void disconnect();
  Socket& close(Callback callback = {});

  // ---- send
  /// To the connected peer.
  void send(Payload message, SendCallback callback = {});
  void send(Payload message, int port, SendCallback callback = {});
  void send(Payload message, int port, std::string_view address, SendCallback callback = {});
  /// A part of the message, which must be one buffer: to the connected peer, or to an address.
  template <std::integral Offset, std::integral Length>
  void send(Payload message, Offset offset, Length length, SendCallback callback = {}) {
    send_part(message, part(offset), part(length), std::move(callback));
  }
  template <std::integral Offset, std::integral Length, std::integral Port>
  void send(Payload message, Offset offset, Length length, Port port, SendCallback callback = {}) {
    send_part(message, part(offset), part(length), static_cast<int>(port), {}, std::move(callback));
  }
  template <std::integral Offset, std::integral Length, std::integral Port>
  void send(Payload message,
            Offset offset,
            Length length,
            Port port,
            std::string_view address,
            SendCallback callback = {}) {
    send_part(
        message, part(offset), part(length), static_cast<int>(port), address, std::move(callback));
  }

  // ---- information and options
  const std::string& type() const noexcept;
  AddressInfo address() const;
  AddressInfo remote_address() const;
  void set_broadcast(bool flag);
  int set_ttl(int ttl);
  int set_multicast_ttl(int ttl);
  bool set_multicast_loopback(bool flag);
  void set_multicast_interface(std::string_view interface_address);
  void add_membership(std::string_view group, std::string_view interface_address = {});
  void drop_membership(std::string_view group, std::string_view interface_address = {});
  void add_source_specific_membership(std::string_view source,
                                      std::string_view group,
                                      std::string_view interface_address = {});
  void drop_source_specific_membership(std::string_view source,
                                       std::string_view group,
                                       std::string_view interface_address = {});
  int get_recv_buffer_size() const;
  int get_send_buffer_size() const;
  void set_recv_buffer_size(std::int64_t size);
  void set_send_buffer_size(std::int64_t size);
  std::size_t get_send_queue_size() const;
  std::size_t get_send_queue_count() const;
  Socket& ref();
  Socket& unref();

 private:
  friend DGRAM_API Socket create_socket(asio::io_context&, SocketOptions, MessageListener);
  explicit Socket(std::shared_ptr<detail::State> state) noexcept : state_(std::move(state)) {}
  /// What is negative is outside of any buffer.
  template <std::integral Number>
  static std::size_t part(Number number) noexcept {
    return static_cast<std::size_t>(number);
  }
  void send_part(Payload message, std::size_t offset, std::size_t length, SendCallback callback);
  void send_part(Payload message,
                 std::size_t offset,
                 std::size_t length,
                 int port,
                 std::string_view address,
                 SendCallback callback);

  std::shared_ptr<detail::State> state_;
};

/// A new socket. Throws ERR_SOCKET_BAD_TYPE.
DGRAM_API Socket create_socket(asio::io_context& context,
                               SocketOptions options,
                               MessageListener listener = {});
DGRAM_API Socket create_socket(asio::io_context& context,
                               std::string_view type,
                               MessageListener listener = {});

}  // namespace node
DGRAM_END_NAMESPACE
