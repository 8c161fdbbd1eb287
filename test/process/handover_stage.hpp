// Two Handovers in one process, and a path that they meet at.
#pragma once

#include <asio/awaitable.hpp>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>
#include <chrono>
#include <dgram/dgram.hpp>
#include <dgram/handover.hpp>
#include <filesystem>
#include <string>
#include <system_error>

#include "folder.hpp"

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

inline bool exists(const std::string& path) {
  return std::filesystem::exists(path);
}

}  // namespace test
