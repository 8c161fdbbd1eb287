// A service on every core: counts the datagrams of each session and answers with the count.
//
// A datagram begins with its session's number, four bytes, most significant first. The kernel gives
// all datagrams of a session to the same shard, whatever address they come from. So each shard has
// its own table, and no lock.
#include <asio/signal_set.hpp>
#include <csignal>
#include <dgram/scale/shard_group.hpp>
#include <iostream>
#include <map>
#include <thread>

#include "support.hpp"

namespace {

using Session = std::uint32_t;

Session session_of(const dgram::Datagram& datagram) {
  Session session = 0;
  for (const std::byte byte : datagram.data().first(4))
    session = session << 8 | std::to_integer<Session>(byte);
  return session;
}

asio::awaitable<void> count_sessions(dgram::Shard& shard) {
  const dgram::Endpoint local = shard.socket().local_endpoint();
  constexpr std::size_t max_sessions = 100'000;  // anybody can make up numbers
  std::map<Session, std::uint64_t> counts;
  while (shard.socket().is_open()) {
    std::error_code ec;
    const dgram::Datagram datagram = co_await shard.socket().recv(ec);
    if (ec == asio::error::eof) co_return;  // the group is drained
    if (datagram.size() < 4 || !example::may_answer(datagram.remote(), local)) continue;
    const Session session = session_of(datagram);
    if (counts.size() == max_sessions && !counts.contains(session)) continue;
    const std::string answer = std::to_string(++counts[session]);
    co_await shard.socket().send(answer, datagram.remote(), ec);
  }
}

/// Lets a group serve what it has, and end, on SIGINT or SIGTERM.
void serve_until_signal(dgram::ShardGroup& group) {
  asio::io_context io(1);
  asio::signal_set signals(io, SIGINT, SIGTERM);
  signals.async_wait([&group](std::error_code ec, int) {
    if (!ec) group.drain();
  });
  std::thread waiting([&io] { io.run(); });
  std::exception_ptr failure;
  try {
    group.join();
  } catch (...) {
    failure = std::current_exception();
  }
  io.stop();
  waiting.join();
  if (failure) std::rethrow_exception(failure);
}

void serve(const example::Arguments& arguments) {
  if (arguments.size() != 2 && arguments.size() != 3)
    throw example::UsageError("two or three arguments, please");
  dgram::ShardGroupOptions options;
  options.steering = dgram::Steering::by_key(dgram::PayloadKey());  // bytes 0 to 3
  if (arguments.size() == 3)
    options.shards = static_cast<std::size_t>(example::number(arguments[2], 1, 256));

  dgram::ShardGroup group(dgram::make_endpoint(arguments[0], example::port_number(arguments[1])),
                          count_sessions,
                          options);
  std::cout << "listening on " << dgram::to_string(group.local_endpoint()) << std::endl;
  serve_until_signal(group);
  for (std::size_t i = 0; i < group.size(); ++i) {
    const dgram::Stats stats = group.stats(i);
    std::cout << "shard " << i << ": received " << stats.datagrams_received
              << ", dropped by the kernel " << stats.kernel_drops << ", left over "
              << stats.discarded_at_close << '\n';
  }
}

}  // namespace

int main(int argc, char** argv) {
  return example::run_main(
      argc,
      argv,
      "<address> <port> [<shards>]\n"
      "Answers each datagram with how many its session has had; a session is four bytes.\n"
      "One shard for each CPU, or as many as are asked for. Ends on SIGINT or SIGTERM.",
      serve);
}
