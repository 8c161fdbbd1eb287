// Writes what happens in a scenario, in the words of the recorded traces (README.md has the
// grammar).
#pragma once

#include <sys/types.h>

#include <asio/io_context.hpp>
#include <dgram/node/next_tick.hpp>
#include <dgram/node/socket.hpp>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace test {

class Host;

/// new Error(message)
dgram::node::Error plain_error(std::string message);
/// What a resolver says of a name that nobody has.
dgram::node::Error not_found(const std::string& hostname);
/// { type: 'udp4', lookup }
dgram::node::SocketOptions udp4_with_lookup(dgram::node::Lookup lookup);
/// { type: 'udp4', signal: controller.signal }
dgram::node::SocketOptions udp4_with_signal(const std::stop_source& controller);

/// A descriptor that was there before the program. Closes it, unless somebody has done so.
class Inherited {
 public:
  explicit Inherited(int fd);
  Inherited(const Inherited&) = delete;
  ~Inherited();

 private:
  int fd_;
  ino_t inode_;
};

class Trace {
 public:
  /// @param network The scenario's own network; nullptr where it has none.
  explicit Trace(const Host* network = nullptr) : network_(network) {}

  void log(std::string line) { lines_.push_back(std::move(line)); }
  const std::vector<std::string>& lines() const noexcept { return lines_; }

  // ---- when things run
  void tick(std::string name);
  void immediate(std::string name);
  /// setImmediate().
  void set_immediate(std::function<void()> f) { set_timeout(0, std::move(f)); }
  /// setTimeout().
  void set_timeout(int milliseconds, std::function<void()> f);
  /// setTimeout().unref(): it does not keep the context running. Only while that runs.
  void set_unref_timeout(int milliseconds, std::function<void()> f);
  /// Calls f when everything that could still happen has happened. To show that something does not.
  void settle(std::function<void()> f) { set_timeout(50, std::move(f)); }
  /// process.on('exit')
  void on_exit(std::function<void()> f) { at_exit_.push_back(std::move(f)); }
  void exit() const {
    for (const std::function<void()>& f : at_exit_) f();
  }

  /// The object lives as long as this one, behind the context.
  void keep(std::shared_ptr<void> object) { kept_.push_back(std::move(object)); }

  // ---- sockets
  /// From now on the port of this bound socket is written as <name>.
  void port(const dgram::node::Socket& socket, const std::string& name);
  void on(dgram::node::Socket& socket, const std::string& name, dgram::node::event::Message);
  void on(dgram::node::Socket& socket, const std::string& name, dgram::node::event::Listening);
  void on(dgram::node::Socket& socket, const std::string& name, dgram::node::event::Connect);
  void on(dgram::node::Socket& socket, const std::string& name, dgram::node::event::Close);
  void on(dgram::node::Socket& socket, const std::string& name, dgram::node::event::Error);
  template <class First, class Second, class... Rest>
  void on(dgram::node::Socket& socket,
          const std::string& name,
          First first,
          Second second,
          Rest... rest) {
    on(socket, name, first);
    on(socket, name, second, rest...);
  }
  /// Blocks until so many datagrams of one size wait in the kernel for this socket.
  void readable(const dgram::node::Socket& socket, int count = 1);

  // ---- descriptors, and the network
  /// The descriptor of a bound socket.
  static int fd(const dgram::node::Socket& socket);
  /// A bound UDP socket that is nobody's yet: what the runner of Node gives a scenario as
  /// descriptor 3. "udp4", or "udp4-connected", which has a peer, too.
  int descriptor(std::string_view kind);
  /// Runs the program ip: for scenarios in a network of their own.
  void ip(std::string_view arguments) const;

  // ---- results
  void message(const std::string& name,
               const dgram::Datagram& message,
               const dgram::node::RemoteInfo& rinfo);
  void sent(const std::string& what, const dgram::node::Error* error, std::size_t bytes);
  void error(const std::string& where, const dgram::node::Error& error);
  /// Both write what happened. Which of the two a scenario calls says what it is about.
  template <class Call>
  void throws(const std::string& what, Call&& call) {
    try_call(what, [&] { return value_of(std::forward<Call>(call)); });
  }
  template <class Call>
  void returns(const std::string& what, Call&& call) {
    throws(what, std::forward<Call>(call));
  }
  /// An uncaught exception is logged in any case. After this call the process goes on then.
  void survive() noexcept { survives_ = true; }
  bool survives() const noexcept { return survives_; }

 private:
  template <class Call>
  std::string value_of(Call&& call) {
    using Result = std::invoke_result_t<Call>;
    if constexpr (std::is_void_v<Result>) {
      call();
      return "undefined";
    } else {
      return text_of(call());
    }
  }
  static std::string text_of(std::monostate) { return "undefined"; }
  template <class... Values>
  std::string text_of(const std::variant<Values...>& value) const {
    return std::visit([this](const auto& which) { return this->text_of(which); }, value);
  }
  static std::string text_of(bool value) { return value ? "true" : "false"; }
  static std::string text_of(int value) { return std::to_string(value); }
  static std::string text_of(std::size_t value) { return std::to_string(value); }
  static std::string text_of(const std::string& value);
  static std::string text_of(const dgram::node::Socket&) { return "socket"; }
  std::string text_of(const dgram::node::AddressInfo& value) const;
  std::string port_text(int port) const;
  std::string words_of(const dgram::node::Error& error) const;
  void try_call(const std::string& what, const std::function<std::string()>& call);

  const Host* network_;
  std::vector<std::string> lines_;
  std::vector<std::function<void()>> at_exit_;
  std::vector<std::shared_ptr<void>> kept_;
  std::list<Inherited> descriptors_;
  std::map<int, std::string> ports_;
  std::size_t one_ = 0;
  bool survives_ = false;

 public:
  // Destroyed before the rest: its handlers use that, and its sockets have adopted descriptors.
  asio::io_context io;
};

}  // namespace test
