// A primary with workers that do what they are told: worker.cpp.
#pragma once

#include <asio/io_context.hpp>
#include <dgram/node/cluster/primary.hpp>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "support/run_until.hpp"

namespace test {

class Cluster {
 public:
  using WorkerProcess = dgram::node::cluster::WorkerProcess;

  /// @param before What a shell does before it becomes the worker.
  explicit Cluster(const std::string& before = {}) : Cluster(settings(before)) {}
  explicit Cluster(const dgram::node::cluster::Settings& settings);
  Cluster(const Cluster&) = delete;
  /// Kills the workers, and waits for their end.
  ~Cluster();

  /// Starts a worker, and waits until it is online.
  WorkerProcess fork();
  /// Tells a worker what to do, and waits for what it says.
  std::string ask(const WorkerProcess& worker, const std::string& command);
  /// Kills a worker, and waits for its end.
  void kill(const WorkerProcess& worker);
  template <class Condition>
  void until(Condition condition) {
    run_until(io, condition);
  }

  static dgram::node::cluster::Settings settings(const std::string& before = {});

  /// How many sockets of this network have a port.
  static int sockets_on(int port);

  asio::io_context io;
  dgram::node::cluster::Primary primary;
  /// What was emitted, a line each: "1 udp4 127.0.0.1 5000 -1", "1 disconnect wanted=true".
  std::vector<std::string> listening;
  std::vector<std::string> ended;

 private:
  std::map<int, std::string> said_;
  std::map<int, bool> online_;
};

/// A port behind its address in "listening 127.0.0.1 5000".
int port_in(const std::string& line);

}  // namespace test
