// A feed of numbered datagrams from one source to a group, and a receiver that hears this source
// only (source-specific multicast, RFC 4607), sees what is missing, and says where it may be lost.
#include <algorithm>
#include <array>
#include <asio/experimental/awaitable_operators.hpp>
#include <asio/signal_set.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <dgram/dgram.hpp>
#include <iostream>
#include <optional>
#include <random>
#include <span>
#include <sstream>

#include "support.hpp"

namespace {

using namespace std::chrono_literals;

dgram::Endpoint group_endpoint(const example::Arguments& arguments, std::size_t at) {
  return dgram::make_endpoint(arguments[at], example::port_number(arguments[at + 1]));
}

/// The argument at that place; none is the system's choice.
dgram::Interface interface_of(const example::Arguments& arguments, std::size_t at) {
  return arguments.size() > at ? dgram::Interface(arguments[at]) : dgram::Interface();
}

// --- what is on the wire -------------------------------------------------------------------------

/// "feed <run> <number>", then dots up to 1000 bytes. With "idle" instead of "feed", the number is
/// that of the next one: when nothing follows, the receiver still sees that the end is missing.
struct Message {
  bool idle = false;
  std::uint64_t run = 0;  // another one each time the sender starts
  std::uint64_t number = 0;
};

constexpr std::size_t message_size = 1000;

std::string write(const Message& message) {
  std::string text = (message.idle ? "idle " : "feed ") + std::to_string(message.run) + ' ' +
                     std::to_string(message.number) + ' ';
  if (!message.idle) text.resize(message_size, '.');
  return text;
}

std::optional<Message> read(std::string_view text) {
  // A view into the datagram ends where it ends, and what others send may be anything.
  std::istringstream words{std::string(text.substr(0, 64))};
  std::string kind;
  Message message;
  if (!(words >> kind >> message.run >> message.number)) return std::nullopt;
  message.idle = kind == "idle";
  if (!message.idle && kind != "feed") return std::nullopt;
  return message;
}

// --- send ----------------------------------------------------------------------------------------

asio::awaitable<void> send_feed(dgram::Socket& socket, dgram::Endpoint group, int count, int rate) {
  asio::steady_timer timer(co_await asio::this_coro::executor);
  Message message;
  message.run = std::random_device()();
  for (message.number = 1; message.number <= static_cast<std::uint64_t>(count); ++message.number) {
    const std::string text = write(message);
    co_await socket.send(text, group);
    if (rate == 0) continue;
    timer.expires_after(1s / rate);
    co_await timer.async_wait(asio::use_awaitable);
  }
  std::cout << "sent " << count << " datagrams" << std::endl;

  message.idle = true;
  const std::string text = write(message);
  for (int i = 0; i < 10; ++i) {
    co_await socket.send(text, group);
    timer.expires_after(200ms);
    co_await timer.async_wait(asio::use_awaitable);
  }
}

void send(const example::Arguments& arguments) {
  if (arguments.size() < 3 || arguments.size() > 6)
    throw example::UsageError("send takes two to five arguments");
  const dgram::Endpoint group = group_endpoint(arguments, 1);
  const int count = arguments.size() > 4 ? example::number(arguments[4], 1, 100'000'000) : 100;
  const int rate = arguments.size() > 5 ? example::number(arguments[5], 0, 1'000'000) : 100;

  dgram::SocketOptions options;
  options.family = group.address().is_v6() ? dgram::Family::ipv6 : dgram::Family::ipv4;
  asio::io_context io;
  dgram::Socket socket(io, options);
  socket.open();
  socket.set_multicast_interface(interface_of(arguments, 3));
  socket.set_multicast_ttl(8);  // routers that it may pass
  example::run(io, send_feed(socket, group, count, rate));
}

// --- receive -------------------------------------------------------------------------------------

/// Sees from the numbers what did not come.
class Gaps {
 public:
  void see(const Message& message) {
    if (message.run != run_) {
      if (run_ != 0) std::cout << "the sender has started anew" << std::endl;
      run_ = message.run;
      next_ = message.number;  // what was before we came is not missing
    }
    if (message.number > next_) {
      const std::uint64_t lost = message.number - next_;
      std::cout << "missing " << next_ << " to " << message.number - 1 << ": " << lost << std::endl;
      missing_ += lost;
    }
    if (!message.idle) message.number < next_ ? ++late_ : ++received_;
    next_ = std::max(next_, message.idle ? message.number : message.number + 1);
  }
  std::uint64_t received() const noexcept { return received_; }
  std::uint64_t missing() const noexcept { return missing_; }
  std::uint64_t late() const noexcept { return late_; }

 private:
  std::uint64_t run_ = 0;
  std::uint64_t next_ = 0;
  std::uint64_t received_ = 0;
  std::uint64_t missing_ = 0;
  std::uint64_t late_ = 0;  // or doubled; then they are missing no more, or never were
};

asio::awaitable<void> receive_feed(dgram::Socket& socket, Gaps& gaps) {
  std::array<dgram::Datagram, 64> batch;
  std::error_code ec;  // none but the end is a reason to stop
  while (ec != asio::error::eof && socket.is_open()) {
    const std::size_t received = co_await socket.recv_many(batch, ec);
    for (dgram::Datagram& datagram : std::span(batch).first(received)) {
      const std::optional<Message> message = read(datagram.text());
      if (message) gaps.see(*message);
      datagram.reset();  // gives its memory back before the next wait
    }
  }
}

void print(const Gaps& gaps, const dgram::Socket& socket) {
  // What was dropped at this socket was lost here, for want of buffer or of speed; the rest before.
  std::cout << "received " << gaps.received() << ", missing " << gaps.missing() << ", late "
            << gaps.late() << ", dropped at this socket " << socket.stats().kernel_drops
            << std::endl;
}

/// Once a second, when something has come.
asio::awaitable<void> report_until_signal(const dgram::Socket& socket, const Gaps& gaps) {
  using namespace asio::experimental::awaitable_operators;
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  asio::signal_set signals(executor, SIGINT, SIGTERM);
  asio::steady_timer second(executor);
  std::uint64_t printed = 0;
  for (;;) {
    second.expires_after(1s);
    const auto winner = co_await (second.async_wait(asio::use_awaitable) ||
                                  signals.async_wait(asio::use_awaitable));
    if (winner.index() == 1) break;
    const std::uint64_t seen = gaps.received() + gaps.missing() + gaps.late();
    if (seen != printed) print(gaps, socket);
    printed = seen;
  }
}

void receive(const example::Arguments& arguments) {
  if (arguments.size() != 4 && arguments.size() != 5)
    throw example::UsageError("receive takes three or four arguments");
  const asio::ip::address source = dgram::make_endpoint(arguments[1], 0).address();
  const dgram::Endpoint group = group_endpoint(arguments, 2);

  asio::io_context io;
  dgram::set_log_handler(io, [](dgram::LogLevel, std::string_view text) {
    std::cerr << "feed: " << text << std::endl;
  });
  dgram::SocketOptions options;
  options.reuse_address = true;         // other receivers on this host get the feed as well
  options.recv_buffer_size = 64 << 20;  // a moment of a fast feed
  dgram::Socket socket(io, options);
  socket.bind(group);  // not to any address: what was not sent to the group stays out
  const dgram::Membership membership =
      socket.join_source(source, group.address(), interface_of(arguments, 4));

  for (const dgram::Capability& capability : socket.capabilities())
    if (capability.state == dgram::Capability::State::reduced ||
        capability.state == dgram::Capability::State::refused)
      std::cout << dgram::to_string(capability) << std::endl;
  std::cout << "listening on " << dgram::to_string(socket.local_endpoint()) << std::endl;

  Gaps gaps;
  const auto end = [&](std::exception_ptr failure) {
    if (failure) std::rethrow_exception(failure);
    std::error_code ec;  // where the kernel cannot, the feed has to end first
    socket.refuse_more(ec);
    socket.drain();
  };
  asio::co_spawn(io, report_until_signal(socket, gaps), end);
  example::run(io, receive_feed(socket, gaps));
  print(gaps, socket);
}

void feed(const example::Arguments& arguments) {
  const std::string mode = arguments.empty() ? "" : arguments[0];
  if (mode == "send") return send(arguments);
  if (mode == "receive") return receive(arguments);
  throw example::UsageError("send or receive?");
}

}  // namespace

int main(int argc, char** argv) {
  return example::run_main(argc,
                           argv,
                           "send <group> <port> [<interface> [<count> [<per second>]]]\n"
                           "       feed receive <source> <group> <port> [<interface>]\n"
                           "Sends numbered datagrams of 1000 bytes to a group (100 of them, 100 "
                           "per second; 0: as fast as\n"
                           "possible), or receives those of one source until SIGINT or SIGTERM. "
                           "The interface is given by\n"
                           "name, index or address; \"\" is the system's choice.",
                           feed);
}
