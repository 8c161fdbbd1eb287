// An echo conversation in which the n-th call of a kind fails, for every n and many errors: nothing
// hangs, is lost or comes twice.
#include <asio/co_spawn.hpp>
#include <asio/error.hpp>
#include <cerrno>
#include <dgram/dgram.hpp>
#include <support/bytes.hpp>
#include <support/catch2.hpp>
#include <support/faulty.hpp>
#include <support/run.hpp>

namespace contract_fault_nth_test {

using dgram::FaultScript;
using test::os;

namespace {

constexpr int messages = 6;

enum class Kind { receive, send, wait, open, bind };

struct Fault {
  Kind kind;
  int nth;     ///< 1: the first call fails.
  int number;  ///< errno
};

/// What the conversation saw, besides its own checks.
struct Outcome {
  int errors = 0;  ///< Operations that reported an error; each was then repeated.
  std::vector<std::string> replies;
  std::vector<std::string> requests;
};

/// How the two sides receive: every path to the kernel has its turn.
enum class Style { recv, recv_into, recv_many };

asio::awaitable<std::string> receive(dgram::Socket& socket,
                                     Style style,
                                     dgram::Endpoint& from,
                                     int& errors) {
  for (;;) {
    try {
      if (style == Style::recv) {
        const dgram::Datagram datagram = co_await socket.recv();
        from = datagram.remote();
        co_return std::string(datagram.text());
      }
      if (style == Style::recv_into) {
        std::array<std::byte, 64> buffer;
        const dgram::Received got = co_await socket.recv_into(buffer);
        from = got.remote;
        co_return test::text_of(std::span(buffer).first(got.size));
      }
      std::array<dgram::Datagram, 1> one;
      const std::size_t count = co_await socket.recv_many(one);
      CHECK(count == 1);
      from = one[0].remote();
      co_return std::string(one[0].text());
    } catch (const dgram::Error& error) {
      // Only a system's error may come here: a close or a cancel nobody asked for would be a bug.
      CHECK(error.code() != asio::error::operation_aborted);
      CHECK(error.code() != asio::error::bad_descriptor);
      ++errors;
      if (errors > 3) throw;
    }
  }
}

asio::awaitable<void> send(dgram::Socket& socket,
                           std::string text,
                           dgram::Endpoint to,
                           int& errors) {
  for (;;) {
    const std::error_code ec = co_await test::send_code(socket, text, to);
    if (!ec) co_return;
    ++errors;
    if (errors > 3) throw std::system_error(ec, "send");
  }
}

asio::awaitable<void> serve(dgram::Socket& socket, Style style, Outcome& outcome) {
  for (int i = 0; i < messages; ++i) {
    dgram::Endpoint from;
    std::string text = co_await receive(socket, style, from, outcome.errors);
    outcome.requests.push_back(text);
    co_await send(socket, std::move(text), from, outcome.errors);
  }
}

asio::awaitable<void> ask(dgram::Socket& socket,
                          dgram::Endpoint server,
                          Style style,
                          Outcome& outcome) {
  for (int i = 0; i < messages; ++i) {
    co_await send(socket, std::to_string(i), server, outcome.errors);
    dgram::Endpoint from;
    std::string text = co_await receive(socket, style, from, outcome.errors);
    outcome.replies.push_back(std::move(text));
  }
}

void bind(dgram::Socket& socket, int& errors) {
  for (;;) {
    std::error_code ec;
    socket.bind(test::any_port(), ec);
    if (!ec) return;
    if (++errors > 3) throw std::system_error(ec, "bind");
  }
}

Outcome converse(const Fault& fault, Style style, FaultScript& counted) {
  Outcome outcome;
  asio::io_context io;
  const std::shared_ptr<FaultScript> script = test::make_faulty(io);
  std::deque<FaultScript::Fault>& queue = fault.kind == Kind::receive ? script->receive
                                          : fault.kind == Kind::send  ? script->send
                                          : fault.kind == Kind::wait  ? script->wait
                                          : fault.kind == Kind::open  ? script->open
                                                                      : script->bind;
  for (int i = 1; i < fault.nth; ++i) queue.push_back({});
  if (fault.nth > 0) queue.push_back({os(fault.number)});

  dgram::Socket server(io);
  dgram::Socket client(io);
  bind(server, outcome.errors);
  bind(client, outcome.errors);
  std::exception_ptr failure;
  const auto note = [&failure](std::exception_ptr error) {
    if (error) failure = error;
  };
  asio::co_spawn(io, serve(server, style, outcome), note);
  asio::co_spawn(io, ask(client, server.local_endpoint(), style, outcome), note);
  test::run(io, std::chrono::seconds(20));
  if (failure) std::rethrow_exception(failure);

  counted = *script;

  // Nothing twice: the conversation is over, so both sockets must be empty.
  std::error_code ec;
  CHECK(!server.try_recv(ec));
  CHECK(ec == asio::error::would_block);
  CHECK(!client.try_recv(ec));
  CHECK(ec == asio::error::would_block);
  CHECK(server.stats().datagrams_received == messages);
  CHECK(client.stats().datagrams_received == messages);
  CHECK(server.stats().held + client.stats().held == 0);
  server.close();
  client.close();
  test::run(io);
  CHECK(server.stats().pinned_bytes == 0);
  return outcome;
}

/// Runs the conversation with each call of `kind` failing in its turn.
void fail_each(Kind kind, const std::vector<int>& numbers, int errors_reported) {
  std::vector<std::string> expected;
  for (int i = 0; i < messages; ++i) expected.push_back(std::to_string(i));
  for (const Style style : {Style::recv, Style::recv_into, Style::recv_many}) {
    FaultScript counted;
    converse({kind, 0, 0}, style, counted);
    const int calls = kind == Kind::receive ? static_cast<int>(counted.receive_calls)
                      : kind == Kind::send  ? static_cast<int>(counted.send_calls)
                      : kind == Kind::wait  ? static_cast<int>(counted.waits)
                                            : 2;
    REQUIRE(calls > 0);
    for (int nth = 1; nth <= calls; ++nth) {
      for (const int number : numbers) {
        INFO("style " << static_cast<int>(style) << ", call " << nth << ", errno " << number);
        const Outcome outcome = converse({kind, nth, number}, style, counted);
        CHECK(outcome.requests == expected);
        CHECK(outcome.replies == expected);
        CHECK(outcome.errors == errors_reported);
      }
    }
  }
}

}  // namespace

TEST_CASE("whichever receive fails, one operation hears of it and every message arrives once",
          "[contract][fault][nth]") {
  fail_each(Kind::receive, {ECONNREFUSED, ENOMEM, EIO, EHOSTUNREACH, ENOBUFS}, 1);
}

TEST_CASE(
    "whichever receive is told to come later, nobody hears of it and every message arrives once",
    "[contract][fault][nth]") {
  fail_each(Kind::receive, {EAGAIN, EINTR}, 0);
}

TEST_CASE("whichever send fails, one operation hears of it and every message arrives once",
          "[contract][fault][nth]") {
  fail_each(Kind::send, {ECONNREFUSED, ENOMEM, EIO, EPERM, ENOBUFS, EMSGSIZE, ENETUNREACH}, 1);
}

TEST_CASE("whichever send is told to come later, nobody hears of it and every message arrives once",
          "[contract][fault][nth]") {
  fail_each(Kind::send, {EAGAIN, EINTR}, 0);
}

TEST_CASE("whichever wait fails, one operation hears of it and every message arrives once",
          "[contract][fault][nth]") {
  fail_each(Kind::wait, {ENOMEM, EIO, EPERM}, 1);
}

TEST_CASE("whichever wait is merely over, nobody hears of it and every message arrives once",
          "[contract][fault][nth]") {
  fail_each(Kind::wait, {ECANCELED}, 0);
}

TEST_CASE("whichever open or bind fails, one call hears of it and every message arrives once",
          "[contract][fault][nth]") {
  fail_each(Kind::open, {EMFILE, ENOMEM}, 1);
  fail_each(Kind::bind, {EADDRINUSE, EACCES}, 1);
}

}  // namespace contract_fault_nth_test
