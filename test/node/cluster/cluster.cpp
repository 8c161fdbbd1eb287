#include "cluster.hpp"

#include <csignal>
#include <cstring>
#include <fstream>
#include <sstream>
#include <string_view>

#include "support/catch2.hpp"

namespace test {

namespace event = dgram::node::cluster::event;
using dgram::node::cluster::ExitStatus;
using dgram::node::cluster::ListeningInfo;
using dgram::node::cluster::Settings;
using dgram::node::cluster::WorkerProcess;

namespace {

std::string name_of(int signal) {
  return signal == SIGKILL ? "SIGKILL" : signal == SIGTERM ? "SIGTERM" : std::to_string(signal);
}

}  // namespace

Settings Cluster::settings(const std::string& before) {
  Settings result;
  result.exec = before.empty() ? WORKER : "sh";
  if (!before.empty()) result.args = {"-c", before + " && exec " + WORKER};
  return result;
}

Cluster::Cluster(const Settings& settings) : primary(io, settings) {
  primary.on(event::online, [this](const WorkerProcess& worker) { online_[worker.id()] = true; });
  primary.on(event::message, [this](const WorkerProcess& worker, std::string_view text) {
    said_[worker.id()] = text;
  });
  primary.on(event::listening, [this](const WorkerProcess& worker, const ListeningInfo& info) {
    listening.push_back(std::to_string(worker.id()) + ' ' + info.address_type + ' ' +
                        (info.address.empty() ? "-" : info.address) + ' ' +
                        std::to_string(info.port) + ' ' + std::to_string(info.fd));
  });
  primary.on(event::disconnect, [this](const WorkerProcess& worker) {
    ended.push_back(std::to_string(worker.id()) +
                    " disconnect wanted=" + (worker.exited_after_disconnect() ? "true" : "false"));
  });
  primary.on(event::exit, [this](const WorkerProcess& worker, const ExitStatus& status) {
    ended.push_back(std::to_string(worker.id()) + " exit " +
                    (status.signal ? name_of(status.signal) : std::to_string(status.code)));
  });
}

Cluster::~Cluster() {
  for (const WorkerProcess& worker : primary.workers()) worker.kill(SIGKILL);
  try {
    until([this] { return primary.workers().empty(); });
  } catch (const std::exception& error) {
    FAIL_CHECK(error.what());
  }
}

WorkerProcess Cluster::fork() {
  const WorkerProcess worker = primary.fork();
  until([&] { return online_[worker.id()]; });
  return worker;
}

std::string Cluster::ask(const WorkerProcess& worker, const std::string& command) {
  said_.erase(worker.id());
  if (!worker.send(command)) throw std::runtime_error("the worker is not connected: " + command);
  until([&] {
    if (!worker.is_connected() && !said_.contains(worker.id()))
      throw std::runtime_error("the worker has gone without an answer: " + command);
    return said_.contains(worker.id());
  });
  return said_[worker.id()];
}

void Cluster::kill(const WorkerProcess& worker) {
  worker.kill(SIGKILL);
  until([&] { return worker.is_dead(); });
}

int Cluster::sockets_on(int port) {
  std::ostringstream text;
  text << ':' << std::uppercase << std::hex;
  text.width(4);
  text.fill('0');
  text << port;
  const std::string end = text.str();
  int count = 0;
  for (const char* table : {"/proc/net/udp", "/proc/net/udp6"}) {
    std::ifstream lines(table);
    for (std::string line; std::getline(lines, line);) {
      std::istringstream words(line);
      std::string slot, local;
      words >> slot >> local;
      if (local.ends_with(end)) ++count;
    }
  }
  return count;
}

int port_in(const std::string& line) {
  return std::stoi(line.substr(line.rfind(' ') + 1));
}

}  // namespace test
