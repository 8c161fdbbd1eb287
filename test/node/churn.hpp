// Sockets that live short: each is brought into some state and closed there in some way, and
// watched until nothing can come from it any more.
#pragma once

#include <asio/io_context.hpp>
#include <cstddef>
#include <deque>
#include <dgram/node/socket.hpp>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace test {

/// How a socket is closed.
enum class Way { close, twice, stop, stop_elsewhere, dispose, never };

/// What the sockets of a round share.
struct Round {
  asio::io_context& io;
  /// Held by everything that a socket of the round is given.
  std::shared_ptr<int> held = std::make_shared<int>();
  /// Of lookups that nobody answers.
  std::vector<dgram::node::LookupCallback> unanswered = {};
  /// Requested by another thread while the round runs.
  std::vector<std::stop_source> stopped_elsewhere = {};
};

/// A socket, and what became of it and of its callbacks.
class Subject {
 public:
  Subject(Round& round, Way way);
  Subject(const Subject&) = delete;

  dgram::node::Socket& socket() { return *socket_; }
  Round& round() noexcept { return round_; }
  /// Its listeners have copies, while they are not forgotten.
  void drop_handle() { socket_.reset(); }

  /// Closes the socket in its way, unless that was done already.
  void finish();
  /// Closes what is closed already in every way: all that can be said is "Not running".
  void finish_again();

  // ---- callbacks, that are counted
  dgram::node::SendCallback sent();
  dgram::node::ConnectCallback connected();
  dgram::node::Callback bound();

  // ---- what became of it
  bool is_closed() const noexcept { return closed_ == 1; }
  /// Empty when all went well.
  std::string fault() const;
  /// So many times was it called: events and callbacks.
  std::size_t calls() const noexcept { return calls_; }

 private:
  /// Calls of each callback. A deque, whose members stay where they are.
  using Counts = std::deque<std::size_t>;

  std::function<void()> counted(Counts& counts);
  void close();
  void dispose();
  void watch();
  std::size_t listeners() const;
  void look_up(const std::string& host, dgram::node::LookupCallback done);

  Round& round_;
  const Way way_;
  std::stop_source stop_;
  std::optional<dgram::node::Socket> socket_;
  bool finished_ = false;
  std::size_t closed_ = 0, late_ = 0, calls_ = 0;
  Counts exactly_, at_most_;
};

/// Brings a socket into a state, and finishes it there.
struct State {
  std::string_view name;
  void (*enter)(Subject& subject);
};

/// All states that a socket can be closed in.
const std::vector<State>& all_states();

}  // namespace test
