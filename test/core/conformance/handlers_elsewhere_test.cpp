// A socket that is used on one executor, and whose handlers are bound to another one: as with
// Asio's own sockets, the two may be two threads.
#include <algorithm>
#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>
#include <asio/bind_executor.hpp>
#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <asio/strand.hpp>
#include <asio/thread_pool.hpp>
#include <atomic>
#include <chrono>
#include <dgram/dgram.hpp>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "support/catch2.hpp"
#include "support/loopback.hpp"
#include "support/numbers.hpp"
#include "support/options.hpp"
#include "support/run.hpp"

namespace conformance_handlers_elsewhere_test {

namespace {

using namespace std::chrono_literals;

enum class Home { one_thread, context, strand };
enum class Abroad { pool, strand_of_pool, strand_of_context };

const char* name(Home home) {
  return home == Home::one_thread ? "io(1)" : home == Home::context ? "context" : "strand";
}
const char* name(Abroad abroad) {
  return abroad == Abroad::pool             ? "pool"
         : abroad == Abroad::strand_of_pool ? "strand of a pool"
                                            : "strand of the context";
}

/// A receiver that is used on `user`, with handlers that run abroad. Numbers are sent to it.
class Traffic {
 public:
  Traffic(Home home, Abroad abroad, int total)
      : io_(home == Home::one_thread ? 1 : 2),
        user_(home == Home::strand ? asio::any_io_executor(asio::make_strand(io_))
                                   : asio::any_io_executor(io_.get_executor())),
        abroad_(abroad == Abroad::pool             ? asio::any_io_executor(pool_.get_executor())
                : abroad == Abroad::strand_of_pool ? asio::any_io_executor(pool_strand_)
                                                   : asio::any_io_executor(strand_)),
        is_abroad_([this, abroad] {
          return abroad == Abroad::pool             ? pool_.get_executor().running_in_this_thread()
                 : abroad == Abroad::strand_of_pool ? pool_strand_.running_in_this_thread()
                                                    : strand_.running_in_this_thread();
        }),
        receiver_(user_, test::roomy()),
        sender_(io_),
        total_(total),
        seen_(static_cast<std::size_t>(total)) {
    receiver_.bind(test::any_port());
    to_ = receiver_.local_endpoint();
    sender_.bind(test::any_port());
  }
  ~Traffic() { pool_.join(); }

  /// What happens on `user`: receives of each form, sends, cancellations and settings, while the
  /// handlers come.
  void start() {
    asio::post(user_, [this] {
      next();
      turn();
    });
    asio::post(io_, [this] { send(0); });
  }

  void run(int threads) {
    std::vector<std::jthread> others;
    for (int i = 1; i < threads; ++i) others.emplace_back([this] { io_.run_for(test::deadline); });
    io_.run_for(test::deadline);
    pool_.join();  // where the last handlers are running yet
  }

  bool is_done() const { return done_; }
  int doubled() const { return doubled_; }
  int received() const { return received_; }
  int wrongly_placed() const { return wrong_; }
  std::uint64_t drops() const { return receiver_.stats().kernel_drops; }
  int answered() const { return answered_; }
  int asked() const { return asked_; }

 private:
  void take(const dgram::Datagram& datagram) {
    const int number = test::number(datagram);
    if (number < 0 || number >= total_ || seen_[static_cast<std::size_t>(number)].exchange(true))
      ++doubled_;
    ++received_;
  }
  template <class Handler>
  auto here(Handler handler) {
    return asio::bind_executor(abroad_, [this, handler](auto... arguments) {
      if (!is_abroad_()) ++wrong_;
      handler(std::move(arguments)...);
      asio::post(user_, [this] { next(); });
    });
  }
  // On `user`.
  void next() {
    if (done_) return;
    if (received_ + static_cast<int>(receiver_.stats().kernel_drops) >= total_ ||
        std::chrono::steady_clock::now() > until_)
      return end();
    ++turns_;
    const auto one = [this](std::error_code ec, const dgram::Datagram& datagram) {
      if (!ec) take(datagram);
    };
    switch (turns_ % 3) {
      case 0:
        return receiver_.async_recv(here(one));
      case 1:
        return receiver_.async_recv_for(
            5ms, here([this](std::error_code ec, const std::optional<dgram::Datagram>& datagram) {
              if (!ec && datagram) take(*datagram);
            }));
      default:
        return receiver_.async_recv_many(batch_, here([this](std::error_code ec, std::size_t n) {
                                           for (std::size_t i = 0; !ec && i < n; ++i)
                                             take(batch_[i]);
                                         }));
    }
  }
  // On `user`, all the time.
  void turn() {
    if (done_) return;
    static_cast<void>(receiver_.stats());
    if (++rounds_ % 16 == 0) receiver_.cancel();
    if (rounds_ % 5 == 0) receiver_.set_ttl(1 + rounds_ % 200);
    if (rounds_ % 3 == 0 && asked_ - answered_ < 50) {
      ++asked_;
      receiver_.async_send(
          "x",
          sender_.local_endpoint(),
          asio::bind_executor(abroad_, [this](std::error_code, std::size_t) { ++answered_; }));
    }
    asio::post(user_, [this] { turn(); });
  }
  void send(int first) {
    std::error_code ec;
    for (int i = first; i < std::min(first + 20, total_); ++i)
      sender_.try_send(std::to_string(i), to_, ec);
    while (sender_.try_recv(ec)) {
    }
    if (first + 20 < total_) asio::post(io_, [this, first] { send(first + 20); });
  }
  void end() {
    done_ = true;
    receiver_.cancel();
  }

  asio::io_context io_;
  asio::thread_pool pool_{2};
  const asio::strand<asio::thread_pool::executor_type> pool_strand_ =
      asio::make_strand(pool_.get_executor());
  const asio::strand<asio::io_context::executor_type> strand_ =
      asio::make_strand(io_.get_executor());
  const asio::any_io_executor user_;
  const asio::any_io_executor abroad_;
  const std::function<bool()> is_abroad_;
  dgram::Socket receiver_;
  dgram::Socket sender_;
  dgram::Endpoint to_;
  const int total_;
  std::vector<std::atomic<bool>> seen_;
  std::vector<dgram::Datagram> batch_ = std::vector<dgram::Datagram>(8);
  const std::chrono::steady_clock::time_point until_ =
      std::chrono::steady_clock::now() + test::deadline / 2;
  std::atomic<bool> done_ = false;
  std::atomic<int> received_ = 0, doubled_ = 0, wrong_ = 0, answered_ = 0, asked_ = 0;
  int turns_ = 0;
  int rounds_ = 0;
};

}  // namespace

TEST_CASE("handlers that are bound elsewhere run there, while the socket is used where it is used",
          "[conformance][executors][elsewhere]") {
  const Home home = GENERATE(Home::one_thread, Home::context, Home::strand);
  const Abroad abroad = GENERATE(Abroad::pool, Abroad::strand_of_pool, Abroad::strand_of_context);
  INFO(name(home) << ", handlers on a " << name(abroad));
  // A context of several threads is not one at a time: its user is the strand.
  const int threads = home == Home::strand ? 2 : 1;
  constexpr int total = 3000;
  Traffic traffic(home, abroad, total);
  traffic.start();
  traffic.run(threads);
  CHECK(traffic.is_done());
  CHECK(traffic.doubled() == 0);
  CHECK(traffic.wrongly_placed() == 0);
  CHECK(traffic.received() + static_cast<int>(traffic.drops()) == total);
  CHECK(traffic.answered() == traffic.asked());
}

TEST_CASE("a coroutine that is alone with its socket needs no strand on a two-thread context",
          "[conformance][executors][elsewhere]") {
  asio::io_context io(2);
  dgram::Socket receiver = test::bound(io, test::roomy());
  dgram::Socket sender = test::bound(io);
  const dgram::Endpoint to = receiver.local_endpoint();
  constexpr int total = 3000;
  std::vector<int> got;
  const auto receive = [&]() -> asio::awaitable<void> {
    for (int i = 0; i < total; ++i) {
      if (i % 2 == 0) {
        const dgram::Datagram datagram = co_await receiver.recv();
        got.push_back(test::number(datagram));
      } else {
        const auto datagram = co_await receiver.recv_for(std::chrono::hours(1));
        got.push_back(test::number(*datagram));
      }
      co_await receiver.send("next", sender.local_endpoint());
    }
  };
  const auto send = [&]() -> asio::awaitable<void> {
    for (int i = 0; i < total; ++i) {
      co_await sender.send(std::to_string(i), to);
      co_await sender.recv();
    }
  };
  asio::co_spawn(io, receive(), [](std::exception_ptr failure) {
    if (failure) std::rethrow_exception(failure);
  });
  asio::co_spawn(io, send(), [](std::exception_ptr failure) {
    if (failure) std::rethrow_exception(failure);
  });
  std::jthread second([&] { io.run_for(test::deadline); });
  io.run_for(test::deadline);
  second.join();
  CHECK(got == test::first_numbers(total));
}

}  // namespace conformance_handlers_elsewhere_test
