// Where Node's close surprises, and what it leaves of a socket: what dgram promises there.
#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/co_spawn.hpp>
#include <asio/post.hpp>
#include <functional>
#include <stop_token>
#include <utility>

#include "failures.hpp"
#include "held_lookups.hpp"
#include "support/catch2.hpp"

namespace node_traps_close_test {

namespace event = dgram::node::event;
using dgram::node::create_socket;
using dgram::node::Error;
using dgram::node::next_tick;
using dgram::node::Socket;
using dgram::node::SocketOptions;
using test::code_of;
using test::HeldLookups;
using test::run_through;
using test::udp4_with_lookup;
using Texts = std::vector<std::string>;

namespace {

/// Says how the coroutine has ended.
std::function<void(std::exception_ptr)> says(Texts& told) {
  return [&told](std::exception_ptr failure) {
    try {
      if (failure) std::rethrow_exception(failure);
      told.push_back("disposed");
    } catch (const std::system_error& error) {
      told.push_back(error.code() == asio::error::operation_aborted ? "canceled" : error.what());
    }
  };
}

}  // namespace

TEST_CASE("a second close throws, and its callback is called all the same", "[node][trap]") {
  asio::io_context io;
  Socket socket = create_socket(io, "udp4");
  Texts told;
  socket.bind_sync({0, "127.0.0.1"});
  socket.close([&] { told.push_back("first"); });
  CHECK(code_of([&] { socket.close([&] { told.push_back("second"); }); }) ==
        "ERR_SOCKET_DGRAM_NOT_RUNNING");
  CHECK(told.empty());
  CHECK(run_through(io) == Texts{});
  CHECK(told == Texts{"first", "second"});
}

TEST_CASE("a send that is closed before it left is canceled, behind close, and counted",
          "[node][trap]") {
  asio::io_context io;
  Socket receiver = create_socket(io, "udp4");
  Socket sender = create_socket(io, "udp4");
  Texts told;
  receiver.on(event::message, [&](const auto&, const auto&) { told.push_back("it came"); });
  const int port = receiver.bind_sync({0, "127.0.0.1"}).port;
  sender.bind_sync({0, "127.0.0.1"});
  next_tick(io, [&] {
    sender.send("x", port, "127.0.0.1", [&](const Error* failure, std::size_t bytes) {
      told.push_back(failure ? failure->code() : "sent");
      CHECK(bytes == 0);
      receiver.close();
    });
    sender.send("x", port, "127.0.0.1");
    sender.close([&] { told.push_back("close"); });
  });
  CHECK(run_through(io) == Texts{});
  CHECK(told == Texts{"close", "ECANCELED"});
  CHECK(sender.stats().unsent == 2);
}

TEST_CASE("what a connected socket has sent is sent, and told before close", "[node][trap]") {
  asio::io_context io;
  Socket receiver = create_socket(io, "udp4");
  Socket sender = create_socket(io, "udp4");
  Texts told;
  receiver.on(event::message, [&](const auto&, const auto&) {
    told.push_back("message");
    receiver.close();
  });
  sender.connect_sync(receiver.bind_sync({0, "127.0.0.1"}).port, "127.0.0.1");
  next_tick(io, [&] {
    sender.send("x", [&](const Error* failure, std::size_t bytes) {
      told.push_back(failure ? failure->code() : "sent");
      CHECK(bytes == 1);
    });
    sender.close([&] { told.push_back("close"); });
  });
  CHECK(run_through(io) == Texts{});
  CHECK(told == Texts{"sent", "close", "message"});
}

TEST_CASE("a lookup that ends behind close is told to a callback, or to nobody", "[node][trap]") {
  asio::io_context io;
  HeldLookups lookups;
  Socket socket = create_socket(io, udp4_with_lookup(lookups.lookup()));
  Texts told;
  const auto says_how = [&](const char* name) {
    return [&told, name](const Error* failure, std::size_t) {
      told.push_back(std::string(name) + ": " + (failure ? failure->message() : "sent"));
    };
  };
  socket.on(event::error,
            [&](const Error& failure) { told.push_back("error " + failure.message()); });
  socket.on(event::close, [&] { told.push_back("close"); });
  socket.bind_sync({0, "127.0.0.1"});
  socket.send("x", 9, "found", says_how("found"));
  socket.send("x", 9, "lost", says_how("lost"));
  socket.send("x", 9, "found in silence");
  socket.send("x", 9, "lost in silence");
  socket.close();
  CHECK(run_through(io) == Texts{});
  lookups.find(0, "127.0.0.1");
  lookups.fail(1, "no");
  lookups.find(2, "127.0.0.1");
  lookups.fail(3, "no");
  CHECK(run_through(io) == Texts{});
  CHECK(told == Texts{"close", "found: send ECANCELED found:9", "lost: no"});
  CHECK(socket.stats().unsent == 4);
}

TEST_CASE("a bind is closed at once: nothing is emitted but close", "[node][trap]") {
  asio::io_context io;
  HeldLookups lookups;
  const bool fails = GENERATE(true, false);
  Socket socket = create_socket(io, udp4_with_lookup(lookups.lookup()));
  Texts told;
  socket.on(event::error, [&](const Error&) { told.push_back("error"); });
  socket.on(event::listening, [&] { told.push_back("listening"); });
  socket.bind(0, "somewhere", [&] { told.push_back("callback"); });
  socket.close([&] { told.push_back("close"); });
  if (fails)
    lookups.fail(0, "no");
  else
    lookups.find(0, "127.0.0.1");
  CHECK(run_through(io) == Texts{});
  CHECK(told == Texts{"close"});
}

TEST_CASE("a message listener that closes hears no other message", "[node][trap]") {
  asio::io_context io;
  Socket socket = create_socket(io, "udp4");
  const int port = socket.bind_sync({0, "127.0.0.1"}).port;
  Texts told;
  socket.on(event::message, [&](const auto&, const auto&) {
    told.push_back("first listener");
    socket.close();
  });
  socket.on(event::message, [&](const auto&, const auto&) { told.push_back("second listener"); });
  for (int i = 0; i < 100; ++i) socket.send("x", port, "127.0.0.1");
  CHECK(run_through(io) == Texts{});
  CHECK(told == Texts{"first listener", "second listener"});
}

TEST_CASE("a signal that has stopped closes inside create_socket, and close is still heard",
          "[node][trap]") {
  asio::io_context io;
  std::stop_source stop;
  stop.request_stop();
  SocketOptions options;
  options.type = "udp4";
  options.signal = stop.get_token();
  Socket socket = create_socket(io, options);
  Texts told;
  socket.on(event::error, [&](const Error&) { told.push_back("error"); });
  socket.on(event::close, [&] { told.push_back("close"); });
  CHECK(code_of([&] { socket.bind(); }) == "ERR_SOCKET_DGRAM_NOT_RUNNING");
  CHECK(run_through(io) == Texts{});
  CHECK(told == Texts{"close"});
}

TEST_CASE("a stop closes at once, in the listener of any event", "[node][trap]") {
  asio::io_context io;
  std::stop_source stop;
  SocketOptions options;
  options.type = "udp4";
  options.signal = stop.get_token();
  Socket socket = create_socket(io, options);
  Texts told;
  socket.on(event::close, [&] { told.push_back("close"); });
  socket.bind(0, "127.0.0.1", [&] {
    stop.request_stop();
    told.push_back(code_of([&] { socket.address(); }));
  });
  CHECK(run_through(io) == Texts{});
  CHECK(told == Texts{"ERR_SOCKET_DGRAM_NOT_RUNNING", "close"});
}

TEST_CASE("async_dispose returns behind close, at once when there is nothing to close",
          "[node][trap]") {
  asio::io_context io;
  Socket socket = create_socket(io, "udp4");
  Texts told;
  socket.bind_sync({0, "127.0.0.1"});
  socket.on(event::close, [&] { told.push_back("close"); });
  asio::co_spawn(io, socket.async_dispose(), says(told));
  CHECK(run_through(io) == Texts{});
  asio::co_spawn(io, socket.async_dispose(), says(told));
  CHECK(run_through(io) == Texts{});
  CHECK(told == Texts{"close", "disposed", "disposed"});
}

TEST_CASE("async_dispose closes also where the bind fails that it waits for", "[node][trap]") {
  asio::io_context io;
  HeldLookups lookups;
  Socket socket = create_socket(io, udp4_with_lookup(lookups.lookup()));
  Texts told;
  socket.on(event::error,
            [&](const Error& failure) { told.push_back("error " + failure.message()); });
  socket.on(event::close, [&] { told.push_back("close"); });
  next_tick(io, [&] {
    socket.send("x", 9, "127.0.0.1");
    asio::co_spawn(io, socket.async_dispose(), says(told));
    next_tick(io, [&] { asio::post(io, [&] { lookups.fail(0, "no"); }); });
  });
  CHECK(run_through(io) == Texts{});
  CHECK(told == Texts{"error no", "close", "disposed"});
}

TEST_CASE("async_dispose that is canceled ends, and the socket closes all the same",
          "[node][trap]") {
  asio::io_context io;
  HeldLookups lookups;
  Socket socket = create_socket(io, udp4_with_lookup(lookups.lookup()));
  Texts told;
  asio::cancellation_signal signal;
  socket.on(event::close, [&] { told.push_back("close"); });
  socket.send("x", 9, "127.0.0.1");
  asio::co_spawn(
      io, socket.async_dispose(), asio::bind_cancellation_slot(signal.slot(), says(told)));
  io.poll();
  CHECK(told.empty());
  signal.emit(asio::cancellation_type::terminal);
  CHECK(run_through(io) == Texts{});
  CHECK(told == Texts{"canceled"});
  lookups.find(0, "127.0.0.1");
  lookups.find(1, "127.0.0.1");
  CHECK(run_through(io) == Texts{});
  CHECK(told == Texts{"canceled", "close"});
}

TEST_CASE("a closed socket is not running, whatever it is asked, and however often",
          "[node][trap]") {
  const bool was_bound = GENERATE(true, false);
  asio::io_context io;
  Socket socket = create_socket(io, "udp4");
  if (was_bound) socket.bind_sync({0, "127.0.0.1"});
  socket.close();
  CHECK(run_through(io) == Texts{});
  const std::vector<std::pair<const char*, std::function<void()>>> calls = {
      {"bind", [&] { socket.bind(); }},
      {"bind_sync", [&] { socket.bind_sync(); }},
      {"connect", [&] { socket.connect(9); }},
      {"connect_sync", [&] { socket.connect_sync(9); }},
      {"close", [&] { socket.close(); }},
      {"send", [&] { socket.send("x", 9); }},
      {"address", [&] { socket.address(); }},
      {"remote_address", [&] { socket.remote_address(); }},
      {"set_broadcast", [&] { socket.set_broadcast(true); }},
      {"set_ttl", [&] { socket.set_ttl(1); }},
      {"set_multicast_ttl", [&] { socket.set_multicast_ttl(1); }},
      {"set_multicast_loopback", [&] { socket.set_multicast_loopback(true); }},
      {"set_multicast_interface", [&] { socket.set_multicast_interface("127.0.0.1"); }},
      {"add_membership", [&] { socket.add_membership("239.1.2.3"); }},
      {"drop_membership", [&] { socket.drop_membership("239.1.2.3"); }},
      {"add_source", [&] { socket.add_source_specific_membership("10.0.0.1", "232.1.2.3"); }},
      {"drop_source", [&] { socket.drop_source_specific_membership("10.0.0.1", "232.1.2.3"); }},
      {"get_recv_buffer_size", [&] { socket.get_recv_buffer_size(); }},
      {"get_send_buffer_size", [&] { socket.get_send_buffer_size(); }},
      {"set_recv_buffer_size", [&] { socket.set_recv_buffer_size(4096); }},
      {"set_send_buffer_size", [&] { socket.set_send_buffer_size(4096); }},
      {"get_send_queue_size", [&] { socket.get_send_queue_size(); }},
      {"get_send_queue_count", [&] { socket.get_send_queue_count(); }},
  };
  for (int round = 0; round < 2; ++round) {
    for (const auto& [name, call] : calls) {
      INFO(name);
      CHECK(code_of(call) == "ERR_SOCKET_DGRAM_NOT_RUNNING");
    }
  }
  socket.ref();
  socket.unref();
  CHECK(socket.type() == "udp4");
  CHECK(run_through(io) == Texts{});
}

}  // namespace node_traps_close_test
