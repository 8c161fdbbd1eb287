// Node's sockets, and the books on each of them: which events have come, which callbacks are owed,
// and what became of the datagrams that they send to each other.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <dgram/node.hpp>
#include <functional>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "spinner/stage.hpp"
#include "spinner/world.hpp"

namespace spinner {

class NodePart;

/// One node::Socket.
struct NodeSubject {
  NodeSubject(NodePart& p, std::uint64_t n) : part(p), number(n) {}

  NodePart& part;
  const std::uint64_t number;
  std::stop_source stop;
  std::unique_ptr<dgram::node::Socket> socket;
  bool is_v6 = false;

  int listenings = 0, connects = 0, connects_asked = 0, closes = 0;
  std::uint64_t heard = 0;   ///< Datagrams that its listener got.
  std::int64_t missing = 0;  ///< Accepted for it, and not heard.
  bool had_peer = false;     ///< The kernel gives a connected socket its peer's datagrams only.
  bool had_member = false;   ///< A membership has a port at once, while the bind waits for a name.
  bool shares_port = false;  ///< Or was given another one's descriptor.
  bool throws_once = false;  ///< The listener of its next message throws.
  dgram::node::ListenerId extra = 0;  ///< A listener of `message` beside ours.

  std::string name() const;
  dgram::node::Socket& get() noexcept { return *socket; }
};

using NodeSubjectPtr = std::shared_ptr<NodeSubject>;

class NodePart : public Part {
 public:
  explicit NodePart(World&) {}

  Stage& stage() noexcept { return stage_; }

  static constexpr std::size_t places_count = 8;
  NodeSubjectPtr& place(std::size_t n) noexcept { return places_[n % places_count]; }

  NodeSubjectPtr make(dgram::node::SocketOptions options, bool has_lookup);
  /// Our listeners, where they are not there.
  void watch(const NodeSubjectPtr& subject);

  /// One that is bound and open, of the family of `sender`, and its port; none: nullptr and 9.
  struct Target {
    NodeSubjectPtr subject;
    int port = 9;
  };
  Target target(const NodeSubject& sender, std::uint64_t choice);

  // ---- callbacks: what is owed is called once

  struct Owed {
    std::string what;
    int calls = 0;
    bool is_due = true;    ///< Has to be called.
    bool is_void = false;  ///< Its call has thrown: must not be called.
  };
  Owed& owe(std::string what, bool is_due);
  /// A callback of nothing that counts itself.
  static void call(Owed& owed);

  // ---- datagrams

  struct Record {
    NodeSubjectPtr target;
    std::size_t size = 0;
    bool accepted = false, refused = false, arrived = false;
  };
  /// Numbers and fills a datagram.
  std::uint32_t write(std::span<std::byte> bytes, const NodeSubjectPtr& target);
  void sent(std::uint32_t number, const dgram::node::Error* error, std::size_t bytes);

  /// Answers later, or at a quiescent point.
  void look_up(const std::string& host, int family, dgram::node::LookupCallback done);
  void answer(std::size_t at_most);

  void tick();  ///< Has a tick run, which has to come behind those before.

  void end_operations() override;
  void check() override;

 private:
  void heard(NodeSubject& subject, const dgram::Datagram& datagram);
  std::string missing();
  std::string owed();
  static bool is_quiet(NodeSubject& subject);

  // The stage is the last to be made and the first to go: what its sockets hold points to the rest.
  std::array<NodeSubjectPtr, places_count> places_;
  std::vector<NodeSubjectPtr> all_;
  std::deque<Owed> owed_;
  std::vector<Record> records_;
  std::vector<std::function<void()>> lookups_;
  std::uint64_t made_ = 0, ticks_ = 0, ticked_ = 0;
  Stage stage_;
};

}  // namespace spinner
