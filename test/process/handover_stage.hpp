// Two Handovers in one process, and a path that they meet at.
#pragma once

#include <sys/socket.h>
#include <sys/un.h>

#include <asio/awaitable.hpp>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>
#include <chrono>
#include <dgram/dgram.hpp>
#include <dgram/process/handover.hpp>
#include <filesystem>
#include <string>
#include <system_error>

#include "folder.hpp"
#include "support/catch2.hpp"

namespace test {

struct HandoverStage {
  dgram::Handover make() { return dgram::Handover(io.get_executor(), path); }

  /// A process that serves, offering `socket` as "echo".
  asio::awaitable<void> serve(dgram::Handover& handover, dgram::Socket& socket) {
    handover.offer("echo", socket.native_handle());
    co_await handover.ready();
  }

  /// handed_over() on its way; `done` and `ec` say how it ended.
  struct Waiting {
    bool done = false;
    std::error_code ec;
  };
  void await(dgram::Handover& handover,
             Waiting& waiting,
             dgram::Handover::duration patience = std::chrono::minutes(1)) {
    const auto body =
        [](dgram::Handover& h, Waiting& w, dgram::Handover::duration p) -> asio::awaitable<void> {
      co_await h.handed_over(p, w.ec);
      w.done = true;
    };
    asio::co_spawn(io, body(handover, waiting, patience), asio::detached);
  }

  asio::io_context io;
  test::Folder folder;
  std::string path = folder / "handover";
};

inline sockaddr_un address_of(const std::string& path) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  return address;
}

/// Another program that listens at the path.
inline dgram::Descriptor listen_at(const std::string& path, int type = SOCK_SEQPACKET) {
  dgram::Descriptor listener(::socket(AF_UNIX, type | SOCK_CLOEXEC, 0));
  const sockaddr_un address = address_of(path);
  REQUIRE(::bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  REQUIRE(::listen(listener.get(), 8) == 0);
  return listener;
}

inline bool exists(const std::string& path) {
  return std::filesystem::exists(path);
}

}  // namespace test
