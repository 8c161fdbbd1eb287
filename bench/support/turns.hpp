// Contenders in processes of their own that take turns.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "../peers/peer.hpp"
#include "child.hpp"
#include "program.hpp"
#include "udp_socket.hpp"

namespace bench {

/// A contender, stopped: it goes on for its turn, and is stopped at its end.
class Contender {
 public:
  explicit Contender(const std::string& in_case, const Peer& peer)
      : name(peer.name),
        socket(large_buffer),
        child(in_case + '/' + peer.name,
              [&peer, this](const ToParent& parent) { peer.run(socket.descriptor(), parent); }) {
    child.wait_until_ready();
    child.stop();
  }
  Contender(const Contender&) = delete;

  const std::string name;
  UdpSocket socket;
  Child child;
};

/// Gives each of the peers its turn in each round, in an order that rotates.
/**
 * A contender lives for all rounds of a case, and is stopped while others have their turn.
 * The first turn, in round -1, is not to be counted: compilers, caches and pools warm up in it.
 */
inline void take_turns(Program& program,
                       const std::string& in_case,
                       const std::vector<Peer>& peers,
                       const std::function<void(Contender&, int round)>& turn) {
  std::vector<std::unique_ptr<Contender>> contenders;
  for (const Peer& peer : peers)
    if (peer.missing.empty() && program.wants(peer.name))
      contenders.push_back(std::make_unique<Contender>(in_case, peer));
  for (int round = -1; round < program.rounds(); ++round)
    for (std::size_t i = 0; i < contenders.size(); ++i)
      turn(*contenders[(i + static_cast<std::size_t>(round + 1)) % contenders.size()], round);
}

/// Names those that cannot run here. Returns false when naming is all that was asked for.
inline bool announce(Program& program, const std::vector<Peer>& peers) {
  bool any = false;
  for (const Peer& peer : peers) {
    if (peer.missing.empty())
      any |= program.wants(peer.name);
    else
      program.missing(peer.name, peer.missing);
  }
  return any;
}

/// Runs a program's body; what it throws is an error line and an exit status.
inline int report_errors(const char* question, const std::function<void()>& body) {
  try {
    body();
    return 0;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "%s: error: %s\n", question, e.what());
    return 1;
  }
}

}  // namespace bench
