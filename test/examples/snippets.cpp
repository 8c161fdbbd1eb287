// The code of docs/guide.md, compiled and run. The guide quotes it: check_docs.py sees to that. Output is TAP.
#include <array>
#include <asio/bind_cancellation_slot.hpp>
#include <asio/buffer.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/error.hpp>
#include <asio/experimental/awaitable_operators.hpp>
#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <asio/redirect_error.hpp>
#include <asio/signal_set.hpp>
#include <asio/steady_timer.hpp>
#include <asio/strand.hpp>
#include <asio/use_awaitable.hpp>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <dgram/dgram.hpp>
#include <dgram/fault_channel.hpp>
#include <dgram/process/handover.hpp>
#include <dgram/check/path_check.hpp>
#include <exception>
#include <filesystem>
#include <iostream>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <sstream>
#include <string>
#include <thread>
#include <unistd.h>
#include <variant>
#include <vector>

#include "tap.hpp"

namespace snippets {

using namespace std::chrono_literals;

// What the code of the guide does with what it gets.
std::vector<std::string> handled;
void handle(const dgram::Datagram& datagram) { handled.emplace_back(datagram.text()); }
void report(const std::error_code& ec) { handled.emplace_back(dgram::code_name(ec)); }
void report(const dgram::Endpoint&, const std::error_code& ec) { report(ec); }

// [errors as values]
asio::awaitable<void> serve(dgram::Socket& socket) {
  for (;;) {
    std::error_code ec;
    dgram::Datagram datagram = co_await socket.recv(ec);
    if (ec == asio::error::eof || ec == asio::error::operation_aborted) co_return;  // stopped, closed or cancelled
    if (ec) {
      report(ec);
      if (!socket.is_open()) co_return;
      continue;
    }
    handle(datagram);
  }
}

// [many at once]
asio::awaitable<void> collect(dgram::Socket& socket) {
  std::array<dgram::Datagram, 64> batch;
  for (;;) {
    const std::size_t received = co_await socket.recv_many(batch);
    for (dgram::Datagram& datagram : std::span(batch).first(received)) {
      handle(datagram);
      datagram.reset();  // gives its memory back before the next wait
    }
  }
}

// [into your memory]
asio::awaitable<bool> read_record(dgram::Socket& socket, std::span<std::byte> memory) {
  const dgram::Received received = co_await socket.recv_into(memory);
  if (received.truncated)
    std::cerr << received.full_size - received.size << " bytes did not fit, and are gone\n";
  co_return !received.truncated;
}

// [a deadline]
asio::awaitable<std::optional<dgram::Datagram>> ask(dgram::Socket& socket, std::string question) {
  for (int attempt = 0; attempt < 3; ++attempt) {
    co_await socket.send(question);
    std::optional<dgram::Datagram> answer = co_await socket.recv_for(100ms);
    if (answer) co_return answer;
  }
  co_return std::nullopt;
}

// [a deadline for a loop]
asio::awaitable<std::size_t> count_answers(dgram::Socket& socket, std::chrono::steady_clock::duration patience) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  std::size_t answers = 0;
  while (std::optional<dgram::Datagram> answer = co_await socket.recv_until(deadline)) {
    handle(*answer);
    ++answers;
  }
  co_return answers;
}

// [either]
asio::awaitable<void> until_timer(dgram::Socket& socket, asio::steady_timer& timer) {
  using namespace asio::experimental::awaitable_operators;
  for (;;) {
    auto winner = co_await (socket.recv() || timer.async_wait(asio::use_awaitable));
    if (winner.index() == 1) co_return;  // the timer; no datagram was consumed
    handle(std::get<0>(winner));
  }
}

// [by a signal]
asio::awaitable<void> until_signal(dgram::Socket& socket, asio::cancellation_signal& stop) {
  for (;;) {
    std::error_code ec;
    auto token = asio::bind_cancellation_slot(stop.slot(), asio::redirect_error(asio::use_awaitable, ec));
    dgram::Datagram datagram = co_await socket.async_recv(token);
    if (ec) co_return;  // operation_aborted: nothing was consumed
    handle(datagram);
  }
}

// [a callback]
void receive_next(dgram::Socket& socket) {
  socket.async_recv([&socket](std::error_code ec, dgram::Datagram datagram) {
    if (ec) return;
    handle(datagram);
    receive_next(socket);
  });
}

// [two threads]
void run_on_two_threads(asio::io_context& io, dgram::Endpoint local) {
  auto strand = asio::make_strand(io);
  dgram::Socket socket(strand);
  socket.bind(local);
  asio::co_spawn(strand, serve(socket), [](std::exception_ptr failure) {
    if (failure) std::rethrow_exception(failure);
  });

  std::jthread second([&io] { io.run(); });
  io.run();
}

// [keep a copy]
asio::awaitable<void> remember_last(dgram::Socket& socket, std::map<dgram::Endpoint, dgram::Datagram>& last) {
  for (;;) {
    dgram::Datagram datagram = co_await socket.recv();
    last[datagram.remote()] = datagram.copy();  // of exact size; the block is free for the next datagrams
  }
}

// [a batch]
asio::awaitable<void> tell_all(dgram::Socket& socket, std::string_view news,
                               std::span<const dgram::Endpoint> subscribers) {
  std::vector<dgram::Outgoing> batch;
  for (const dgram::Endpoint& subscriber : subscribers) batch.emplace_back(asio::buffer(news), subscriber);

  const std::size_t accepted = co_await socket.send_many(batch);
  if (accepted == batch.size()) co_return;
  for (const dgram::Outgoing& one : batch)
    if (one.result) report(one.to, one.result);
}

// [pieces]
asio::awaitable<void> send_record(dgram::Socket& socket, std::string_view header, std::string_view body,
                                  dgram::Endpoint to) {
  const std::array<asio::const_buffer, 2> pieces = {asio::buffer(header), asio::buffer(body)};
  co_await socket.send(pieces, to);  // one datagram, nothing is copied together
}

// [segments]
asio::awaitable<void> send_block(dgram::Socket& socket, std::span<const std::byte> block, dgram::Endpoint to) {
  co_await socket.send_segments(block, 1200, to);  // 1200 bytes each, the last one shorter
}

// [segmentation]
asio::awaitable<void> send_frame(dgram::Socket& socket, std::span<const asio::const_buffer> packets, dgram::Endpoint to) {
  std::vector<dgram::Outgoing> batch;
  auto time = std::chrono::steady_clock::now();
  for (const asio::const_buffer& packet : packets) {
    batch.emplace_back(packet, to).options.departure = time;
    time += std::chrono::microseconds(100);
  }
  co_await socket.send_many(batch);
}

void leave_room(dgram::Socket& socket) {
  socket.set_pacing(7'500'000, 12'000);  // bytes a second: 60 Mbit/s; no more than 12,000 of them back to back
}

void be_quick(dgram::Socket& socket, int processor) {
  socket.set_busy_poll(std::chrono::microseconds(50));
  socket.set_incoming_cpu(processor);
}

void say_what_runs_are_good_for(dgram::Socket& socket, const asio::ip::address& behind_a_bad_device) {
  socket.set_segmentation(dgram::Segmentation::on);  // this kernel has been mended
  socket.set_segmentation(behind_a_bad_device, dgram::Segmentation::off);
  dgram::set_process_segmentation(dgram::Segmentation::off);  // all sockets, whatever they have said
}

// [with options]
asio::awaitable<void> send_voice(dgram::Socket& socket, std::span<const std::byte> frame, dgram::Endpoint to) {
  dgram::SendOptions options;
  options.dscp = 46;  // expedited forwarding
  co_await socket.send(frame, to, options);
}

// [the error as a value]
asio::awaitable<void> try_to_tell(dgram::Socket& socket, std::string_view news, dgram::Endpoint to) {
  std::error_code ec;
  co_await socket.send(news, to, ec);
  if (ec) report(to, ec);
}

// [your own lookup]
void use_table(dgram::Socket& socket, const std::map<std::string, asio::ip::address>& hosts) {
  socket.set_lookup([&hosts](std::string host, dgram::Family, dgram::LookupHandler done) {
    const auto found = hosts.find(host);
    if (found == hosts.end())
      done(asio::error::host_not_found);
    else
      done(std::error_code(), found->second);
  });  // hosts must outlive the socket
}

// [by name]
asio::awaitable<void> send_by_name(dgram::Socket& socket, int port) { co_await socket.send("hello", "third", port); }

// [what went wrong]
void bind_or_explain(dgram::Socket& socket, dgram::Endpoint local) {
  try {
    socket.bind(local);
  } catch (const dgram::Error& error) {
    // "bind 127.0.0.1:53: Permission denied (EACCES)"
    std::cerr << error.what() << " (" << dgram::code_name(error.code()) << ")\n";
    if (error.code() == asio::error::address_in_use) std::cerr << "another program has the port\n";
  }
}

// [the rest]
asio::awaitable<void> serve_to_the_end(dgram::Socket& socket) {
  std::error_code ec;
  while (ec != asio::error::eof && socket.is_open()) {
    dgram::Datagram datagram = co_await socket.recv(ec);
    if (!ec) handle(datagram);
  }
}

asio::awaitable<void> end_on_signal(dgram::Socket& socket, asio::signal_set& signals) {
  co_await signals.async_wait(asio::use_awaitable);
  std::error_code ec;
  socket.refuse_more(ec);  // on Linux; elsewhere a flood has to end first
  socket.drain();          // recv() serves what is there, and then ends with eof
}

// [a clean end]
asio::awaitable<dgram::NativeHandle> hand_over(dgram::Socket& socket) {
  socket.stop_receiving();
  for (;;) {
    std::error_code ec;
    dgram::Datagram datagram = co_await socket.recv(ec);
    if (ec) break;  // eof: nothing is held any more
    handle(datagram);
  }
  co_return socket.release();  // what the kernel queues goes along
}

// [in order]
asio::awaitable<void> begin_in_order(dgram::Handover& handover) {
  co_await handover.ready();
  co_await handover.predecessor_gone();  // it has closed its Handover, or ended
}

// [a buffer as granted]
int ask_for_buffer(dgram::Socket& socket, int bytes) {
  socket.set_recv_buffer_size(bytes);
  return socket.recv_buffer_size();  // Linux: twice what it grants
}

// [a test of your service]
void service_survives_a_failing_receive() {
  asio::io_context io;
  auto script = std::make_shared<dgram::FaultScript>();
  script->receive.push_back({asio::error::no_memory});  // the first receive call fails, the others go through
  dgram::set_channel_factory(io, [script](const asio::any_io_executor& executor) {
    return dgram::make_fault_channel(dgram::make_kernel_channel(executor), script);
  });

  dgram::Socket socket(io);
  socket.bind(dgram::make_endpoint("127.0.0.1", 0));
  asio::co_spawn(io, serve(socket), [](std::exception_ptr failure) {
    if (failure) std::rethrow_exception(failure);
  });

  std::error_code ec;
  socket.try_send("still there?", socket.local_endpoint(), ec);
  io.run_for(1s);  // the service reports ENOMEM, then handles the datagram
}

// [do runs arrive]
asio::awaitable<void> avoid_lost_runs(dgram::Socket& sender, dgram::Endpoint responder) {
  dgram::Socket probe(sender.get_executor());
  const dgram::PathCheck check = co_await dgram::check_path(probe, responder);
  std::cout << dgram::to_string(check) << '\n';
  const bool lost = check.there.loses_runs();
  sender.set_segmentation(responder.address(), lost ? dgram::Segmentation::off : dgram::Segmentation::on);
}

}  // namespace snippets

// ---------------------------------------------------------------------------------------------------------------------

namespace {

using namespace snippets;

void check(const std::string& name, bool ok) {
  tap::check(name, ok);
  handled.clear();
}

const dgram::Endpoint loopback = dgram::make_endpoint("127.0.0.1", 0);

/// Two sockets that know each other, and a context that never runs longer than a moment.
struct Pair {
  Pair() : left(io), right(io) {
    left.bind(loopback);
    right.bind(loopback);
    left.connect(right.local_endpoint());
    right.connect(left.local_endpoint());
  }
  void send(std::string_view text) {
    std::error_code ec;
    left.try_send(text, ec);
  }
  template <class T>
  T run(asio::awaitable<T> task) {
    std::optional<T> result;
    std::exception_ptr failed;
    asio::co_spawn(io, std::move(task), [&](std::exception_ptr failure, T value) {
      failed = failure;
      result.emplace(std::move(value));
      io.stop();
    });
    io.restart();
    io.run_for(10s);
    if (failed) std::rethrow_exception(failed);
    return std::move(result.value());
  }
  void run(asio::awaitable<void> task) {
    run(as_bool(std::move(task)));
  }
  static asio::awaitable<bool> as_bool(asio::awaitable<void> task) {
    co_await std::move(task);
    co_return true;
  }
  /// For the loops that end when the socket stops receiving, by return or by exception.
  void run_until_stopped(asio::awaitable<void> task) {
    asio::co_spawn(io, std::move(task), [](std::exception_ptr) {});
    asio::co_spawn(io, stop_soon(), [](std::exception_ptr) {});
    io.restart();
    io.run_for(10s);
  }
  asio::awaitable<void> stop_soon() {
    while (handled.size() < 2) co_await asio::post(io, asio::use_awaitable);
    right.stop_receiving();
  }

  asio::io_context io;
  dgram::Socket left, right;
};

const std::vector<std::string> both = {"one", "two"};

void receive() {
  {
    Pair pair;
    pair.send("one");
    pair.send("two");
    pair.run_until_stopped(serve(pair.right));
    check("errors as values", handled == both);
  }
  {
    Pair pair;
    pair.send("one");
    pair.send("two");
    pair.run_until_stopped(collect(pair.right));
    check("many at once", handled == both);
  }
  {
    Pair pair;
    std::array<std::byte, 3> memory;
    pair.send("123");
    const bool fits = pair.run(read_record(pair.right, memory));
    pair.send("1234");
    check("into your memory", fits && !pair.run(read_record(pair.right, memory)));
  }
  {
    Pair pair;
    receive_next(pair.right);
    pair.send("one");
    pair.send("two");
    while (handled.size() < 2) pair.io.run_one();
    check("a callback", handled == both);
  }
}

void deadlines_and_cancellation() {
  {
    Pair pair;
    const bool silent = !pair.run(ask(pair.left, "?")).has_value();
    std::error_code ec;
    pair.right.try_send("!", ec);
    check("a deadline", silent && pair.run(ask(pair.left, "?"))->text() == "!");
  }
  {
    Pair pair;
    pair.send("one");
    pair.send("two");
    check("a deadline for a loop", pair.run(count_answers(pair.right, 50ms)) == 2 && handled == both);
  }
  {
    Pair pair;
    asio::steady_timer timer(pair.io, 50ms);
    pair.send("one");
    pair.send("two");
    pair.run(until_timer(pair.right, timer));
    check("either", handled == both);
  }
  {
    Pair pair;
    asio::cancellation_signal stop;
    asio::steady_timer timer(pair.io, 50ms);
    timer.async_wait([&stop](std::error_code) { stop.emit(asio::cancellation_type::total); });
    pair.send("one");
    pair.send("two");
    pair.run(until_signal(pair.right, stop));
    check("by a signal", handled == both);
  }
}

void threads_and_buffers() {
  {
    asio::io_context io;
    asio::steady_timer end(io, 20ms);
    end.async_wait([&io](std::error_code) { io.stop(); });
    run_on_two_threads(io, loopback);
    check("two threads", true);
  }
  {
    Pair pair;
    std::map<dgram::Endpoint, dgram::Datagram> last;
    asio::co_spawn(pair.io, remember_last(pair.right, last), [](std::exception_ptr) {});
    pair.send("one");
    while (last.empty()) pair.io.run_one();
    check("keep a copy", last.begin()->second.text() == "one");
  }
  {
    Pair pair;
    check("a buffer as granted", ask_for_buffer(pair.left, 8192) >= 8192);
  }
}

std::string next(dgram::Socket& socket) {
  std::error_code ec;
  const std::optional<dgram::Datagram> datagram = socket.try_recv(ec);
  return datagram ? std::string(datagram->text()) : "nothing";
}

void send() {
  Pair pair;
  const dgram::Endpoint to = pair.right.local_endpoint();
  const dgram::Endpoint nobody = dgram::make_endpoint("127.0.0.1", 0);
  const std::array<dgram::Endpoint, 2> subscribers = {to, dgram::make_endpoint("::1", 9)};
  pair.run(tell_all(pair.left, "news", subscribers));
  check("a batch", next(pair.right) == "news" && handled == std::vector<std::string>{"EAFNOSUPPORT"});

  pair.run(send_record(pair.left, "head", "body", to));
  check("pieces", next(pair.right) == "headbody");

  const std::vector<std::byte> block(3000);
  pair.run(send_block(pair.left, block, to));
  const bool two_whole = next(pair.right).size() == 1200 && next(pair.right).size() == 1200;
  check("segments", two_whole && next(pair.right).size() == 600);

  const std::array<asio::const_buffer, 2> packets = {asio::buffer("one", 3), asio::buffer("two", 3)};
  pair.run(send_frame(pair.left, packets, to));
  check("departures", next(pair.right) == "one" && next(pair.right) == "two");

  leave_room(pair.left);
  check("pacing", pair.left.pacing_rate() == 7'500'000);
  say_what_runs_are_good_for(pair.left, loopback.address());
  const bool off = dgram::process_segmentation() == dgram::Segmentation::off;
  dgram::set_process_segmentation(dgram::Segmentation::automatic);
  check("segmentation", off && pair.left.segmentation(loopback.address()) == dgram::Segmentation::off);

  if (std::string_view(CHANNEL) == "kernel") {
    be_quick(pair.left, 0);
    check("busy polling", pair.left.busy_poll() == std::chrono::microseconds(50));
    pair.run(send_voice(pair.left, block, to));
    check("with options", next(pair.right).size() == 3000);
  }

  pair.run(try_to_tell(pair.left, "news", nobody));
  check("the error as a value", handled == std::vector<std::string>{"ERR_SOCKET_BAD_PORT"});

  dgram::Socket third(pair.io), fourth(pair.io);
  third.bind(loopback);
  const std::map<std::string, asio::ip::address> hosts = {{"third", loopback.address()}};
  use_table(fourth, hosts);
  pair.run(send_by_name(fourth, third.local_endpoint().port()));
  check("your own lookup", next(third) == "hello");
}

void errors_and_the_end() {
  {
    Pair pair;
    dgram::Socket second(pair.io);
    bind_or_explain(second, pair.left.local_endpoint());
    check("what went wrong", !second.is_open() || second.local_endpoint().port() == 0);
  }
  {
    Pair pair;
    pair.send("one");
    asio::signal_set signals(pair.io, SIGUSR1);
    asio::co_spawn(pair.io, end_on_signal(pair.right, signals), asio::detached);
    asio::post(pair.io, [&pair] {
      pair.send("two");
      ::raise(SIGUSR1);
    });
    pair.run(serve_to_the_end(pair.right));
    check("the rest", handled == std::vector<std::string>{"one", "two"});
  }
  {
    Pair pair;
    pair.send("three");
    const dgram::NativeHandle handle = pair.run(hand_over(pair.right));
    check("a clean end", handle >= 0 && !pair.right.is_open());
    ::close(handle);
  }
  {
    Pair pair;
    std::string folder = "/tmp/dgram.XXXXXX";
    const bool made = ::mkdtemp(folder.data()) != nullptr;
    {
      dgram::Handover handover(pair.io.get_executor(), folder + "/handover");
      pair.run(begin_in_order(handover));
      check("in order", made && std::filesystem::is_socket(handover.path()));
    }
    std::filesystem::remove_all(folder);
  }
  {
    Pair pair;
    dgram::Socket responder(pair.io);
    responder.bind(loopback);
    asio::co_spawn(pair.io, dgram::answer_path_checks(responder), [](std::exception_ptr) {});
    std::ostringstream said;
    std::streambuf* const before = std::cout.rdbuf(said.rdbuf());
    pair.run(avoid_lost_runs(pair.left, responder.local_endpoint()));
    std::cout.rdbuf(before);
    check("whether runs arrive", said.str().starts_with("there: single 1080 of 1080"));
  }
  service_survives_a_failing_receive();
  check("a test of your service", handled == std::vector<std::string>{"ENOMEM", "still there?"});
}

}  // namespace

int main() {
  receive();
  deadlines_and_cancellation();
  threads_and_buffers();
  send();
  errors_and_the_end();
  return tap::end();
}
