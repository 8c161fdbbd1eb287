// A cluster: workers share a port, die, leave and are replaced while datagrams come.
#include <unistd.h>
#include <algorithm>
#include <asio/io_context.hpp>
#include <csignal>
#include <dgram/dgram.hpp>
#include <dgram/node.hpp>
#include <iostream>
#include <optional>
#include <set>

#include "pace.hpp"
#include "places.hpp"

namespace soak {

namespace {

namespace cluster = dgram::node::cluster;
using cluster::WorkerProcess;

constexpr std::size_t workers = 3;

class ClusterPlace : public Place {
 public:
  explicit ClusterPlace(const std::vector<std::string>& command)
      : primary_(io_, {.exec = {}, .args = command}) {
    primary_.on(cluster::event::online, [this](const WorkerProcess& worker) {
      worker.send("bind " + std::to_string(offered_));
    });
    primary_.on(cluster::event::listening,
                [this](const WorkerProcess& worker, const cluster::ListeningInfo& info) {
                  listening_.insert(worker.id());
                  port_ = info.port;
                });
    primary_.on(cluster::event::message, [this](const WorkerProcess&, std::string_view text) {
      drops_ = std::max<std::uint64_t>(drops_, std::stoull(std::string(text)));
    });
    primary_.on(cluster::event::exit,
                [this](const WorkerProcess& worker, const cluster::ExitStatus& status) {
                  on_exit(worker, status);
                });
  }

  std::string_view name() const override { return "cluster"; }

  void take(Turn& turn) override {
    turn_ = &turn;
    listening_.clear();
    drops_ = 0;
    is_ending_ = false;
    // The workers' socket is the primary's in every other turn, else the program's.
    dgram::Socket own(io_);
    if (turn.count % 2 == 1) {
      own.bind(dgram::make_endpoint("127.0.0.1", 0));
      offered_ = own.native_handle();
      primary_.offer(offered_);
    }
    for (std::size_t i = 0; i < workers; ++i) primary_.fork();
    if (until_all_listen(turn)) send_and_replace(turn);
    settle(turn);
    end(turn);
    if (offered_ != -1) {
      primary_.withdraw(offered_);
      offered_ = -1;
      std::error_code ec;
      while (const std::optional<dgram::Datagram> each = own.try_recv(ec))
        turn.tally.tick(each->data());
      turn.account.kernel_drops = own.stats().kernel_drops;
      turn.is_settled();
      own.close();
    }
    run_out(io_, turn);
    turn_ = nullptr;
  }

 private:
  void on_exit(const WorkerProcess& worker, const cluster::ExitStatus& status) {
    listening_.erase(worker.id());
    const bool was_killed = killed_.erase(worker.id()) != 0;
    if (was_killed && status.signal == SIGKILL)
      ++turn_->account.may_be_in_hands;
    else if (status.signal != 0 || status.code != 0)
      turn_->fault("a worker has ended with code " + std::to_string(status.code) + ", signal " +
                   std::to_string(status.signal));
    if (!is_ending_) primary_.fork();
  }

  bool until_all_listen(Turn& turn) {
    const bool all = run_until(io_, [&] { return listening_.size() == workers; });
    if (!all) turn.fault("a worker does not listen");
    return all;
  }

  void send_and_replace(Turn& turn) {
    dgram::Socket sender(io_);
    const dgram::Endpoint to = dgram::make_endpoint("127.0.0.1", port_);
    Batch batch;
    Pace pace;
    int replaced = 0;
    bool has_flooded = false;
    turn.start();
    while (!turn.is_over() && turn.has_numbers(64 * Batch::most)) {
      if (turn.has_passed((replaced + 1) / 5.0) && listening_.size() > 1) replace(replaced++);
      std::size_t count = std::min(pace.room(turn), Batch::most);
      int batches = 1;
      if (!has_flooded && turn.has_passed(0.5)) {
        has_flooded = true;
        count = Batch::most;
        batches = 32;
      }
      for (; count != 0 && batches > 0; --batches) {
        batch.make(turn, count);
        const std::span<dgram::Outgoing> outgoing = batch.outgoing(to);
        std::error_code ec;
        sender.try_send_many(outgoing, ec);
        book(turn.account, outgoing);
      }
      io_.restart();
      if (io_.poll() == 0 && count == 0) io_.run_one_for(pause);
    }
  }

  /// One worker is killed, or asked to leave; another one comes.
  void replace(int number) {
    const std::vector<WorkerProcess> all = primary_.workers();
    const auto chosen = std::find_if(all.begin(), all.end(), [this](const WorkerProcess& each) {
      return listening_.count(each.id()) != 0;
    });
    listening_.erase(chosen->id());
    if (number % 2 == 0) {
      killed_.insert(chosen->id());
      chosen->kill(SIGKILL);
    } else {
      chosen->disconnect();
    }
  }

  void settle(Turn& turn) {
    until_all_listen(turn);
    const auto is_settled = [&] {
      for (const WorkerProcess& each : primary_.workers()) each.send("drops");
      turn.account.kernel_drops = drops_;
      return turn.is_settled();
    };
    // What a killed worker had in its hands never comes; for the rest there is time.
    run_until(io_, [&] { return is_settled() || turn.account.difference() == 0; });
    run_until(io_, is_settled, std::chrono::milliseconds(200));
  }

  void end(Turn& turn) {
    is_ending_ = true;
    bool has_ended = false;
    primary_.disconnect([&] { has_ended = true; });
    if (!run_until(io_, [&] { return has_ended; })) turn.fault("the workers do not end");
    turn.account.kernel_drops = drops_;
    turn.is_settled();
  }

  cluster::Primary primary_;
  Turn* turn_ = nullptr;
  std::set<int> listening_, killed_;
  std::uint64_t drops_ = 0;  ///< Of the shared socket, as a worker has told it.
  dgram::NativeHandle offered_ = -1;
  int port_ = 0;
  bool is_ending_ = false;
};

}  // namespace

std::unique_ptr<Place> cluster_place(const std::vector<std::string>& command) {
  return std::make_unique<ClusterPlace>(command);
}

int run_worker(const std::string& tally_path) {
  Tally tally = Tally::open(tally_path);
  asio::io_context io(1);
  const cluster::Worker worker(io);
  const dgram::node::Socket socket = dgram::node::create_socket(io, "udp4");
  socket.on(dgram::node::event::message,
            [&](const dgram::Datagram& message) { tally.tick(message.data()); });
  worker.on(cluster::event::message, [&](std::string_view text) {
    if (text == "drops") {
      if (socket.is_bound()) worker.send(std::to_string(socket.stats().kernel_drops));
      return;
    }
    dgram::node::BindOptions options;
    options.address = "127.0.0.1";
    options.fd = std::stoi(std::string(text.substr(text.find(' '))));
    socket.bind(options);
  });
  io.run();
  return 0;
}

}  // namespace soak
