// A worker that does what it is told, a line at a time, and answers each with a line: README.md has
// the commands, worker.js is the same program for Node.
#include <unistd.h>

#include <algorithm>
#include <asio/io_context.hpp>
#include <cstdlib>
#include <dgram/node/cluster/worker.hpp>
#include <dgram/node/next_tick.hpp>
#include <dgram/node/socket.hpp>
#include <exception>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "words.hpp"

namespace {

namespace node = dgram::node;
namespace event = dgram::node::event;
using test::Words;
using test::words_of;

bool has(const Words& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

/// A socket, and who is to be told what happens to it next.
struct Told {
  node::Socket socket;
  std::function<void(std::string)> next;
};

class Commands {
 public:
  Commands(asio::io_context& io, const node::cluster::Worker& worker) : io_(io), worker_(worker) {}

  void run(std::string_view line) {
    Words words = words_of(line);
    const std::string command = words.front();
    words.erase(words.begin());
    try {
      (this->*commands.at(command))(words);
    } catch (const node::Error& error) {
      answer("threw " + error.message());
    }
  }

 private:
  using Command = void (Commands::*)(const Words&);
  static const std::map<std::string, Command> commands;

  void answer(const std::string& text) { worker_.send(text); }
  auto answers() {
    return [this](const std::string& text) { answer(text); };
  }

  void tell(const std::string& name, const std::string& text) {
    Told& told = *sockets_.at(name);
    if (const auto next = std::exchange(told.next, nullptr))
      next(text);
    else
      stray_ += (stray_.empty() ? "" : ", ") + name + ' ' + text;
  }

  /// Makes a socket, or finds it.
  Told& socket_for(const std::string& name, const std::string& type, const Words& words) {
    if (const auto found = sockets_.find(name); found != sockets_.end()) return *found->second;
    node::SocketOptions options;
    options.type = type;
    options.reuse_addr = has(words, "reuseAddr");
    options.ipv6_only = has(words, "ipv6Only");
    options.reuse_port = has(words, "reusePort");
    const node::Socket socket = node::create_socket(io_, options);
    socket.on(event::message, [this, socket](const auto& message, const node::RemoteInfo& rinfo) {
      ++messages_;
      socket.send(std::to_string(::getpid()) + ' ' + std::string(message.text()), rinfo.endpoint());
    });
    socket.on(event::listening, [this, name, socket] {
      const node::AddressInfo own = socket.address();
      tell(name, "listening " + own.address + ' ' + std::to_string(own.port));
    });
    socket.on(event::error,
              [this, name](const node::Error& error) { tell(name, "error " + error.message()); });
    socket.on(event::close, [this, name] { tell(name, "close"); });
    return *sockets_.emplace(name, std::make_unique<Told>(Told{socket, {}})).first->second;
  }

  static node::BindOptions bind_options(const Words& words) {
    node::BindOptions options;
    options.address = words.at(2);
    options.port = std::stoi(words.at(3));
    options.exclusive = has(words, "exclusive");
    for (const std::string& word : words)
      if (word.starts_with("fd=")) options.fd = std::stoi(word.substr(3));
    return options;
  }

  void bind(const Words& words) {
    Told& told = socket_for(words.at(0), words.at(1), words);
    const auto before = std::exchange(told.next, answers());
    try {
      told.socket.bind(bind_options(words));
    } catch (...) {
      told.next = before;
      throw;
    }
  }
  void bind_and_close(const Words& words) {
    Told& told = socket_for(words.at(0), words.at(1), words);
    told.socket.bind(bind_options(words));
    told.next = answers();
    // The lookup is over, and the primary has been asked.
    node::next_tick(
        io_, [this, socket = told.socket] { node::next_tick(io_, [socket] { socket.close(); }); });
  }
  void bind_in_turn(const Words& words) {
    Told& told = socket_for(words.at(0), words.at(1), words);
    const auto seen = std::make_shared<std::string>();
    told.next = [this, seen](const std::string&) { answer(*seen + "listening"); };
    told.socket.bind(bind_options(words));
    node::next_tick(io_, [seen] { *seen += "tick "; });
  }
  // Many at once: how many of them listen.
  void bind_many(const Words& words) {
    const int count = std::stoi(words.at(0));
    const auto left = std::make_shared<int>(count);
    const auto good = std::make_shared<int>(0);
    for (int i = 0; i < count; ++i) {
      Told& told = socket_for("many" + std::to_string(i), "udp4", {});
      told.next = [this, left, good](const std::string& text) {
        if (text.starts_with("listening")) ++*good;
        if (--*left == 0) answer(std::to_string(*good) + " listen");
      };
      told.socket.bind(0, "127.0.0.1");
    }
  }
  void close(const Words& words) {
    Told& told = *sockets_.at(words.at(0));
    told.next = [this, name = words.at(0)](const std::string& text) {
      answer(text);
      node::next_tick(io_, [this, name] { sockets_.erase(name); });
    };
    told.socket.close();
  }
  void address(const Words& words) {
    answer(std::to_string(sockets_.at(words.at(0))->socket.address().port));
  }
  void remote(const Words& words) {
    answer(std::to_string(sockets_.at(words.at(0))->socket.remote_address().port));
  }
  void join(const Words& words) {
    sockets_.at(words.at(0))->socket.add_membership(words.at(1), words.at(2));
    answer("undefined");
  }
  // While the primary is asked: there is no socket yet.
  void bind_and_join(const Words& words) {
    Told& told = socket_for(words.at(0), words.at(1), words);
    told.next = [](const std::string&) {};
    told.socket.bind(bind_options(words));
    told.socket.add_membership("239.1.2.3", "127.0.0.1");
  }
  void set_recv_buffer(const Words& words) {
    sockets_.at(words.at(0))->socket.set_recv_buffer_size(std::stoi(words.at(1)));
    answer("undefined");
  }
  void recv_buffer(const Words& words) {
    answer(std::to_string(sockets_.at(words.at(0))->socket.get_recv_buffer_size()));
  }
  void connect(const Words& words) {
    Told& told = socket_for(words.at(0), words.at(1), {});
    if (told.next == nullptr) told.next = [](const std::string&) {};  // of an implicit bind
    told.socket.connect(std::stoi(words.at(2)),
                        words.at(1) == "udp6" ? "::1" : "127.0.0.1",
                        [this](const node::Error* error) {
                          answer(error ? "error " + error->message() : "connect");
                        });
  }
  void send(const Words& words) {
    Told& told = socket_for(words.at(0), words.at(1), {});
    told.next = [](const std::string&) {};
    told.socket.send(words.at(3),
                     std::stoi(words.at(2)),
                     "127.0.0.1",
                     [this, socket = told.socket](const node::Error* error) {
                       answer(error ? "error " + error->message()
                                    : "sent from " + std::to_string(socket.address().port));
                     });
  }
  void stray(const Words&) {
    answer(stray_.empty() ? "nothing" : stray_);
    stray_.clear();
  }
  void messages(const Words&) { answer(std::to_string(messages_)); }
  void disconnect(const Words&) {
    answer("leaves");
    worker_.disconnect();
  }
  [[noreturn]] void exit(const Words& words) { std::_Exit(std::stoi(words.at(0))); }

  asio::io_context& io_;
  node::cluster::Worker worker_;
  std::map<std::string, std::unique_ptr<Told>> sockets_;
  std::string stray_;
  unsigned long messages_ = 0;
};

const std::map<std::string, Commands::Command> Commands::commands = {
    {"bind", &Commands::bind},
    {"bind-and-close", &Commands::bind_and_close},
    {"bind-in-turn", &Commands::bind_in_turn},
    {"bind-and-join", &Commands::bind_and_join},
    {"bind-many", &Commands::bind_many},
    {"close", &Commands::close},
    {"address", &Commands::address},
    {"remote", &Commands::remote},
    {"join", &Commands::join},
    {"set-recv-buffer", &Commands::set_recv_buffer},
    {"recv-buffer", &Commands::recv_buffer},
    {"connect", &Commands::connect},
    {"send", &Commands::send},
    {"stray", &Commands::stray},
    {"messages", &Commands::messages},
    {"disconnect", &Commands::disconnect},
    {"exit", &Commands::exit},
};

}  // namespace

int main() try {
  asio::io_context io;
  const node::cluster::Worker worker(io);
  Commands commands(io, worker);
  worker.on(node::cluster::event::message,
            [&commands](std::string_view line) { commands.run(line); });
  io.run();
  return 0;
} catch (const std::exception& error) {
  std::cerr << "worker: " << error.what() << '\n';
  return 1;
}
