#include "script.hpp"

#include <algorithm>
#include <csignal>
#include <dgram/socket.hpp>
#include <fstream>
#include <map>
#include <optional>
#include <regex>
#include <stdexcept>

#include "cluster.hpp"
#include "words.hpp"

namespace test {

namespace {

class Player {
 public:
  std::vector<std::string> play(const std::string& command) {
    lines_.clear();
    const Words words = words_of(filled(command));
    if (words.front().find_first_not_of("0123456789") == std::string::npos)
      log(cluster_.ask(worker(words.front()), command_of(words)));
    else
      (this->*commands.at(words.front()))(words);
    return lines_;
  }

 private:
  using Command = void (Player::*)(const Words&);
  static const std::map<std::string, Command> commands;

  static std::string command_of(const Words& words) {
    std::string result;
    for (std::size_t i = 1; i < words.size(); ++i) result += (i > 1 ? " " : "") + words[i];
    return result;
  }

  // Ports that the system chose differ from run to run: the first is <p1>.
  void log(const std::string& line) {
    Words words = words_of(line);
    for (std::string& word : words) {
      if (word.size() != 5 || word.find_first_not_of("0123456789") != std::string::npos) continue;
      if (std::stoi(word) < 32768) continue;
      auto found = std::find(ports_.begin(), ports_.end(), word);
      if (found == ports_.end()) found = ports_.insert(ports_.end(), word);
      word = "<p" + std::to_string(found - ports_.begin() + 1) + ">";
    }
    std::string result;
    for (const std::string& word : words) result += (result.empty() ? "" : " ") + word;
    lines_.push_back(result);
  }
  std::string filled(std::string command) const {
    for (std::size_t i = 0; i < ports_.size(); ++i)
      command =
          std::regex_replace(command, std::regex("<p" + std::to_string(i + 1) + ">"), ports_[i]);
    return std::regex_replace(command, std::regex("<fd>"), std::to_string(fd_));
  }
  const Cluster::WorkerProcess& worker(const std::string& id) const {
    return workers_.at(static_cast<std::size_t>(std::stoi(id) - 1));
  }

  void fork(const Words&) {
    workers_.push_back(cluster_.fork());
    log(std::to_string(workers_.back().id()) + " online");
  }
  // With its process.
  void ends(std::size_t events = 2) {
    cluster_.until([&] { return cluster_.ended.size() >= events; });
    for (const std::string& line : cluster_.ended) log(line);
    cluster_.ended.clear();
  }
  void kill(const Words& words) {
    worker(words.at(1)).kill(SIGKILL);
    ends();
  }
  void exit(const Words& words) {
    worker(words.at(1)).send("exit " + words.at(2));
    ends();
  }
  void disconnect(const Words& words) {
    worker(words.at(1)).disconnect();
    ends();
  }
  void leave(const Words& words) {
    worker(words.at(1)).send("disconnect");
    ends();
  }
  void part(const Words& words) {
    worker(words.at(1)).disconnect();
    ends(1);
  }
  void events(const Words& words) {
    const std::size_t count = std::stoul(words.at(1));
    cluster_.until([&] { return cluster_.listening.size() >= count; });
    for (const std::string& line : cluster_.listening) log("listening " + line);
    cluster_.listening.clear();
  }
  void sockets(const Words& words) {
    const int port = std::stoi(words.at(1));
    const int count = std::stoi(words.at(2));
    cluster_.until([&] { return Cluster::sockets_on(port) == count; });
    log(words.at(2) + " on " + words.at(1));
  }
  void count(const Words& words) {
    log(std::to_string(Cluster::sockets_on(std::stoi(words.at(1)))) + " on " + words.at(1));
  }
  void ask(const Words& words) {
    const auto port = static_cast<unsigned short>(std::stoi(words.at(1)));
    const dgram::Endpoint to(asio::ip::address_v4::loopback(), port);
    dgram::Socket peer(cluster_.io);
    peer.bind(dgram::Endpoint(asio::ip::address_v4::loopback(), 0));
    std::error_code ec;
    for (int left = std::stoi(words.at(2)); left > 0; --left) {
      peer.try_send("question", to, ec);
      cluster_.until([&] { return peer.try_recv(ec).has_value(); });
    }
    log(words.at(2) + " answers");
  }
  void open(const Words& words) {
    const auto port = static_cast<unsigned short>(std::stoi(words.at(1)));
    held_.emplace(cluster_.io);
    held_->bind(dgram::Endpoint(asio::ip::address_v4::loopback(), port));
    fd_ = held_->native_handle();
    cluster_.primary.offer(fd_);
    log("descriptor true");
  }

  Cluster cluster_;
  std::vector<Cluster::WorkerProcess> workers_;
  std::vector<std::string> ports_;
  std::vector<std::string> lines_;
  std::optional<dgram::Socket> held_;
  int fd_ = -1;
};

const std::map<std::string, Player::Command> Player::commands = {
    {"fork", &Player::fork},
    {"kill", &Player::kill},
    {"exit", &Player::exit},
    {"disconnect", &Player::disconnect},
    {"leave", &Player::leave},
    {"part", &Player::part},
    {"events", &Player::events},
    {"sockets", &Player::sockets},
    {"count", &Player::count},
    {"ask", &Player::ask},
    {"open", &Player::open},
};

}  // namespace

Played play(const std::string& scenario) {
  std::ifstream file(std::string(SCENARIOS) + '/' + scenario + ".txt");
  if (!file) throw std::runtime_error("there is no scenario " + scenario);
  Player player;
  Played played;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line.starts_with('#') || line.starts_with("node: ")) continue;
    if (line.starts_with("dgram: ")) line.erase(0, 7);
    played.wanted.push_back(line);
    if (!line.starts_with("> ")) continue;
    played.got.push_back(line);
    for (const std::string& said : player.play(line.substr(2))) played.got.push_back(said);
  }
  return played;
}

}  // namespace test
