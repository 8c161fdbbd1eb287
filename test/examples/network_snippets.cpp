// The code of docs/guide.md that needs a network of its own, compiled and run: on a host that has
// 10.0.0.1 and fd00::1 on "eth0", and a neighbour 10.0.0.2 on which nobody listens. Output is TAP.
#include <asio/co_spawn.hpp>
#include <asio/error.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/address.hpp>
#include <chrono>
#include <dgram/dgram.hpp>
#include <exception>
#include <iostream>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "tap.hpp"

namespace snippets {

using namespace std::chrono_literals;

std::vector<std::string> handled;
void handle(const dgram::Datagram& datagram) {
  handled.emplace_back(datagram.text());
}

// [before binding]
void set_up(dgram::Socket& socket, const dgram::Endpoint& local) {
  socket.open();
  socket.bind_to_device("eth0");  // before bind(): other sockets may have the port on other devices
  socket.set_ttl(32);
  socket.set_dscp(46);
  socket.bind(local);
}

// [an option that is refused]
void raise_ttl(dgram::Socket& socket, int hops) {
  try {
    socket.set_ttl(hops);
  } catch (const dgram::Error& error) {
    std::cerr << error.what() << '\n';  // "set_ttl 300: Invalid argument"
  }
}

// [hearing a group]
asio::awaitable<void> hear_group(dgram::Socket& socket, asio::ip::address group) {
  const dgram::Membership membership = socket.join(group, "eth0");
  for (;;) {
    std::error_code ec;
    dgram::Datagram datagram = co_await socket.recv(ec);
    if (ec) co_return;  // and leaves the group
    handle(datagram);
  }
}

// [ways to say which interface]
void join_everywhere(dgram::Socket& socket, const asio::ip::address& group) {
  std::error_code ec;
  socket.add_membership(group, dgram::Interface::all(), ec);  // those that were joined already stay
  if (ec) std::cerr << "no more of " << group << ": " << ec.message() << '\n';
}

// [one source]
dgram::Membership hear_source(dgram::Socket& socket,
                              const asio::ip::address& source,
                              const asio::ip::address& group) {
  return socket.join_source(source, group, "eth0");
}

// [everybody but one]
void mute(dgram::Socket& socket, const asio::ip::address& noisy, const asio::ip::address& group) {
  socket.block_source(noisy, group, "eth0");
}

// [sending to a group]
asio::awaitable<void> tell_group(dgram::Socket& socket,
                                 std::string_view news,
                                 dgram::Endpoint group) {
  socket.open();
  socket.set_multicast_interface("eth0");
  socket.set_multicast_ttl(1);          // stays on the link; this is the default
  socket.set_multicast_loopback(true);  // sockets of this host get it as well; so is this
  co_await socket.send(news, group);
}

// [error reports]
asio::awaitable<void> forget_the_dead(dgram::Socket& socket, std::set<dgram::Endpoint>& peers) {
  for (;;) {
    const dgram::ErrorReport report = co_await socket.recv_error();
    std::cerr << dgram::to_string(report) << '\n';
    if (report.error == asio::error::connection_refused) peers.erase(report.destination);
  }
}

// [what fits]
int largest_payload(const dgram::Socket& socket, const dgram::Endpoint& to) {
  const int headers = to.address().is_v6() ? 40 + 8 : 20 + 8;  // IP and UDP
  return socket.path_mtu(to) - headers;
}

// [less than was asked for]
void say_what_is_missing(const dgram::Socket& socket) {
  for (const dgram::Capability& capability : socket.capabilities())
    if (capability.state == dgram::Capability::State::reduced ||
        capability.state == dgram::Capability::State::refused)
      std::cerr << dgram::to_string(capability) << '\n';
}

// [a log]
void log_to_stderr(asio::io_context& io) {
  dgram::set_log_handler(io, [](dgram::LogLevel level, std::string_view text) {
    std::cerr << (level == dgram::LogLevel::warning ? "warning: " : "") << text << '\n';
  });
}

// [losses]
void print_losses(const dgram::Socket& socket) {
  const dgram::Stats stats = socket.stats();
  std::cout << "dropped by the kernel: " << stats.kernel_drops
            << "\nnot sent: " << stats.send_errors << "\ncut: " << stats.truncated
            << "\nerror reports that nobody took: " << stats.discarded_reports << '\n';
  for (const dgram::ErrorCount& error : stats.errors.counts)
    if (error.count != 0) std::cout << error.code.message() << ": " << error.count << " times\n";
}

}  // namespace snippets

// -------------------------------------------------------------------------------------------------

namespace {

using namespace snippets;

void check(const std::string& name, bool ok) {
  tap::check(name, ok);
  handled.clear();
}

/// What a call says on std::cout or std::cerr.
template <class Call>
std::string said(std::ostream& stream, Call call) {
  std::ostringstream text;
  std::streambuf* const former = stream.rdbuf(text.rdbuf());
  call();
  stream.rdbuf(former);
  return text.str();
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

const asio::ip::address here = asio::ip::make_address("10.0.0.1");
const asio::ip::address group = asio::ip::make_address("239.255.0.1");

struct World {
  explicit World(dgram::SocketOptions options = {}) : left(io), right(io, options) {}

  void run(asio::awaitable<void> task, std::chrono::milliseconds at_most = 5000ms) {
    std::exception_ptr failed;
    asio::co_spawn(io, std::move(task), [&](std::exception_ptr failure) {
      failed = failure;
      io.stop();
    });
    io.restart();
    io.run_for(at_most);
    if (failed) std::rethrow_exception(failed);
  }
  /// The news that `right` gets within a moment.
  std::string news(asio::ip::address to) {
    run(tell_group(left, "news", {to, right.local_endpoint().port()}));
    std::optional<dgram::Datagram> datagram;
    run(receive(datagram));
    return datagram ? std::string(datagram->text()) : "nothing";
  }
  asio::awaitable<void> receive(std::optional<dgram::Datagram>& datagram) {
    datagram = co_await right.recv_for(200ms);
  }

  asio::io_context io;
  dgram::Socket left, right;
};

void options() {
  {
    World world;
    set_up(world.right, dgram::make_endpoint("0.0.0.0", 0));
    check("before binding", world.right.ttl() == 32 && world.right.dscp() == 46);
    const std::string text = said(std::cerr, [&] { raise_ttl(world.right, 300); });
    check("an option that is refused",
          text == "set_ttl 300: Invalid argument\n" && world.right.ttl() == 32);
  }
}

void groups() {
  {
    World world;
    world.right.bind(dgram::make_endpoint("0.0.0.0", 0));
    asio::co_spawn(world.io, hear_group(world.right, group), [](std::exception_ptr) {});
    world.io.poll();
    const dgram::Endpoint to(group, world.right.local_endpoint().port());
    world.run(tell_group(world.left, "news", to));
    world.io.restart();
    while (handled.empty()) world.io.run_one();
    world.right.cancel();
    world.io.restart();
    world.io.run_for(1s);
    std::error_code ec;
    world.right.drop_membership(group, "eth0", ec);
    check("hearing a group",
          handled == std::vector<std::string>{"news"} && ec == std::errc::address_not_available);
  }
  {
    World world;
    join_everywhere(world.right, group);
    const std::string again = said(std::cerr, [&] { join_everywhere(world.right, group); });
    check("ways to say which interface", world.news(group) == "news");
    mute(world.right, here, group);
    check("everybody but one", world.news(group) == "nothing");
  }
  {
    World world;
    const dgram::Membership membership = hear_source(world.right, here, group);
    check("one source", world.news(group) == "news");
  }
}

void errors() {
  dgram::SocketOptions options;
  options.receive_errors = true;
  World world(options);
  const dgram::Endpoint dead = dgram::make_endpoint("10.0.0.2", 9);
  std::set<dgram::Endpoint> peers = {dead};
  std::error_code ec;
  world.right.try_send("anybody?", dead, ec);
  const std::string text = said(std::cerr, [&] {
    asio::co_spawn(world.io, forget_the_dead(world.right, peers), [](std::exception_ptr) {});
    while (!peers.empty()) world.io.run_one();
  });
  check("error reports",
        text == "Connection refused: 10.0.0.2:9, reported by 10.0.0.2 (ICMP type 3, code 3)\n");
  check("what fits", largest_payload(world.right, dead) == 1472);
}

void counters() {
  World world;
  const std::string logged = said(std::cerr, [&] {
    log_to_stderr(world.io);
    world.right.open();
    world.right.set_recv_buffer_size(1 << 30);
  });
  const std::string missing = said(std::cerr, [&] { say_what_is_missing(world.right); });
  const bool reduced = world.right.recv_buffer_size() / 2 < 1 << 30;
  check("less than was asked for", contains(missing, "recv_buffer_size: reduced to") == reduced);
  check("a log", contains(logged, "warning: recv_buffer_size: ") == reduced);

  std::error_code ec;
  world.right.try_send("x", dgram::make_endpoint("10.0.0.255", 9), ec);
  const std::string losses = said(std::cout, [&] { print_losses(world.right); });
  check("losses",
        contains(losses, "not sent: 1\n") && contains(losses, "Permission denied: 1 times\n"));
}

}  // namespace

int main() {
  options();
  groups();
  errors();
  counters();
  return tap::end();
}
