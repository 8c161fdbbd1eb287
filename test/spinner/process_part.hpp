// Links between two ends in this process, and processes that follow one another at a path: here
// they are coroutines.
#pragma once

#include <array>
#include <asio/awaitable.hpp>
#include <asio/cancellation_signal.hpp>
#include <cstddef>
#include <cstdint>
#include <dgram/dgram.hpp>
#include <dgram/process.hpp>
#include <list>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "process/folder.hpp"
#include "spinner/stage.hpp"
#include "spinner/world.hpp"

namespace spinner {

/// One end of a pair of links, and what it owes the other one.
struct LinkEnd {
  std::unique_ptr<dgram::DescriptorLink> link;
  std::set<std::uint64_t> under_way;  ///< Sent, and not received by the other end.
  int receives = 0, sends = 0;        ///< Operations that are pending.
  std::list<asio::cancellation_signal> signals;
};

struct LinkPair {
  std::array<LinkEnd, 2> ends;
  bool is_hostile = false;  ///< Somebody has written to it who is no link.
  bool has_closed = false;
};

/// One that takes over, serves, and hands over.
struct Server {
  enum class State : unsigned char { taking_over, getting_ready, serving, gone };
  std::shared_ptr<dgram::Handover> handover;
  State state = State::taking_over;
  asio::cancellation_signal signal;
  dgram::Descriptor socket;
};

class ProcessPart : public Part {
 public:
  explicit ProcessPart(World&);

  Stage& stage() noexcept { return stage_; }

  // ---- links

  static constexpr std::size_t pairs_count = 4;
  /// On the stage. Made where it is not there.
  LinkPair& pair(std::size_t n);
  void end_pair(std::size_t n);
  /// A message, with some descriptors of one kernel socket.
  std::string write(LinkEnd& end, std::uint64_t& number);
  std::vector<dgram::NativeHandle> descriptors(std::size_t count) const;
  /// What `to` has received.
  void received(LinkPair& pair, std::size_t to, const dgram::DescriptorLink::Message& message);
  asio::awaitable<void> send(std::size_t n, std::size_t from, std::size_t count, bool throws);
  asio::awaitable<void> receive(std::size_t n, std::size_t to, bool throws);

  // ---- handover

  struct Plan {
    bool throws = false;
    bool gives_up = false;  ///< Between take_over() and ready().
  };
  /// On the stage.
  void start_server(const Plan& plan);
  std::list<std::shared_ptr<Server>>& servers() noexcept { return servers_; }
  void close_server(Server& server);
  /// Somebody who is no successor calls at the path, says something, and goes.
  void call_as_stranger(const std::string& says) const;

  void end_operations() override;

 private:
  asio::awaitable<void> serve(std::shared_ptr<Server> server, Plan plan);
  /// The kernel's number of a socket.
  static std::uint64_t cookie_of(int handle);
  std::size_t serving() const;

  test::Folder folder_;
  dgram::Descriptor socket_;
  std::uint64_t cookie_ = 0, numbered_ = 0;
  std::array<std::shared_ptr<LinkPair>, pairs_count> pairs_;
  std::list<std::shared_ptr<Server>> servers_;
  bool must_serve_ = false;  ///< One has begun to serve, and was not closed by us.
  Stage stage_;
};

}  // namespace spinner
