// A primary and its workers: ends of links in this process, each with a context of its own, and
// now and then a real process.
#pragma once

#include <asio/io_context.hpp>
#include <cstddef>
#include <cstdint>
#include <dgram/node.hpp>
#include <dgram/process.hpp>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "spinner/world.hpp"

namespace spinner {

/// The worker's side.
struct WorkerEnd {
  asio::io_context context{1};
  std::unique_ptr<dgram::node::cluster::Worker> worker;
  std::vector<dgram::node::Socket> sockets;
  std::uint64_t said = 0, heard = 0;  ///< Texts to the primary, and from it.
  int disconnects = 0;
};

/// What the primary has seen of a worker.
struct WorkerSeen {
  bool is_online = false, has_left = false, has_ended = false, is_hostile = false;
  std::uint64_t said = 0, heard = 0;  ///< Texts to the worker, and from it.
};

class ClusterPart : public Part {
 public:
  explicit ClusterPart(World&);

  /// Does something while nothing runs, and runs what is ready then.
  void act(const std::function<void()>& deed);

  dgram::node::cluster::Primary& primary() noexcept { return *primary_; }
  /// The worker whose number that is, or none.
  WorkerEnd* end(std::uint64_t choice);
  dgram::node::cluster::WorkerProcess* process(std::uint64_t choice);
  WorkerSeen& seen(const dgram::node::cluster::WorkerProcess& worker);

  void begin_worker();
  /// As a process that is killed.
  void kill_worker(std::uint64_t choice);
  /// A worker that says what no worker says.
  void begin_hostile(const std::string& says);
  void fork();
  void bind(WorkerEnd& worker, bool exclusive);
  void send(std::uint64_t choice);

  void end_operations() override;

 private:
  void watch();
  bool poll();
  void run_until(const std::function<bool()>& holds, const char* otherwise);

  std::mutex mutex_;
  asio::io_context context_{1};
  std::unique_ptr<dgram::node::cluster::Primary> primary_;
  std::vector<dgram::node::cluster::WorkerProcess> processes_;
  std::map<int, WorkerSeen> seen_;
  std::list<std::unique_ptr<WorkerEnd>> ends_;
  std::vector<dgram::DescriptorLink> hostile_;
  std::set<std::uint64_t> heard_;  ///< Datagrams that a worker has got.
  std::vector<int> ports_;
  std::uint64_t numbered_ = 0;
};

}  // namespace spinner
