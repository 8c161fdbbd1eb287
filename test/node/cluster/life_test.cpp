// The ends: of a primary, of a worker, of their context; and what is refused on the way.
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <dgram/node/cluster/primary.hpp>
#include <dgram/node/cluster/worker.hpp>
#include <dgram/node/socket.hpp>
#include <dgram/process/descriptor_link.hpp>
#include <dgram/socket.hpp>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cluster.hpp"
#include "node/failures.hpp"
#include "support/catch2.hpp"

namespace cluster_life_test {

namespace cluster = dgram::node::cluster;
namespace node = dgram::node;
using dgram::Descriptor;
using dgram::DescriptorLink;
using dgram::node::Error;
using test::Cluster;
using test::run_until;

namespace {

/// A worker in this process, and the primary's end of its link.
struct InProcess {
  explicit InProcess(asio::io_context& context) : io(context), primary(context.get_executor()) {
    auto [link, other_end] = DescriptorLink::pair(io.get_executor());
    primary = std::move(link);
    worker.emplace(io, std::move(other_end), 5);
    worker->on(cluster::event::disconnect, [this] { seen.push_back("disconnect"); });
  }

  node::Socket socket(const std::string& name, node::SocketOptions options = {.type = "udp4"}) {
    node::Socket made = node::create_socket(io, std::move(options));
    made.on(node::event::listening, [this, name] { seen.push_back(name + " listening"); });
    made.on(node::event::close, [this, name] { seen.push_back(name + " close"); });
    made.on(node::event::error,
            [this, name](const Error& error) { seen.push_back(name + ' ' + error.message()); });
    return made;
  }
  std::string heard() {
    DescriptorLink::Message message;
    std::error_code ec;
    run_until(io, [&] { return primary.try_receive(message, ec); });
    return message.bytes;
  }
  void grant(const std::string& reply) {
    dgram::Socket made(io);
    made.bind(dgram::Endpoint(asio::ip::address_v4::loopback(), 0));
    std::error_code ec;
    const std::vector<dgram::NativeHandle> handles = {made.native_handle()};
    primary.try_send(reply, handles, ec);
    REQUIRE(!ec);
  }
  void wait_for(std::size_t events) {
    run_until(io, [&] { return seen.size() >= events; });
  }

  asio::io_context& io;
  DescriptorLink primary;
  std::optional<cluster::Worker> worker;
  std::vector<std::string> seen;
};

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("when the primary is gone, what is shared is closed, then the worker is told") {
  asio::io_context io;
  InProcess both(io);
  const node::Socket shared = both.socket("shared").bind(0, "127.0.0.1");
  const node::Socket waits = both.socket("waits").bind(0, "127.0.0.1");
  const node::Socket own = both.socket("own").bind({.address = "127.0.0.1", .exclusive = true});
  CHECK(both.heard() == "online 1");
  CHECK(both.heard() == "query 1 udp4 0 0 127.0.0.1 0 0");
  both.grant("reply 1 0");
  both.wait_for(2);
  both.primary.close();
  both.wait_for(5);
  CHECK(both.seen ==
        Lines{"own listening", "shared listening", "shared close", "waits close", "disconnect"});
  CHECK_FALSE(both.worker->is_connected());
  CHECK_FALSE(both.worker->exited_after_disconnect());

  const node::Socket late = both.socket("late").bind(5000, "127.0.0.1");
  both.wait_for(6);
  CHECK(both.seen.back() == "late bind EPIPE 127.0.0.1:5000");
  own.close();
  late.close();
  test::run(io);  // nothing keeps it
}

TEST_CASE("a worker that disconnects closes what it shares before it says so") {
  asio::io_context io;
  InProcess both(io);
  const node::Socket shared = both.socket("shared").bind(0, "127.0.0.1");
  both.heard();
  both.heard();
  both.grant("reply 1 0");
  both.wait_for(1);
  CHECK(both.heard().starts_with("listening 1 "));
  both.worker->disconnect();
  both.worker->disconnect();
  both.wait_for(3);
  CHECK(both.seen == Lines{"shared listening", "shared close", "disconnect"});
  CHECK(both.heard() == "close 1");
  CHECK(both.heard() == "leaving");
  CHECK(both.worker->exited_after_disconnect());
  CHECK_FALSE(both.worker->send("text"));
  test::run(io);
}

TEST_CASE("a primary whose messages make no sense is left") {
  for (const std::string_view message :
       {"GET / HTTP/1.1", "reply 1 0", "reply 1 98", "online 1", "close 1"}) {
    asio::io_context io;
    InProcess both(io);
    std::error_code ec;
    both.primary.try_send(message, {}, ec);  // nothing was asked for
    both.wait_for(1);
    CHECK(both.seen == Lines{"disconnect"});
    test::run(io);
  }
}

TEST_CASE("a socket that is no UDP socket of the type is refused, and given back") {
  asio::io_context io;
  InProcess both(io);
  const node::Socket socket = both.socket("six", {.type = "udp6"}).bind(5000, "::1");
  both.heard();
  CHECK(both.heard() == "query 1 udp6 0 0 ::1 0 5000");
  both.grant("reply 1 0");  // one of IPv4
  both.wait_for(1);
  CHECK(both.seen == Lines{"six bind EAFNOSUPPORT ::1:5000"});
  CHECK(both.heard() == "close 1");
  socket.close();
  both.worker->disconnect();
  test::run(io);
}

TEST_CASE("while the primary is asked there is no socket to join a group with") {
  Cluster all;
  const cluster::WorkerProcess worker = all.fork();
  const std::string said = all.ask(worker, "bind-and-join a udp4 127.0.0.1 0");
  CHECK(said == "threw addMembership EBADF");
}

TEST_CASE("text goes both ways, up to the longest message") {
  asio::io_context io;
  auto [link, other_end] = DescriptorLink::pair(io.get_executor());
  Descriptor end(::dup(link.native_handle()));
  link.close();
  const cluster::Primary primary(io);
  const cluster::WorkerProcess seen = primary.adopt(std::move(end));
  const cluster::Worker worker(io, std::move(other_end));
  std::string heard;
  worker.on(cluster::event::message, [&](std::string_view text) { heard = text; });
  std::string answer;
  primary.on(cluster::event::message,
             [&](const cluster::WorkerProcess&, std::string_view text) { answer = text; });

  const std::string longest(65'531, 'x');
  CHECK(seen.send(longest));
  CHECK(worker.send(""));
  run_until(io, [&] { return !heard.empty(); });
  CHECK(heard == longest);
  CHECK(answer.empty());
  CHECK(worker.send("two words"));
  run_until(io, [&] { return !answer.empty(); });
  CHECK(answer == "two words");
  const std::string code = test::code_of([&] { static_cast<void>(seen.send(longest + 'x')); });
  CHECK(code == "EMSGSIZE");
}

TEST_CASE("of texts that the other end does not take 1024 wait, and the next one is refused") {
  asio::io_context io;
  InProcess both(io);
  const std::string text(1000, 'x');
  std::size_t sent = 0;
  while (sent < 20'000 && both.worker->send(text)) ++sent;
  CHECK(sent >= 1024);
  REQUIRE(sent < 20'000);  // the others are in the kernel
  CHECK_FALSE(both.worker->send(text));
  CHECK(both.heard() == "online 1");
  std::size_t heard = 0;
  while (heard < sent && both.heard() == "text " + text) ++heard;
  CHECK(heard == sent);
  CHECK(both.worker->send("there is room again"));
  CHECK(both.heard() == "text there is room again");
}

TEST_CASE("what a listener throws leaves run(), and everything goes on") {
  bool throws = true;
  Cluster all;
  const cluster::WorkerProcess worker = all.fork();
  all.primary.on(cluster::event::message, [&] {
    if (std::exchange(throws, false)) throw std::runtime_error("of a listener");
  });
  std::string text;
  try {
    all.ask(worker, "stray");  // the message has come: what was thrown leaves the next run()
    all.ask(worker, "stray");
  } catch (const std::runtime_error& error) {
    text = error.what();
  }
  CHECK(text == "of a listener");
  const std::string said = all.ask(worker, "stray");
  CHECK(said == "nothing");
}

TEST_CASE("disconnect of the primary ends all workers, then calls back") {
  int calls = 0;
  Cluster all;
  all.ask(all.fork(), "bind a udp4 127.0.0.1 5000");
  all.ask(all.fork(), "bind a udp4 127.0.0.1 5000");
  all.primary.disconnect([&] {
    ++calls;
    CHECK(all.ended.size() == 4);
    CHECK(all.primary.workers().empty());
  });
  test::run(all.io);
  CHECK(calls == 1);
  CHECK(Cluster::sockets_on(5000) == 0);
  all.primary.disconnect([&] { ++calls; });
  test::run(all.io);
  CHECK(calls == 2);
}

TEST_CASE("a signal ends a worker, and its primary is told which") {
  Cluster all;
  const cluster::WorkerProcess worker = all.fork();
  CHECK(worker.id() == 1);
  CHECK(worker.pid() > 0);
  CHECK(worker.kill());
  all.until([&] { return all.ended.size() == 2; });
  CHECK(all.ended == Lines{"1 disconnect wanted=false", "1 exit SIGTERM"});
  CHECK(worker.is_dead());
  CHECK_FALSE(worker.is_connected());
  CHECK_FALSE(worker.kill());
  CHECK_FALSE(worker.send("text"));
}

TEST_CASE("a program that is not there is no worker, and leaves nothing to wait for") {
  asio::io_context io;
  cluster::Settings settings;
  settings.exec = "/nowhere/worker";
  const cluster::Primary primary(io, settings);
  const std::string text = test::message_of([&] { primary.fork(); });
  CHECK(text == "spawn /nowhere/worker ENOENT");
  CHECK(primary.workers().empty());
  test::run(io);
}

TEST_CASE("the environment of a worker is that of its primary, and what it was given") {
  asio::io_context io;
  cluster::Settings settings;
  settings.exec = "sh";
  settings.args = {"-c", "test \"$WHO/$PATH\" = \"worker/$WANTED\""};
  const cluster::Primary primary(io, settings);
  std::optional<cluster::ExitStatus> end;
  primary.on(
      cluster::event::exit,
      [&](const cluster::WorkerProcess&, const cluster::ExitStatus& status) { end = status; });
  primary.fork({{"WHO", "worker"}, {"WANTED", std::getenv("PATH")}});
  test::run(io);
  REQUIRE(end);
  CHECK(end->code == 0);
  CHECK(end->signal == 0);
}

TEST_CASE("a worker whose environment names no link does not start as one") {
  for (const std::string_view environment : {"DGRAM_CLUSTER_FD=abc",
                                             "DGRAM_CLUSTER_FD=99",
                                             "DGRAM_CLUSTER_FD=0",
                                             "DGRAM_CLUSTER_FD=-1",
                                             "DGRAM_CLUSTER_ID=first"}) {
    INFO(environment);
    asio::io_context io;
    cluster::Settings settings;
    settings.exec = "sh";
    settings.args = {"-c",
                     std::string(environment) + " exec " + WORKER + " </dev/null 2>/dev/null"};
    const cluster::Primary primary(io, settings);
    int code = 0;
    bool was_online = false;
    primary.on(cluster::event::online, [&] { was_online = true; });
    primary.on(cluster::event::exit,
               [&](const cluster::WorkerProcess&, const cluster::ExitStatus& status) {
                 code = status.code;
               });
    // What is set in vain: the primary's own count.
    primary.fork({{"DGRAM_CLUSTER_FD", "7"}, {"DGRAM_CLUSTER_ID", "7"}});
    test::run(io);
    CHECK(code == 1);
    CHECK_FALSE(was_online);
  }
}

TEST_CASE("a process that no primary has started is no worker") {
  asio::io_context io;
  CHECK_FALSE(cluster::is_worker());
  const std::string code = test::code_of([&] { cluster::Worker worker(io); });
  CHECK(code == "ERR_CLUSTER_NO_PRIMARY");
}

TEST_CASE("a link that is none is refused on both sides") {
  asio::io_context io;
  const cluster::Primary primary(io);
  const auto udp = [&io] {
    dgram::Socket socket(io);
    socket.bind();
    return Descriptor(socket.release());
  };
  const std::string adopted = test::code_of([&] { primary.adopt(udp()); });
  CHECK(adopted == "EPROTOTYPE");
  const std::string nothing = test::code_of([&] { primary.adopt(Descriptor()); });
  CHECK(nothing == "EBADF");
  const std::string joined = test::code_of([&] { cluster::Worker worker(io, udp()); });
  CHECK(joined == "ERR_CLUSTER_NO_PRIMARY");
}

TEST_CASE("a context has one worker, whose handles are the same") {
  asio::io_context io;
  InProcess both(io);
  const cluster::Worker same(io);
  CHECK(same.id() == 5);
  auto [link, other_end] = DescriptorLink::pair(io.get_executor());
  const std::string code =
      test::code_of([&, &end = other_end] { cluster::Worker worker(io, std::move(end)); });
  CHECK(code == "ERR_CLUSTER_NO_PRIMARY");
}

TEST_CASE("handles may outlive their context, which lets go of everything") {
  auto io = std::make_unique<asio::io_context>();
  const auto token = std::make_shared<int>();
  cluster::Settings settings;
  settings.exec = WORKER;
  const cluster::Primary primary(*io, settings);
  primary.on(cluster::event::online, [token] {});
  const cluster::WorkerProcess worker = primary.fork();
  std::optional<InProcess> both(std::in_place, *io);
  both->worker->on(cluster::event::message, [token] {});
  const cluster::Worker in_process = *both->worker;
  node::Socket socket = both->socket("asks").bind(0, "127.0.0.1");
  io->poll();
  both.reset();
  io.reset();
  CHECK(token.use_count() == 1);
  CHECK_FALSE(worker.is_connected());
  CHECK_FALSE(worker.send("text"));
  CHECK_FALSE(in_process.is_connected());
  CHECK_FALSE(in_process.send("text"));
  const std::string code = test::code_of([&] { primary.fork(); });
  CHECK(code == "ERR_SOCKET_DGRAM_NOT_RUNNING");
  CHECK(worker.kill(SIGKILL));
}

}  // namespace cluster_life_test
