// Handlers that throw, called where there is no memory to post them: nothing ends the program, and
// the exception leaves run() when there is memory again.
#include <dgram/dgram.hpp>
#include <stdexcept>
#include <support/catch2.hpp>
#include <support/loopback.hpp>
#include <vector>

#include "counting.hpp"
#include "for_each_request.hpp"

namespace alloc_throwing_handler_test {

namespace {

/// Runs the context until it is done; how many exceptions left it.
int exceptions_of(asio::io_context& io) {
  int n = 0;
  for (;;) {
    try {
      io.restart();
      io.run();
      return n;
    } catch (const std::runtime_error&) {
      ++n;
    }
  }
}

}  // namespace

TEST_CASE("close and cancel survive handlers that throw, whatever request to the heap fails",
          "[alloc][close]") {
  const bool closes = GENERATE(false, true);
  test::for_each_request([&](std::size_t nth) {
    asio::io_context io;
    dgram::Socket socket = test::bound(io);
    int calls = 0;
    constexpr int operations = 5;
    for (int i = 0; i < operations; ++i)
      socket.async_recv([&](std::error_code, dgram::Datagram) {
        ++calls;
        throw std::runtime_error("of a handler");
      });
    io.poll();
    bool fired = false;
    {
      const test::FailingAllocation failing(nth);
      if (closes)
        socket.close();
      else
        socket.cancel();
      fired = failing.fired();
    }
    const int told = exceptions_of(io);
    CHECK(calls == operations);
    CHECK(told >= 1);
    CHECK(told <= operations);
    return fired;
  });
}

TEST_CASE("a wait that cannot be armed ends with no_memory, and its handler may throw",
          "[alloc][recv]") {
  test::for_each_request([](std::size_t nth) {
    asio::io_context io;
    dgram::Socket socket = test::bound(io);
    dgram::Socket peer = test::bound(io);
    int calls = 0;
    const auto throwing = [&](std::error_code, dgram::Datagram) {
      ++calls;
      throw std::runtime_error("of a handler");
    };
    socket.async_recv(throwing);
    socket.async_recv(throwing);
    io.poll();
    test::put(peer, socket, "for the first");
    int told = 0;
    bool fired = false;
    {
      const test::FailingAllocation failing(nth);
      try {
        io.restart();
        io.poll();
      } catch (const std::runtime_error&) {
        ++told;
      } catch (const std::bad_alloc&) {
      }
      fired = failing.fired();
    }
    io.restart();
    for (bool done = false; !done;) {
      try {
        io.poll();
        done = true;
      } catch (const std::runtime_error&) {
        ++told;
      }
    }
    socket.close();
    told += exceptions_of(io);
    CHECK(calls == 2);
    CHECK(told >= 1);
    return fired;
  });
}

}  // namespace alloc_throwing_handler_test
