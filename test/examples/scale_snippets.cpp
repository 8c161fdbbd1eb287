// The code of docs/scaling.md and docs/threads.md, compiled and run. The pages quote it: check_docs.py sees to that. Output is TAP.
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <asio/strand.hpp>
#include <asio/use_awaitable.hpp>
#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <dgram/dgram.hpp>
#include <dgram/scale/shard_group.hpp>
#include <exception>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "tap.hpp"

namespace snippets {

using namespace std::chrono_literals;

std::atomic<int> handled = 0;
void handle(const dgram::Datagram&) { ++handled; }
void log_failure(std::size_t, std::exception_ptr) {}

// [a group]
asio::awaitable<void> echo(dgram::Shard& shard) {
  for (;;) {
    const dgram::Datagram datagram = co_await shard.socket().recv();
    std::error_code ec;
    co_await shard.socket().send(datagram, datagram.remote(), ec);
  }
}

void serve_on_every_core(dgram::Endpoint local) {
  dgram::ShardGroup group(local, echo);
  group.join();
}

// [by key]
dgram::Steering by_session() {
  dgram::PayloadKey session;
  session.offset = 4;
  session.width = 4;
  session.mask = 0x00ffffff;  // the first of the four bytes is something else
  return dgram::Steering::by_key(session);
}

dgram::ShardGroupOptions four_shards_by_session() {
  dgram::ShardGroupOptions options;
  options.shards = 4;
  options.steering = by_session();
  options.socket.recv_buffer_size = 4 << 20;
  return options;
}

// [another shard's]
std::size_t owner_of(const dgram::ShardGroup& group, const dgram::Datagram& datagram) {
  return group.shard_of(datagram.data()).value();
}

// [failures]
dgram::ShardGroupOptions restarting() {
  dgram::ShardGroupOptions options;
  options.on_failure = [](std::size_t index, std::exception_ptr failure) {
    log_failure(index, failure);
    return dgram::AfterFailure::restart_shard;
  };
  return options;
}

// [changes]
void renew_all(dgram::ShardGroup& group) {
  for (std::size_t i = 0; i < group.size(); ++i)
    if (group.has(i)) group.restart(i);
}

// [hand over]
asio::awaitable<void> receive_for(dgram::Socket& socket, asio::io_context& workers) {
  for (;;) {
    dgram::Datagram datagram = co_await socket.recv();
    asio::post(workers, [datagram = std::move(datagram)] { handle(datagram); });
  }
}

// [answer from another thread]
asio::awaitable<void> send_answer(dgram::Socket& socket, std::string answer, dgram::Endpoint to) {
  std::error_code ec;
  co_await socket.send(answer, to, ec);
}

void answer_from_anywhere(dgram::Socket& socket, std::string answer, dgram::Endpoint to) {
  asio::co_spawn(socket.get_executor(), send_answer(socket, std::move(answer), to), asio::detached);
}

// [sockets of processes]
dgram::Socket join_port(asio::io_context& io, dgram::Endpoint local) {
  dgram::SocketOptions options;
  options.reuse_port = true;
  dgram::Socket socket(io, options);
  socket.bind(local);
  return socket;
}

}  // namespace snippets

namespace {

using tap::check;

dgram::Endpoint any_port() { return dgram::Endpoint(asio::ip::address_v4::loopback(), 0); }

asio::awaitable<void> exchange(dgram::Socket& client, dgram::Endpoint server, std::string& answer) {
  co_await client.send("hello", server);
  const std::optional<dgram::Datagram> datagram = co_await client.recv_for(std::chrono::seconds(20));
  if (datagram) answer = std::string(datagram->text());
}

std::string ask(dgram::Endpoint server) {
  asio::io_context io;
  dgram::Socket client(io);
  client.bind(any_port());
  std::string answer;
  asio::co_spawn(io, exchange(client, server, answer), asio::detached);
  io.run();
  return answer;
}

void groups() {
  dgram::ShardGroup group(any_port(), snippets::echo, snippets::four_shards_by_session());
  const std::string answer = ask(group.local_endpoint());
  check("a group answers", answer == "hello");
  asio::io_context io;
  dgram::Socket socket = snippets::join_port(io, any_port());
  check("a socket joins a port", socket.reuse_port());
  std::error_code ec;
  const std::array<std::uint8_t, 8> six{0, 0, 0, 0, 0xff, 0, 0, 6};
  dgram::Socket from(io);
  from.try_send(asio::buffer(six), socket.local_endpoint(), ec);
  const std::optional<dgram::Datagram> datagram = socket.try_recv(ec);
  check("a key has an owner", datagram && snippets::owner_of(group, *datagram) == 2);
  snippets::renew_all(group);
  const std::string again = ask(group.local_endpoint());
  check("it answers when all shards are new", again == "hello");
}

void failures() {
  std::atomic<int> failed = 0;
  const auto fail_once = [&failed](dgram::Shard& shard) -> asio::awaitable<void> {
    if (++failed == 1) throw std::runtime_error("once");
    return snippets::echo(shard);
  };
  dgram::ShardGroupOptions options = snippets::restarting();
  options.shards = 1;
  dgram::ShardGroup group(any_port(), fail_once, options);
  const std::string answer = ask(group.local_endpoint());
  check("a shard that fails begins anew", answer == "hello" && failed == 2);
}

void threads() {
  asio::io_context io;
  asio::io_context workers;
  auto work = asio::make_work_guard(workers);
  std::thread worker([&workers] { workers.run(); });
  dgram::Socket socket(io);
  socket.bind(any_port());
  dgram::Socket client(io);
  client.bind(any_port());
  asio::co_spawn(io, snippets::receive_for(socket, workers), asio::detached);
  std::error_code ec;
  client.try_send("to a worker", socket.local_endpoint(), ec);
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (snippets::handled == 0 && std::chrono::steady_clock::now() < end) io.run_for(std::chrono::milliseconds(1));
  check("a datagram is handed over", snippets::handled == 1);

  asio::post(workers, [&] { snippets::answer_from_anywhere(socket, "an answer", client.local_endpoint()); });
  std::optional<dgram::Datagram> answer;
  while (!answer && std::chrono::steady_clock::now() < end) {
    io.run_for(std::chrono::milliseconds(1));
    answer = client.try_recv(ec);
  }
  check("and answered from another thread", answer && answer->text() == "an answer");
  work.reset();
  worker.join();
}

}  // namespace

int main() {
  groups();
  failures();
  threads();
  return tap::end();
}
