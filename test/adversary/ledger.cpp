// Numbered datagrams on loopback by every receive and every send, on top of them timers, settings,
// connects and error reports: a user's program that goes on whatever the kernel refuses. It keeps
// books, and says where they do not balance. `inject` runs it while the kernel refuses calls.
//
// Usage: ledger kernel | ledger portable
// Prints what operations told ("told recv EIO 3"), counts ("count accepted 216") and faults ("wrong
// …"). Exit status: 0; 1 when there is a fault; 2 when a call failed without which no program can
// go on, with its error.
#include <sys/resource.h>

#include <array>
#include <asio/redirect_error.hpp>
#include <asio/use_awaitable.hpp>
#include <cstdio>
#include <dgram/dgram.hpp>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "adversary/exchange.hpp"
#include "adversary/receives.hpp"
#include "adversary/sends.hpp"

namespace {

using asio::awaitable;
using namespace ledger;
using namespace std::chrono_literals;

struct Program {
  asio::io_context io;
  Books books;
  bool portable = false;

  dgram::SocketOptions plain() const { return dgram::SocketOptions(); }
  dgram::SocketOptions with_metadata() const {
    dgram::SocketOptions options;
    options.receive_local_address = options.receive_ecn = options.receive_hop_limit =
        options.receive_timestamp = !portable;
    return options;
  }

  void exchanges() {
    const auto exchange = [this](std::string_view name,
                                 auto receives,
                                 auto sends,
                                 const dgram::SocketOptions& of_receiver) {
      Exchange e(io, books, name, of_receiver, plain());
      e.run(receives, sends);
    };
    exchange("recv", start<by_recv>, start<by_send>, plain());
    exchange("recv_into", start<by_recv_into>, start<by_send_pieces>, plain());
    exchange("recv_many", start<by_recv_many>, start<by_send_many<false>>, plain());
    exchange("runs", start<by_recv_many>, start<by_send_many<true>>, plain());
    dgram::SocketOptions trains;
    trains.gro = !portable;
    exchange("trains", start<by_recv>, start<by_send_segments>, trains);
    exchange("try_recv", start<by_try_recv>, start<by_try_send>, plain());
    exchange("handlers", start_by_handler, start_all_sends, plain());
    if (!portable)
      exchange("metadata", start<by_recv_many>, start<by_send_options>, with_metadata());
    exchange("one by one with metadata", start<by_recv>, start<by_send>, with_metadata());
  }

  void connected() {
    dgram::SocketOptions options;
    options.receive_errors = !portable;
    Exchange e(io, books, "connected", options, options);
    insist(books, "connect", [&](std::error_code& ec) { e.sender.connect(e.to, ec); });
    const dgram::Endpoint back = e.sender.local_endpoint();
    insist(books, "connect", [&](std::error_code& ec) { e.receiver.connect(back, ec); });
    e.run(start<by_recv_for>, start<by_send_to_peer>);
  }

  void full_buffer() {
    dgram::SocketOptions small;
    small.recv_buffer_size = 4096;
    Exchange e(io, books, "full buffer", small, plain());
    e.run(take_all, start<by_send>, true);
  }

  void timeouts() {
    dgram::Socket socket(io);
    insist(books, "bind", [&](std::error_code& ec) { socket.bind({}, ec); });
    for (int i = 0; i < 6; ++i) {
      bool ended = false;
      socket.async_recv_for(
          1ms, [&](const std::error_code& ec, const std::optional<dgram::Datagram>& none) {
            ended = true;
            if (ec) books.tell("recv_for", ec);
            books.check(!none, "timeouts", "a datagram came");
          });
      asio::steady_timer earlier(io);
      const auto nudge = [&] { wake_timers(earlier); };
      books.check(run_until(
                      io, books, [&] { return ended; }, nudge),
                  "timeouts",
                  "never ends");
    }
  }

  void settings() {
    dgram::Socket socket(io);
    insist(books, "bind", [&](std::error_code& ec) { socket.bind({}, ec); });
    int ttl = 64;
    insist(books, "set_ttl", [&](std::error_code& ec) { socket.set_ttl(ttl, ec); });
    for (int i = 1; i <= 12; ++i) {
      std::error_code ec;
      socket.set_ttl(i, ec);
      if (ec)
        books.tell("set_ttl", ec);
      else
        ttl = i;
      const int read = socket.ttl(ec);
      if (ec)
        books.tell("ttl", ec);
      else
        books.equal(
            static_cast<std::uint64_t>(read), static_cast<std::uint64_t>(ttl), "settings", "TTL");
    }
  }

  void reconnects() {
    const std::array<dgram::Endpoint, 2> peers = {dgram::make_endpoint("127.0.0.1", 9),
                                                  dgram::make_endpoint("127.0.0.2", 9)};
    dgram::Socket socket(io);
    insist(books, "connect", [&](std::error_code& ec) { socket.connect(peers[0], ec); });
    dgram::Endpoint peer = peers[0];
    unsigned short port = socket.local_endpoint().port();
    for (std::size_t i = 1; i <= 12; ++i) {
      std::error_code ec;
      socket.connect(peers[i % 2], ec);
      if (ec)
        books.tell("connect", ec);
      else
        peer = peers[i % 2];
      books.check(socket.remote_endpoint() == peer, "reconnects", "another peer");
      const unsigned short former = std::exchange(port, socket.local_endpoint().port());
      books.equal(port, former, "reconnects", "the port");
    }
  }

  /// A peer that is not there: for each datagram a report, and no error.
  void reports() {
    dgram::SocketOptions options;
    options.receive_errors = true;
    dgram::Socket gone(io), socket(io, options);
    for (dgram::Socket* const each : {&gone, &socket})
      insist(books, "bind", [&](std::error_code& ec) {
        each->bind(dgram::make_endpoint("127.0.0.1", 0), ec);
      });
    const dgram::Endpoint nobody = gone.local_endpoint();
    gone.close();
    for (int i = 0; i < 12; ++i) {
      std::error_code ec;
      if (!socket.try_send("anybody?", nobody, ec)) {
        books.tell(ec == asio::error::would_block ? "try_send" : "send", ec);
        continue;
      }
      bool ended = false;
      for (int errors = 0; !ended && errors < 3; ++errors) {
        bool told = false;
        socket.async_recv_error([&](const std::error_code& why, const dgram::ErrorReport& report) {
          told = true;
          ended = !why;
          if (why)
            books.tell("recv_error", why);
          else
            books.check(
                report.error == asio::error::connection_refused && report.destination == nobody,
                "reports",
                dgram::to_string(report));
        });
        const auto nudge = [&] { socket.try_send("anybody?", nobody, ec); };
        if (!run_until(
                io, books, [&] { return told; }, nudge))
          break;
      }
      books.check(ended, "reports", "a report is missing");
    }
  }

  awaitable<void> look_up(dgram::Socket& socket) {
    for (const std::string_view name : {"127.0.0.1", "localhost"}) {
      std::error_code ec;
      const asio::ip::address address =
          co_await socket.async_resolve(name, asio::redirect_error(asio::use_awaitable, ec));
      if (ec) books.tell("resolve", ec);
      books.check(ec || address.is_loopback(), "names", address.to_string());
    }
  }

  void names() {
    dgram::Socket socket(io);
    insist(books, "bind", [&](std::error_code& ec) { socket.bind({}, ec); });
    bool ended = false;
    asio::co_spawn(io, look_up(socket), [&](const std::exception_ptr&) { ended = true; });
    run_until(
        io, books, [&] { return ended; }, [] {});
  }
};

std::size_t open_descriptors() {
  std::size_t count = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator("/proc/self/fd"))
    ++count;
  return count;
}

std::uint64_t processor_milliseconds() {
  rusage used;
  ::getrusage(RUSAGE_SELF, &used);
  const auto of = [](const timeval& t) {
    return static_cast<std::uint64_t>(t.tv_sec) * 1000 +
           static_cast<std::uint64_t>(t.tv_usec) / 1000;
  };
  return of(used.ru_utime) + of(used.ru_stime);
}

}  // namespace

int main(int count, char** arguments) {
  const std::size_t before = open_descriptors();
  std::optional<Program> program(std::in_place);
  program->portable = count > 1 && std::string_view(arguments[1]) == "portable";
  int status = 0;
  try {
    program->exchanges();
    program->connected();
    program->full_buffer();
    program->timeouts();
    program->settings();
    program->reconnects();
    if (!program->portable) program->reports();
    program->names();
  } catch (const dgram::Error& error) {
    std::printf("ended: %s\n", error.what());
    status = 2;
  }
  Books books = program->books;
  program.reset();
  books.equal(
      open_descriptors(), before, "the end", "open descriptors at the end and at the beginning");
  books.count("processor_milliseconds", processor_milliseconds());
  books.print();
  return books.balance() ? status : 1;
}
