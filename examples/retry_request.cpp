// A request over UDP, done right: sent again while no answer comes, each time with twice the
// patience, and matched by a number that nobody can guess. The server puts the number in front of
// its answer, as any echo server does.
#include <chrono>
#include <cstdint>
#include <dgram/dgram.hpp>
#include <iomanip>
#include <iostream>
#include <optional>
#include <random>
#include <sstream>
#include <stdexcept>

#include "support.hpp"

namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

/// 64 random bits as 16 digits and a space.
std::string new_request_id() {
  std::random_device random;
  const std::uint64_t id = std::uint64_t{random()} << 32 | random();
  std::ostringstream text;
  text << std::hex << std::setfill('0') << std::setw(16) << id << ' ';
  return text.str();
}

/// The answer that starts with `id`, or nothing when the time is up.
/**
 * What else arrives is passed over: an answer to an earlier request, or somebody's guess. The
 * deadline is fixed before the loop, so that such datagrams cannot move it.
 */
asio::awaitable<std::optional<dgram::Datagram>> wait_for_answer(dgram::Socket& socket,
                                                                std::string id,
                                                                Clock::duration timeout) {
  const Clock::time_point deadline = Clock::now() + timeout;
  for (;;) {
    std::error_code ec;
    std::optional<dgram::Datagram> datagram = co_await socket.recv_until(deadline, ec);
    // "Connection refused": nobody listens there. The server may be starting again: a lost
    // datagram, no more.
    if (ec == asio::error::connection_refused) continue;
    if (ec) throw dgram::Error(ec, "recv_until");
    if (!datagram || datagram->text().starts_with(id)) co_return datagram;
  }
}

asio::awaitable<void> request(dgram::Socket& socket, std::string host, int port, std::string text) {
  co_await socket.connect(host, port);
  const std::string id = new_request_id();
  const std::string message = id + text;

  Clock::duration timeout = 100ms;
  for (int attempt = 1; attempt <= 5; ++attempt, timeout *= 2) {
    // The same number each time: a late answer to the first attempt is as good as one to the last.
    std::error_code ec;
    co_await socket.send(message, ec);
    if (ec && ec != asio::error::connection_refused) throw dgram::Error(ec, "send", host);

    const std::optional<dgram::Datagram> answer = co_await wait_for_answer(socket, id, timeout);
    if (answer) {
      std::cout << answer->text().substr(id.size()) << std::endl;
      co_return;
    }
    const auto waited = std::chrono::duration_cast<std::chrono::milliseconds>(timeout).count();
    std::cerr << "attempt " << attempt << ": no answer within " << waited << " ms\n";
  }
  throw std::runtime_error("no answer from " + dgram::to_string(socket.remote_endpoint()));
}

void request_with(const example::Arguments& arguments) {
  if (arguments.size() != 3) throw example::UsageError("three arguments, please");
  asio::io_context io;
  dgram::Socket socket(io);
  example::run(io, request(socket, arguments[0], example::port_number(arguments[1]), arguments[2]));
}

}  // namespace

int main(int argc, char** argv) {
  return example::run_main(argc,
                           argv,
                           "<host> <port> <text>\n"
                           "Sends \"<number> <text>\" until an answer with that number comes, and "
                           "prints the rest of it.\n"
                           "Five attempts; waits 100 ms, then twice as long each time.",
                           request_with);
}
