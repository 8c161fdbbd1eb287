// A service whose process is restarted again and again, on the same socket.
#include <unistd.h>

#include <asio/co_spawn.hpp>
#include <asio/experimental/awaitable_operators.hpp>
#include <asio/io_context.hpp>
#include <asio/use_awaitable.hpp>
#include <dgram/dgram.hpp>
#include <dgram/process.hpp>
#include <exception>
#include <iostream>
#include <memory>
#include <optional>

#include "../process/child.hpp"
#include "pace.hpp"
#include "places.hpp"

namespace soak {

namespace {

using test::Child;
using namespace asio::experimental::awaitable_operators;

constexpr auto name_of_socket = "soak";

class HandoverPlace : public Place {
 public:
  std::string_view name() const override { return "handover"; }

  void take(Turn& turn) override {
    const std::string path = turn.folder + "/handover";
    run(turn, begin(turn, path));
    if (!serving_) return;
    turn.start();
    spawn(turn, restart(turn, path));
    send(turn);
    if (!run_until(io_, [&] { return !is_running_; })) turn.fault("a restart does not end");
    run(turn, take_the_rest(turn, path));
    serving_.reset();
    ::unlink((path + ".lock").c_str());
    run_out(io_, turn);
  }

 private:
  void spawn(Turn& turn, asio::awaitable<void> coroutine) {
    is_running_ = true;
    asio::co_spawn(io_, std::move(coroutine), [this, &turn](std::exception_ptr failure) {
      is_running_ = false;
      try {
        if (failure) std::rethrow_exception(failure);
      } catch (const std::exception& error) {
        turn.fault(error.what());
      }
    });
  }
  void run(Turn& turn, asio::awaitable<void> coroutine) {
    spawn(turn, std::move(coroutine));
    if (!run_until(io_, [&] { return !is_running_; })) turn.fault("a step does not end");
  }

  std::unique_ptr<Child> start(const std::vector<std::string>& arguments) {
    std::vector<std::string> command = {"/proc/self/exe"};
    command.insert(command.end(), arguments.begin(), arguments.end());
    return std::make_unique<Child>(io_, command);
  }

  asio::awaitable<void> begin(Turn& turn, std::string path) {
    serving_ = start({"service", turn.tally.path(), path});
    const std::string port = co_await serving_->line_with("serving ");
    to_ = dgram::make_endpoint("127.0.0.1", std::stoi(port));
  }

  /// One process after the other; every fourth is killed before it is ready, and the one before it
  /// serves on.
  asio::awaitable<void> restart(Turn& turn, std::string path) {
    for (unsigned i = 0; !turn.is_over(); ++i) {
      if (i % 4 == 2) {
        const std::unique_ptr<Child> hanging = start({"hanging-successor", path});
        co_await hanging->line_with("taken");
        hanging->kill(SIGKILL);
        co_await hanging->end();
        continue;
      }
      std::unique_ptr<Child> next = start({"service", turn.tally.path(), path});
      co_await next->line_with("serving ");
      const int code = co_await serving_->end();
      if (code != 0) turn.fault("a predecessor has ended with " + std::to_string(code));
      serving_ = std::move(next);
    }
  }

  void send(Turn& turn) {
    dgram::Socket sender(io_);
    Batch batch;
    Pace pace;
    int flood = 32;  // batches
    while (!turn.is_over() && turn.has_numbers(Batch::most)) {
      std::size_t count = std::min(pace.room(turn), Batch::most);
      if (flood > 0 && turn.has_passed(0.5)) {
        --flood;
        count = Batch::most;
      }
      if (count != 0) {
        batch.make(turn, count);
        const std::span<dgram::Outgoing> outgoing = batch.outgoing(to_);
        std::error_code ec;
        sender.try_send_many(outgoing, ec);
        book(turn.account, outgoing);
      }
      io_.restart();
      if (io_.poll() == 0 && count == 0) io_.run_one_for(pause);
    }
  }

  /// This process is the last one that takes over, so it sees what is left, and what the kernel has
  /// dropped under all of them.
  asio::awaitable<void> take_the_rest(Turn& turn, std::string path) {
    dgram::Handover handover(io_.get_executor(), path);
    dgram::NamedDescriptors taken = co_await handover.take_over();
    dgram::Socket socket(io_);
    socket.adopt(taken.take(name_of_socket));
    co_await handover.ready();
    co_await handover.predecessor_gone();
    const int code = co_await serving_->end();
    if (code != 0) turn.fault("the last process has ended with " + std::to_string(code));
    const auto limit = Clock::now() + patience / 2;
    do {
      const std::optional<dgram::Datagram> each =
          co_await socket.recv_for(std::chrono::milliseconds(1));
      if (each) turn.tally.tick(each->data());
      turn.account.kernel_drops = socket.stats().kernel_drops;
    } while (!turn.is_settled() && Clock::now() < limit);
  }

  std::unique_ptr<Child> serving_;
  dgram::Endpoint to_;
  bool is_running_ = false;
};

asio::awaitable<void> receive(Tally& tally, dgram::Socket& socket) {
  std::array<dgram::Datagram, 16> into;
  for (;;) {
    std::error_code ec;
    const std::size_t count = co_await socket.recv_many(into, ec);
    if (ec == asio::error::eof) co_return;
    if (ec) throw dgram::Error(ec, "recv_many");
    for (const dgram::Datagram& each : std::span(into).first(count)) tally.tick(each.data());
  }
}

asio::awaitable<void> stop_when_replaced(dgram::Handover& handover, dgram::Socket& socket) {
  co_await handover.handed_over();
  socket.stop_receiving();
}

asio::awaitable<void> serve(asio::io_context& io, Tally& tally, std::string path) {
  dgram::Handover handover(io.get_executor(), path);
  dgram::Socket socket(io);
  dgram::NamedDescriptors taken = co_await handover.take_over();
  if (dgram::Descriptor descriptor = taken.take(name_of_socket))
    socket.adopt(std::move(descriptor));
  else
    socket.bind(dgram::make_endpoint("127.0.0.1", 0));
  handover.offer(name_of_socket, socket.native_handle());
  co_await handover.ready();
  std::cout << "serving " << socket.local_endpoint().port() << std::endl;
  co_await (receive(tally, socket) && stop_when_replaced(handover, socket));
}

asio::awaitable<void> take_over_and_hang(asio::io_context& io, std::string path) {
  dgram::Handover handover(io.get_executor(), path);
  const dgram::NamedDescriptors taken = co_await handover.take_over();
  std::cout << "taken" << std::endl;
  for (;;) ::pause();
}

int run_to_the_end(asio::io_context& io, asio::awaitable<void> coroutine) {
  std::exception_ptr failure;
  asio::co_spawn(io, std::move(coroutine), [&](std::exception_ptr f) { failure = f; });
  io.run();
  if (failure) std::rethrow_exception(failure);
  return 0;
}

}  // namespace

std::unique_ptr<Place> handover_place() {
  return std::make_unique<HandoverPlace>();
}

int run_service(const std::string& tally_path, const std::string& path) {
  Tally tally = Tally::open(tally_path);
  asio::io_context io(1);
  return run_to_the_end(io, serve(io, tally, path));
}

int run_hanging_successor(const std::string& path) {
  asio::io_context io(1);
  return run_to_the_end(io, take_over_and_hang(io, path));
}

}  // namespace soak
