// Steady state where datagrams leave in runs, come in trains, or wait together: nothing is asked of
// the heap there either. And trains that find no memory.
#include <netinet/in.h>
#include <asio/awaitable.hpp>
#include <asio/detached.hpp>
#include <asio/steady_timer.hpp>
#include <dgram/dgram.hpp>
#include <dgram/node/socket.hpp>
#include <functional>
#include <support/catch2.hpp>
#include <support/offload.hpp>
#include <vector>

#include "counting.hpp"
#include "meter.hpp"

namespace alloc_offload_test {

using test::measured;
using test::Meter;
using test::warm_up;

namespace {

constexpr std::size_t burst = 40;

/// A sender, two receivers that expect trains, and batches to one of them and to both.
struct Traffic {
  static dgram::SocketOptions receiving(bool gro) {
    dgram::SocketOptions options = test::roomy();
    options.gro = gro;
    return options;
  }
  explicit Traffic(bool gro)
      : first(test::bound(io, receiving(gro))), second(test::bound(io, receiving(gro))) {
    to_one = test::outgoing(texts, first.local_endpoint());
    to_many = to_one;
    for (std::size_t i = 0; i < burst; i += 2) to_many[i].to = second.local_endpoint();
  }

  asio::io_context io;
  dgram::Socket sender = test::bound(io);
  dgram::Socket first;
  dgram::Socket second;
  std::vector<std::string> texts = test::all_sized(burst, 1200);
  std::string whole = test::sized(burst * 1200 - 7, 1);
  std::vector<dgram::Outgoing> to_one;
  std::vector<dgram::Outgoing> to_many;
  std::array<dgram::Datagram, 16> into;
  std::vector<std::byte> memory = std::vector<std::byte>(65536);
};

using Loop = std::function<asio::awaitable<void>(Traffic&, Meter&)>;

std::size_t requests(bool gro, const Loop& loop) {
  Traffic traffic(gro);
  Meter meter;
  test::run_plainly(traffic.io, loop(traffic, meter));
  return meter.requests();
}

void check_silent(const Loop& loop) {
  for (const bool gro : {false, true}) {
    INFO("gro " << gro);
    CHECK(requests(gro, loop) == 0);
  }
}

/// Blocks that are used again, for the handlers of one thread.
struct Pool {
  ~Pool() {
    for (void* each : free) ::operator delete(each);
  }
  static constexpr std::size_t block_size = 1024;
  std::vector<void*> free;
};
template <class T>
struct PoolAllocator {
  using value_type = T;
  explicit PoolAllocator(Pool& p) noexcept : pool(&p) {}
  template <class U>
  PoolAllocator(const PoolAllocator<U>& other) noexcept : pool(other.pool) {}
  T* allocate(std::size_t n) {
    if (n * sizeof(T) > Pool::block_size) throw std::bad_alloc();
    if (pool->free.empty()) return static_cast<T*>(::operator new(Pool::block_size));
    void* const block = pool->free.back();
    pool->free.pop_back();
    return static_cast<T*>(block);
  }
  void deallocate(T* block, std::size_t) noexcept { pool->free.push_back(block); }
  template <class U>
  bool operator==(const PoolAllocator<U>& other) const noexcept {
    return pool == other.pool;
  }
  Pool* pool;
};

/// A handler that brings its memory. By hand: bind_allocator came after Asio 1.22.
template <class Handler>
struct WithPool {
  using allocator_type = PoolAllocator<void>;
  allocator_type get_allocator() const noexcept { return allocator_type(pool); }
  void operator()(std::error_code ec, std::size_t size) { handler(ec, size); }
  Handler handler;
  Pool& pool;
};

/// Of sends that are started 64 at a time; `wrap` makes the completion token out of the handler.
template <class Wrap>
std::size_t requests_of_64(bool many, Wrap wrap) {
  Traffic t(false);
  asio::steady_timer guard(t.io, test::deadline);
  guard.async_wait([&](std::error_code ec) {
    if (!ec) t.io.stop();
  });
  int left = warm_up + measured;
  std::size_t before = 0;
  std::size_t made = 99;
  std::size_t pending = 0;
  std::function<void()> round = [&] {
    if (left == measured) before = test::allocations();
    if (left-- == 0) {
      made = test::allocations() - before;
      guard.cancel();
      return;
    }
    std::error_code ec;
    while (t.first.try_recv(ec)) {
    }
    while (t.second.try_recv(ec)) {
    }
    pending = 64;
    for (std::size_t i = 0; i < 64; ++i) {
      const dgram::Endpoint to = (many && i % 2 ? t.second : t.first).local_endpoint();
      t.sender.async_send(t.texts[i % burst], to, wrap([&](std::error_code, std::size_t) {
                            if (--pending == 0) round();
                          }));
    }
  };
  asio::post(t.io, [&] { round(); });
  t.io.run();
  CHECK(t.sender.stats().datagrams_sent == 64u * (warm_up + measured));
  return made;
}

}  // namespace

TEST_CASE("runs, and trains of them taken one by one, ask the heap for nothing",
          "[alloc][offload]") {
  check_silent([](Traffic& t, Meter& meter) -> asio::awaitable<void> {
    while (meter.next()) {
      co_await t.sender.send_many(t.to_one);
      for (std::size_t i = 0; i < burst; ++i) {
        const dgram::Datagram one = co_await t.first.recv();
        if (one.size() != 1200) throw std::runtime_error("cut");
      }
    }
  });
}

TEST_CASE("trains taken many at once ask the heap for nothing", "[alloc][offload]") {
  check_silent([](Traffic& t, Meter& meter) -> asio::awaitable<void> {
    while (meter.next()) {
      co_await t.sender.send_many(t.to_one);
      for (std::size_t got = 0; got < burst;) got += co_await t.first.recv_many(t.into);
    }
  });
}

TEST_CASE("trains taken into the caller's memory ask the heap for nothing", "[alloc][offload]") {
  check_silent([](Traffic& t, Meter& meter) -> asio::awaitable<void> {
    while (meter.next()) {
      co_await t.sender.send_many(t.to_one);
      for (std::size_t i = 0; i < burst; ++i) {
        const dgram::Received one = co_await t.first.recv_into(t.memory);
        if (one.size != 1200) throw std::runtime_error("cut");
      }
    }
  });
}

TEST_CASE("batches to many peers ask the heap for nothing", "[alloc][offload]") {
  check_silent([](Traffic& t, Meter& meter) -> asio::awaitable<void> {
    while (meter.next()) {
      co_await t.sender.send_many(t.to_many);
      for (std::size_t got = 0; got < burst / 2;) got += co_await t.first.recv_many(t.into);
      for (std::size_t got = 0; got < burst / 2;) got += co_await t.second.recv_many(t.into);
    }
  });
}

TEST_CASE("send_segments in runs asks the heap for nothing", "[alloc][offload]") {
  check_silent([](Traffic& t, Meter& meter) -> asio::awaitable<void> {
    while (meter.next()) {
      co_await t.sender.send_segments(t.whole, 1200, t.first.local_endpoint());
      for (std::size_t got = 0; got < burst;) got += co_await t.first.recv_many(t.into);
    }
  });
}

TEST_CASE("a train that somebody keeps a part of for a while asks the heap for nothing",
          "[alloc][offload]") {
  check_silent([](Traffic& t, Meter& meter) -> asio::awaitable<void> {
    dgram::Datagram kept;
    while (meter.next()) {
      co_await t.sender.send_many(t.to_one);
      for (std::size_t i = 0; i < burst; ++i) {
        dgram::Datagram one = co_await t.first.recv();
        if (i == 20) kept = std::move(one);
      }
    }
  });
}

TEST_CASE("64 sends at once whose handlers bring memory ask the heap for nothing",
          "[alloc][offload]") {
  Pool pool;
  for (const bool many : {false, true}) {
    INFO("to many: " << many);
    CHECK(requests_of_64(many, [&](auto handler) {
            return WithPool<decltype(handler)>{handler, pool};
          }) == 0);
  }
}

// Asio keeps two blocks per thread; what is beyond is the heap's, as with Asio's own operations.
TEST_CASE(
    "64 sends at once whose handlers bring no memory ask the heap for a block each, and no more",
    "[alloc][offload]") {
  CHECK(requests_of_64(false, [](auto handler) { return handler; }) <= 64 * measured);
}

TEST_CASE("64 coroutines that send again and again ask the heap for nothing", "[alloc][offload]") {
  Traffic t(false);
  const dgram::Endpoint to = t.first.local_endpoint();
  std::size_t sent = 0;
  std::size_t before = 0;
  std::size_t made = 99;
  const auto one = [&]() -> asio::awaitable<void> {
    for (int i = 0; i < warm_up + measured; ++i) {
      if (sent == std::size_t{64} * warm_up) before = test::allocations();
      co_await t.sender.send(t.texts[0], to);
      if (++sent == std::size_t{64} * (warm_up + measured) - 200)
        made = test::allocations() - before;
      std::error_code ec;
      while (t.first.try_recv(ec)) {
      }
    }
  };
  for (int i = 0; i < 64; ++i) asio::co_spawn(t.io, one(), asio::detached);
  t.io.run_for(test::deadline);
  CHECK(sent == std::size_t{64} * (warm_up + measured));
  CHECK(made == 0);
}

TEST_CASE("sends of the Node adapter, with a callback each, ask the heap for nothing",
          "[alloc][offload][node]") {
  for (const bool connected : {false, true}) {
    INFO("connected: " << connected);
    asio::io_context io;
    dgram::Socket receiver = test::bound(io, test::roomy());
    dgram::node::Socket sender = dgram::node::create_socket(io, "udp4");
    asio::steady_timer guard(io, test::deadline);
    guard.async_wait([&](std::error_code ec) {
      if (!ec) io.stop();
    });
    bool ready = false;
    if (connected)
      sender.connect(
          receiver.local_endpoint().port(), "127.0.0.1", [&](auto&&...) { ready = true; });
    else
      sender.bind(0, "127.0.0.1", [&] { ready = true; });
    while (!ready && io.run_one() != 0) {
    }
    REQUIRE(ready);
    const std::string payload(1200, 'x');
    const int port = receiver.local_endpoint().port();
    std::size_t done = 0;
    std::size_t failed = 0;
    std::size_t before = 0;
    std::size_t made = 99;
    int rounds = 0;
    std::function<void()> round;
    const auto answered = [&](const dgram::node::Error* error) {
      failed += error != nullptr;
      if (++done % 8 == 0) round();
    };
    // Of one pointer: a std::function of the user's is the user's to pay for.
    const auto callback = [&answered](const dgram::node::Error* error, std::size_t) {
      answered(error);
    };
    round = [&] {
      std::error_code ec;
      while (receiver.try_recv(ec)) {
      }
      if (rounds == warm_up) before = test::allocations();
      if (rounds++ == warm_up + measured) {
        made = test::allocations() - before;
        return io.stop();
      }
      for (int i = 0; i < 8; ++i) {
        if (connected)
          sender.send(payload, callback);
        else
          sender.send(payload, port, "127.0.0.1", callback);
      }
    };
    round();
    io.run();
    CHECK(made == 0);
    CHECK(done == 8u * (warm_up + measured));
    CHECK(failed == 0);
    sender.close();
  }
}

// UDP_GRO that is switched on by its number finds small slots at first: a train is spilled then,
// and without memory for that it is cut.
TEST_CASE("a train without memory is whole, or cut and says so, and nothing leaks",
          "[alloc][offload][failing]") {
  if (!test::granted("gro") || !test::granted("gso")) return;
  constexpr int udp_gro = 104;  // linux/udp.h
  const std::vector<std::string> texts = test::all_sized(30, 1000);
  for (std::size_t nth = 0; nth < 12; ++nth) {
    INFO("request " << nth);
    const long live = test::live_blocks();
    {
      asio::io_context io;
      dgram::Socket sender = test::bound(io);
      dgram::Socket receiver = test::bound(io, test::roomy());
      receiver.set_option(asio::detail::socket_option::integer<IPPROTO_UDP, udp_gro>(1));
      std::vector<dgram::Outgoing> batch = test::outgoing(texts, receiver.local_endpoint());
      REQUIRE(test::send_all(io, sender, batch) == texts.size());
      std::vector<dgram::Datagram> got;
      got.reserve(64);
      std::error_code ec;
      std::uint64_t held = 0;
      {
        test::FailingAllocation failing(nth);
        std::optional<dgram::Datagram> one = receiver.try_recv(ec);
        held = receiver.stats().held;
        while (one) {
          got.push_back(std::move(*one));
          one = receiver.try_recv(ec);
        }
      }
      CHECK((ec == asio::error::would_block || ec == asio::error::no_memory));
      if (ec == asio::error::no_memory && got.empty())
        while (std::optional<dgram::Datagram> one = receiver.try_recv(ec))
          got.push_back(std::move(*one));
      else
        CHECK(held + 1 == got.size());
      REQUIRE(!got.empty());
      const bool cut = got.back().truncated();
      CHECK(got.size() == (cut ? 3 : 30));
      for (std::size_t i = 0; i < got.size(); ++i) {
        const bool whole = !cut || i + 1 < got.size();
        CHECK(got[i].truncated() == !whole);
        CHECK((got[i].text() == texts[i].substr(0, got[i].size())));
        if (whole) CHECK(got[i].full_size() == 1000);
      }
      CHECK(receiver.stats().truncated == (cut ? 1u : 0u));
      CHECK(receiver.stats().held == 0);
      got.clear();
      receiver.close();
      CHECK(receiver.stats().pinned_bytes == 0);
    }
    CHECK(test::live_blocks() - live == 0);
  }
}

}  // namespace alloc_offload_test
