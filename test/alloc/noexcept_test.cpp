// What is declared not to throw keeps to that when the n-th request to the heap fails, for every n:
// the program goes on, and what was to be done is.
#include <asio/co_spawn.hpp>
#include <asio/steady_timer.hpp>
#include <dgram/dgram.hpp>
#include <dgram/node/next_tick.hpp>
#include <dgram/node/socket.hpp>
#include <dgram/scale/shard_group.hpp>
#include <exception>
#include <memory>
#include <new>
#include <stop_token>
#include <string>
#include <support/catch2.hpp>
#include <support/channel_kind.hpp>
#include <support/loopback.hpp>
#include <support/run.hpp>
#include <support/run_until.hpp>
#include <vector>

#include "counting.hpp"
#include "for_each_request.hpp"

namespace alloc_noexcept_test {

namespace {

namespace node = dgram::node;
namespace event = dgram::node::event;
using test::FailingAllocation;
using test::for_each_request;
using test::run_until;

/// Runs what is ready, with one request that fails. An exception of run() ends it, and it goes on.
bool run_failing(asio::io_context& io, std::size_t nth) {
  FailingAllocation failing(nth);
  for (int exceptions = 0; exceptions < 3; ++exceptions) {
    try {
      io.restart();
      io.poll();
      break;
    } catch (const std::bad_alloc&) {
    } catch (const node::Error&) {  // of a socket: ENOMEM
    }
  }
  return failing.fired();
}

asio::awaitable<void> serve(dgram::Shard& shard) {
  for (;;) co_await shard.socket().recv();
}

}  // namespace

TEST_CASE("a socket that looks a name up is closed without memory", "[alloc][failing]") {
  for_each_request([](std::size_t nth) {
    asio::io_context io;
    dgram::Socket socket = test::bound(io);
    int calls = 0;
    socket.async_resolve("localhost.", [&](std::error_code, const asio::ip::address&) { ++calls; });
    bool fired = false;
    {
      FailingAllocation failing(nth);
      socket.close();
      fired = failing.fired();
    }
    test::run(io);
    CHECK(calls == 1);
    return fired;
  });
}

TEST_CASE("a stop that is requested without memory closes the socket all the same",
          "[alloc][failing]") {
  for (const bool in_turn : {false, true}) {
    for_each_request([in_turn](std::size_t nth) {
      asio::io_context io;
      std::stop_source stop;
      node::SocketOptions options;
      options.type = "udp4";
      options.signal = stop.get_token();
      const node::Socket socket = node::create_socket(io, options);
      bool closed = false;
      socket.on(event::close, [&] { closed = true; });
      socket.bind_sync({0, "127.0.0.1"});
      io.poll();
      bool fired = false;
      const auto request = [&] {
        FailingAllocation failing(nth);
        stop.request_stop();
        fired = failing.fired();
      };
      if (in_turn)
        node::next_tick(io, request);
      else
        request();
      run_until(io, [&] { return closed; });
      return fired;
    });
  }
}

TEST_CASE("a Node socket that has had no memory receives on", "[alloc][failing]") {
  for (const bool throws : {false, true}) {
    for (const bool referenced : {true, false}) {
      for_each_request([&](std::size_t nth) {
        asio::io_context io;
        asio::steady_timer keeps(io, asio::steady_timer::time_point::max());
        keeps.async_wait([](std::error_code) {});
        dgram::Socket peer = test::bound(io);
        const node::Socket socket = node::create_socket(io, "udp4");
        std::vector<std::string> got;
        socket.on(event::error, [](const node::Error&) {});
        socket.on(event::message, [&](const dgram::Datagram& message) {
          got.emplace_back(message.text());
          if (throws) throw std::bad_alloc();
        });
        const int port = socket.bind_sync({0, "127.0.0.1"}).port;
        if (!referenced) socket.unref();
        io.poll();
        const dgram::Endpoint to = dgram::make_endpoint("127.0.0.1", port);
        std::error_code ec;
        REQUIRE(peer.try_send("one", to, ec));
        const bool fired = run_failing(io, nth);
        REQUIRE(peer.try_send("two", to, ec));
        const auto has_two = [&] { return !got.empty() && got.back() == "two"; };
        for (int i = 0; i < 3 && !has_two(); ++i) {
          try {
            run_until(io, has_two);
          } catch (const std::bad_alloc&) {
          }
        }
        CHECK(has_two());
        return fired;
      });
    }
  }
}

TEST_CASE("a Node socket that is closed without memory is closed, or open as before",
          "[alloc][failing]") {
  for_each_request([](std::size_t nth) {
    asio::io_context io;
    const node::Socket socket = node::create_socket(io, "udp4");
    bool closed = false;
    socket.on(event::close, [&] { closed = true; });
    const int port = socket.bind_sync({0, "127.0.0.1"}).port;
    int called_back = 0;
    socket.send(
        "to itself", port, "127.0.0.1", [&](const node::Error*, std::size_t) { ++called_back; });
    bool fired = false;
    bool threw = false;
    {
      FailingAllocation failing(nth);
      try {
        socket.close();
      } catch (const std::bad_alloc&) {
        threw = true;
      }
      fired = failing.fired();
    }
    if (threw) {
      CHECK(socket.address().port == port);
      socket.close();
    }
    run_until(io, [&] { return closed; });
    CHECK(called_back == 1);
    return fired;
  });
}

TEST_CASE("the end of a Node socket without memory is its end, whatever its listeners throw",
          "[alloc][failing]") {
  for (const bool throws : {false, true}) {
    for_each_request([throws](std::size_t nth) {
      asio::io_context io;
      const node::Socket socket = node::create_socket(io, "udp4");
      auto held = std::make_shared<int>();
      const std::weak_ptr<int> heard_by = held;
      socket.on(event::listening, [held] {});
      socket.on(event::close, [throws] {
        if (throws) throw std::bad_alloc();
      });
      held.reset();
      socket.bind_sync({0, "127.0.0.1"});
      io.poll();
      socket.close();
      const bool fired = run_failing(io, nth);
      CHECK(heard_by.expired());  // it has no listeners any more
      return fired;
    });
  }
}

TEST_CASE("who waits for the end of a Node socket hears of it, whatever has no memory",
          "[alloc][failing]") {
  for (const bool throws : {false, true}) {
    for_each_request([throws](std::size_t nth) {
      asio::io_context io;
      const node::Socket socket = node::create_socket(io, "udp4");
      bool closed = false;
      bool disposed = false;
      socket.on(event::close, [&] {
        closed = true;
        if (throws) throw std::bad_alloc();
      });
      socket.bind_sync({0, "127.0.0.1"});
      io.poll();
      asio::co_spawn(io, socket.async_dispose(), [&](std::exception_ptr) { disposed = true; });
      io.restart();
      io.poll_one();  // it waits
      bool fired = false;
      {
        FailingAllocation failing(nth);
        try {
          io.poll_one();  // the turn of the end, and no more: how a coroutine resumes is Asio's
        } catch (const std::bad_alloc&) {
        }
        fired = failing.fired();
      }
      CHECK(closed);
      run_until(io, [&] { return disposed; });
      return fired;
    });
  }
}

TEST_CASE("calls that wait for a bind do not end the program without memory", "[alloc][failing]") {
  for_each_request([](std::size_t nth) {
    asio::io_context io;
    const node::Socket socket = node::create_socket(io, "udp4");
    const node::Socket other = node::create_socket(io, "udp4");
    socket.on(event::error, [](const node::Error&) {});
    const int port = other.bind_sync({0, "127.0.0.1"}).port;
    int called_back = 0;
    const auto count = [&](const node::Error*, std::size_t) {
      ++called_back;
      throw std::bad_alloc();
    };
    for (int i = 0; i < 20; ++i) socket.send("waits", port, "127.0.0.1", count);
    const bool fired = run_failing(io, nth);
    for (int i = 0; i < 30; ++i) {
      try {
        io.restart();
        io.poll();
        break;
      } catch (const std::bad_alloc&) {
      }
    }
    CHECK(called_back <= 20);
    if (!fired) CHECK(called_back == 20);
    return fired;
  });
}

TEST_CASE("a shard group ends without memory", "[alloc][failing]") {
  if (!test::is_linux_channel()) return;
  for_each_request([](std::size_t nth) {
    dgram::ShardGroupOptions options;
    options.shards = 2;
    auto group = std::make_unique<dgram::ShardGroup>(
        dgram::Endpoint(asio::ip::address_v4::loopback(), 0), serve, options);
    FailingAllocation failing(nth);
    group.reset();
    return failing.fired();
  });
}

TEST_CASE("a shard group that cannot start for want of memory leaves no thread behind",
          "[alloc][failing]") {
  for_each_request([](std::size_t nth) {
    dgram::ShardGroupOptions options;
    options.shards = 2;
    std::unique_ptr<dgram::ShardGroup> group;
    bool fired = false;
    {
      FailingAllocation failing(nth);
      try {
        group = std::make_unique<dgram::ShardGroup>(
            dgram::Endpoint(asio::ip::address_v4::loopback(), 0), serve, options);
      } catch (const std::bad_alloc&) {
      } catch (const std::system_error&) {  // which says that there was none
      }
      fired = failing.fired();
    }
    return fired;
  });
}

}  // namespace alloc_noexcept_test
