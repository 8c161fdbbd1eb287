#include "spinner/cluster_part.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>
#include <dgram/process.hpp>
#include <utility>

#include "spinner/fail.hpp"
#include "spinner/ledger.hpp"
#include "spinner/reached.hpp"

namespace spinner {

namespace cluster = dgram::node::cluster;
using cluster::WorkerProcess;
using dgram::node::Error;

ClusterPart::ClusterPart(World&) {
  cluster::Settings settings;
  settings.exec = "/bin/true";  // a worker that ends before it is online
  settings.sockets_per_worker = 8;
  primary_ = std::make_unique<cluster::Primary>(context_, settings);
  watch();
}

WorkerSeen& ClusterPart::seen(const WorkerProcess& worker) {
  return seen_[worker.id()];
}

void ClusterPart::watch() {
  const auto come = [this](const WorkerProcess& worker, const char* what) -> WorkerSeen& {
    WorkerSeen& one = seen(worker);
    const std::string name = "worker " + std::to_string(worker.id());
    if (one.has_ended) fail(name + " emits " + what + " behind exit");
    if (one.has_left && what != std::string("exit"))
      fail(name + " emits " + what + " behind disconnect");
    return one;
  };
  const auto online = [come](const WorkerProcess& worker) {
    if (std::exchange(come(worker, "online").is_online, true)) fail("a worker is online twice");
  };
  const auto listening = [come](const WorkerProcess& worker, const cluster::ListeningInfo& info) {
    if (!come(worker, "listening").is_online) fail("a worker listens before it is online");
    if (info.port == 0) fail("a worker listens on port 0");
  };
  const auto message = [come](const WorkerProcess& worker, std::string_view text) {
    WorkerSeen& one = come(worker, "message");
    if (!one.is_online) fail("a worker talks before it is online");
    if (text != std::to_string(++one.heard)) fail("a text of a worker is lost, or overtaken");
  };
  const auto disconnect = [come](const WorkerProcess& worker, const Error* error) {
    WorkerSeen& one = come(worker, "disconnect");
    one.has_left = true;
    if (error && !one.is_hostile)
      fail("a worker that has done nothing is disconnected: " + error->message());
    WorkerProcess copy = worker;
    if (CALL(node::cluster::WorkerProcess, copy, is_connected))
      fail("a worker is disconnected, and connected");
  };
  const auto exit = [come](const WorkerProcess& worker, const cluster::ExitStatus& status) {
    WorkerSeen& one = come(worker, "exit");
    if (!one.has_left) fail("a worker emits exit before disconnect");
    one.has_ended = true;
    if (status.code != 0 && status.signal == 0)
      fail("/bin/true ends with " + std::to_string(status.code));
    WorkerProcess copy = worker;
    if (!CALL(node::cluster::WorkerProcess, copy, is_dead)) fail("a worker has ended, and lives");
  };
  CALL(node::cluster::Primary, *primary_, on, cluster::event::online, online);
  CALL(node::cluster::Primary, *primary_, on, cluster::event::listening, listening);
  CALL(node::cluster::Primary, *primary_, on, cluster::event::message, message);
  CALL(node::cluster::Primary, *primary_, on, cluster::event::disconnect, disconnect);
  CALL(node::cluster::Primary, *primary_, on, cluster::event::exit, exit);
  const dgram::node::Function<const WorkerProcess&> none = [] { fail("a listener was forgotten"); };
  const auto id = CALL(node::cluster::Primary, *primary_, on, cluster::event::online, none);
  if (!CALL(node::cluster::Primary, *primary_, off, cluster::event::online, id))
    fail("a primary does not know its listener");
}

// ---- running

bool ClusterPart::poll() {
  context_.restart();
  std::size_t ran = context_.poll_one();
  for (const std::unique_ptr<WorkerEnd>& one : ends_) {
    one->context.restart();
    ran += one->context.poll_one();
  }
  return ran != 0;
}

void ClusterPart::act(const std::function<void()>& deed) {
  const std::lock_guard lock(mutex_);
  deed();
  for (int i = 0; i < 32 && poll(); ++i) {
  }
}

void ClusterPart::run_until(const std::function<bool()>& holds, const char* otherwise) {
  using namespace std::chrono_literals;
  for (const auto limit = std::chrono::steady_clock::now() + 30s; !holds();) {
    if (std::chrono::steady_clock::now() > limit) fail(otherwise);
    if (!poll()) context_.run_one_for(1ms);
  }
}

// ---- workers

WorkerEnd* ClusterPart::end(std::uint64_t choice) {
  if (ends_.empty()) return nullptr;
  auto one = ends_.begin();
  std::advance(one, static_cast<std::ptrdiff_t>(choice % ends_.size()));
  return one->get();
}

WorkerProcess* ClusterPart::process(std::uint64_t choice) {
  return processes_.empty() ? nullptr : &processes_[choice % processes_.size()];
}

void ClusterPart::begin_worker() {
  if (ends_.size() >= 4) return;
  std::array<int, 2> pair{};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair.data()) != 0)
    fail("no link for the spinner");
  dgram::Descriptor own(pair[0]), other(pair[1]);
  processes_.push_back(CALL(node::cluster::Primary, *primary_, adopt, std::move(own)));
  WorkerProcess& process = processes_.back();
  const int id = CALL(node::cluster::WorkerProcess, process, id);
  WorkerEnd& end = *ends_.emplace_back(std::make_unique<WorkerEnd>());
  end.worker = std::make_unique<cluster::Worker>(end.context, std::move(other), id);
  if (CALL(node::cluster::Worker, *end.worker, id) != id ||
      CALL(node::cluster::WorkerProcess, process, pid) != 0)
    fail("a worker has another number than its primary says");
  const auto message = [&end](std::string_view text) {
    if (end.disconnects != 0) fail("a worker hears its primary behind disconnect");
    if (text != std::to_string(++end.heard)) fail("a text of a primary is lost, or overtaken");
  };
  const auto disconnect = [&end] {
    if (++end.disconnects > 1) fail("a worker is disconnected twice");
  };
  CALL(node::cluster::Worker, *end.worker, on, cluster::event::message, message);
  CALL(node::cluster::Worker, *end.worker, on, cluster::event::disconnect, disconnect);
  const dgram::node::Function<> none = [] { fail("a listener was forgotten"); };
  const auto forgotten =
      CALL(node::cluster::Worker, *end.worker, on, cluster::event::disconnect, none);
  if (!CALL(node::cluster::Worker, *end.worker, off, cluster::event::disconnect, forgotten))
    fail("a worker does not know its listener");
}

void ClusterPart::kill_worker(std::uint64_t choice) {
  if (ends_.empty()) return;
  auto one = ends_.begin();
  std::advance(one, static_cast<std::ptrdiff_t>(choice % ends_.size()));
  ends_.erase(one);
}

void ClusterPart::begin_hostile(const std::string& says) {
  if (hostile_.size() >= 8) return;
  auto [link, other] = dgram::DescriptorLink::pair(context_.get_executor());
  processes_.push_back(CALL(node::cluster::Primary, *primary_, adopt, std::move(other)));
  seen(processes_.back()).is_hostile = true;
  std::error_code ignored;
  link.try_send(says, {}, ignored);
  hostile_.push_back(std::move(link));
}

void ClusterPart::fork() {
  try {
    processes_.push_back(CALL(node::cluster::Primary, *primary_, fork));
    if (CALL(node::cluster::WorkerProcess, processes_.back(), pid) <= 0)
      fail("a worker process has no number");
  } catch (const Error& error) {
    if (error.code() != "EAGAIN" && error.code() != "EMFILE")
      fail("no worker is started: " + error.message());
  }
}

void ClusterPart::bind(WorkerEnd& worker, bool exclusive) {
  if (worker.sockets.size() >= 12) return;
  dgram::node::Socket socket = dgram::node::create_socket(worker.context, "udp4");
  socket.on(dgram::node::event::message, [this](const dgram::Datagram& datagram) {
    std::array<std::uint64_t, 2> words{};
    if (datagram.size() != sizeof words) return;
    std::memcpy(words.data(), datagram.data().data(), sizeof words);
    if (words[0] == Ledger::part_mark && !heard_.insert(words[1]).second)
      fail("a datagram to workers has come twice");
  });
  socket.on(dgram::node::event::error, [](const Error& error) {
    if (error.code().empty()) fail("a bind of a worker fails without a code");
  });
  socket.on(dgram::node::event::listening,
            [this, socket] { ports_.push_back(socket.address().port); });
  dgram::node::BindOptions options;
  options.address = "127.0.0.1";
  options.exclusive = exclusive;
  worker.sockets.push_back(socket);
  try {
    socket.bind(options);
  } catch (const Error&) {
    fail("a new socket of a worker cannot be bound");
  }
}

void ClusterPart::send(std::uint64_t choice) {
  if (ports_.empty()) return;
  dgram::Socket sender(context_);
  const std::array<std::uint64_t, 2> words{Ledger::part_mark, ++numbered_};
  const dgram::Endpoint to(asio::ip::address_v4::loopback(),
                           static_cast<std::uint16_t>(ports_[choice % ports_.size()]));
  std::error_code ec;
  sender.try_send(std::as_bytes(std::span(words)), to, ec);
}

// ---- quiescent points

void ClusterPart::end_operations() {
  const std::lock_guard lock(mutex_);
  bool is_done = false;
  const dgram::node::Function<> done = [&is_done] {
    if (std::exchange(is_done, true)) fail("a primary tells twice that its workers have left");
  };
  hostile_.clear();
  CALL(node::cluster::Primary, *primary_, disconnect, done);
  run_until([&is_done] { return is_done; }, "a worker does not leave its primary");
  if (!CALL(node::cluster::Primary, *primary_, workers).empty())
    fail("all workers have left, and some are there");
  run_until(
      [this] {
        return std::all_of(ends_.begin(), ends_.end(), [](const std::unique_ptr<WorkerEnd>& one) {
          return one->disconnects == 1;
        });
      },
      "a worker does not say that it is disconnected");
  for (const std::unique_ptr<WorkerEnd>& one : ends_)
    if (CALL(node::cluster::Worker, *one->worker, is_connected))
      fail("a worker has left, and is connected");
  ends_.clear();
  processes_.clear();
  seen_.clear();
  heard_.clear();
  ports_.clear();
}

}  // namespace spinner
