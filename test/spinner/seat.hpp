// A place for a socket: its home, the socket that has it now, and what is known of that one.
#pragma once

#include <asio/post.hpp>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <dgram/dgram.hpp>
#include <dgram/fault_channel.hpp>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "spinner/home.hpp"
#include "spinner/ledger.hpp"
#include "spinner/operation.hpp"
#include "spinner/reached.hpp"
#include "spinner/world.hpp"

namespace spinner {

/// What one dgram::Socket has done, by what its operations said.
struct Account {
  std::uint64_t received = 0;
  std::uint64_t sent = 0, sent_bytes = 0;
  std::uint64_t unknown = 0;  ///< Of a send_segments that failed: it does not tell how many.
  std::size_t pending = 0;    ///< Operations.
  /// Its numbers after close() or release(): nothing is added any more.
  std::optional<dgram::Stats> final_stats;
};

/// How a socket is made.
struct Setup {
  dgram::SocketOptions options;
  bool has_faults = false;
};

/// Another seat's socket, where a datagram can be sent to.
struct Destination {
  dgram::Endpoint endpoint;
  Line* line = nullptr;
};

class Seat {
 public:
  Seat(World& world, std::size_t number, Home home);
  Seat(const Seat&) = delete;
  ~Seat();

  World& world() noexcept { return world_; }
  const Home& home() const noexcept { return home_; }
  std::size_t number() const noexcept { return number_; }
  std::string name() const;

  // ---- steps, at home

  /// The number of the step that runs.
  std::uint64_t step() const noexcept { return step_; }
  void run(std::uint64_t step, const std::function<void(Seat&)>& deed);

  dgram::Socket& socket() noexcept { return *socket_; }
  std::shared_ptr<Account> account() const noexcept { return account_; }
  Line* line() const noexcept { return line_; }
  /// What its channel follows, where that is a fault channel.
  dgram::FaultScript* script() noexcept { return script_.get(); }
  const Setup& setup() const noexcept { return setup_; }

  /// A new socket, not open yet. The former one is destroyed, or assigned to.
  void renew(const Setup& setup, bool by_assignment);
  /// The same on what is there, for a socket that goes on with the kernel socket of the former one.
  std::unique_ptr<dgram::Socket> make(const Setup& setup);
  void replace(std::unique_ptr<dgram::Socket> next, bool keeps_kernel_socket);
  /// close() or release() has just ended the socket.
  void has_closed();
  /// The socket hears by another interface, until it is replaced.
  /// What is sent from now on may not arrive, nor may what still waits to be sent.
  void is_on_device();
  void has_stopped() noexcept { stopped_ = true; }
  bool is_stopped() const noexcept { return stopped_; }
  void excuse(Excuse why) {
    if (line_) line_->excuse(why);
  }

  /// Looks where the socket is bound and connected now.
  void look();

  /// A coroutine has made an awaitable of this socket and not awaited it yet, perhaps: the socket
  /// must not be destroyed.
  int pinned = 0;

  std::vector<dgram::Membership> memberships;
  std::optional<dgram::Datagram> kept;  ///< One that outlives what it came from.

  // ---- what is received and sent, at home

  void received(Operation* operation, const dgram::Datagram& datagram, bool is_prompt);
  void received(Operation* operation,
                std::span<const std::byte> bytes,
                std::size_t full_size,
                bool truncated,
                bool is_prompt);
  /// Where `choice` leads: a socket that this one's family reaches; its line is nullptr when there
  /// is none.
  Destination destination(std::uint64_t choice);
  Ledger::Sent write(std::span<std::byte> bytes, const Destination& to, Ledger::Way way);
  void book(Account& account, const Ledger::Sent& sent, Ledger::Result result);

  // ---- operations, at home

  void began(Operation& operation);
  /// It starts only now, on the socket that is here now.
  void arrived(Operation& operation);
  void ended(Operation& operation);
  const std::vector<Operation*>& pending() const noexcept { return pending_; }
  std::string words_of_pending() const;
  /// A future that completes at home, and what is done then.
  void await(std::function<bool()> is_ready) { futures_.push_back(std::move(is_ready)); }

  // ---- from any thread

  std::atomic<int> posted = 0;      ///< Steps on their way.
  std::atomic<int> operations = 0;  ///< Operations that are pending.
  Destination address(bool by_v6) const;
  Line* line_at(const dgram::Endpoint& endpoint) const;

  // ---- at a quiescent point, at home

  void end_operations();
  void do_nothing() {}
  void poll_futures();
  void drain();
  void check_numbers();
  /// A new epoch: what still excuses the socket, and a new one where it is of no use any more.
  void begin_epoch();
  void forget();

 private:
  void judge(Account& account, const dgram::Stats& stats);
  void end_line();
  void note_peer();

  World& world_;
  const std::size_t number_;
  const Home home_;
  std::uint64_t step_ = 0;
  Setup setup_;
  std::unique_ptr<dgram::Socket> socket_;
  std::shared_ptr<dgram::FaultScript> script_;
  std::shared_ptr<Account> account_;
  Line* line_ = nullptr;
  dgram::Endpoint local_, remote_;
  bool on_device_ = false, stopped_ = false;
  std::vector<Operation*> pending_;
  std::vector<std::function<bool()>> futures_;

  mutable std::mutex published_mutex_;
  struct Published {
    dgram::Endpoint v4, v6;  // port 0: not reached that way
    Line* line = nullptr;
  } published_;
};

}  // namespace spinner
