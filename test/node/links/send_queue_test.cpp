// dgram::node on a link that takes no more: sends wait, in order, and each of them is told what has
// become of it. Others have reported a full link as a success of 0 bytes.
#include <algorithm>
#include <asio/io_context.hpp>
#include <dgram/node/next_tick.hpp>
#include <dgram/node/socket.hpp>
#include <string>
#include <vector>

#include "core/network/narrow_link.hpp"
#include "core/network/plain_socket.hpp"
#include "node/failures.hpp"
#include "support/catch2.hpp"
#include "support/run_until.hpp"

namespace node_links_send_queue_test {

namespace {

namespace event = dgram::node::event;
using dgram::node::create_socket;
using dgram::node::Error;
using dgram::node::next_tick;
using dgram::node::SendCallback;
using dgram::node::Socket;
using test::Here;
using test::run_through;
using Texts = std::vector<std::string>;

/// Each is larger than the one before it, so that they do not leave as one run.
constexpr std::size_t size_of(char letter) {
  return 1000 + static_cast<std::size_t>(letter - 'a');
}

/// A socket on the near end of the link, to a peer at its far end.
struct Sender {
  explicit Sender(bool is_connected) : connected(is_connected) {
    const Here here = link.here.enter();
    socket.bind_sync({0, "10.0.0.1"});
    if (connected) socket.connect_sync(peer.local().port(), "10.0.0.2");
    socket.set_send_buffer_size(1);
  }
  void send(char letter, SendCallback callback = {}) {
    const std::string text(size_of(letter), letter);
    if (connected)
      socket.send(text, std::move(callback));
    else
      socket.send(text, peer.local().port(), "10.0.0.2", std::move(callback));
  }
  /// The letters of the datagrams that come, in their order.
  std::string receive(std::size_t count) {
    std::string letters;
    for (std::size_t i = 0; i < count; ++i) {
      const std::string text = peer.receive();
      CHECK(text == std::string(size_of(text.at(0)), text.at(0)));
      letters += text.at(0);
    }
    return letters;
  }

  const bool connected;
  test::NarrowLink link;
  asio::io_context io;
  test::PlainSocket peer{link.there, "10.0.0.2"};
  Socket socket = create_socket(io, "udp4");
};

}  // namespace

TEST_CASE("what a full link does not take waits, and is told its bytes when it has left",
          "[network][node][regression]") {
  Sender sender(GENERATE(true, false));
  const std::string letters = "abcdefghijklmnopqrstuvwxyz";
  std::string told;
  next_tick(sender.io, [&] {
    for (const char letter : letters) {
      sender.send(letter, [&, letter](const Error* failure, std::size_t bytes) {
        CHECK(failure == nullptr);
        CHECK(bytes == size_of(letter));
        told += letter;
      });
    }
  });
  sender.io.poll();
  const std::size_t waiting = sender.socket.get_send_queue_count();
  CHECK(waiting > 0);
  CHECK(waiting + told.size() == letters.size());
  std::size_t bytes = 0;
  for (const char letter : letters.substr(told.size())) bytes += size_of(letter);
  CHECK(sender.socket.get_send_queue_size() == bytes);

  sender.link.open();
  test::run_until(sender.io, [&] { return told.size() == letters.size(); });
  CHECK(told == letters);
  CHECK(sender.receive(letters.size()) == letters);
  CHECK(sender.socket.get_send_queue_count() == 0);
  CHECK(sender.socket.get_send_queue_size() == 0);
  sender.socket.close();
  CHECK(run_through(sender.io) == Texts{});
}

TEST_CASE("what is sent when the link is free again does not overtake what waits",
          "[network][node][trap]") {
  Sender sender(GENERATE(true, false));
  std::size_t left = 0;
  const auto counts = [&](const Error* failure, std::size_t) {
    CHECK(failure == nullptr);
    --left;
  };
  char letter = 'a';
  for (; letter < 'z' && sender.socket.get_send_queue_count() == 0; ++letter) {
    ++left;
    sender.send(letter, counts);
    sender.io.restart();
    sender.io.poll();
  }
  REQUIRE(sender.socket.get_send_queue_count() > 0);
  const std::size_t sent = static_cast<std::size_t>(letter - 'a');
  sender.link.open();
  std::string came = sender.receive(sent - 1);  // so that the system would take another
  ++left;
  sender.send('z', counts);
  test::run_until(sender.io, [&] { return left == 0; });
  came += sender.receive(2);
  CHECK(came.size() == sent + 1);
  CHECK(std::is_sorted(came.begin(), came.end()));
  sender.socket.close();
  CHECK(run_through(sender.io) == Texts{});
}

TEST_CASE(
    "sends that wait for a full link when it is closed are canceled, with 0 bytes, behind close",
    "[network][node][trap]") {
  Sender sender(GENERATE(true, false));
  std::size_t sent = 0, canceled = 0;
  bool closed = false;
  next_tick(sender.io, [&] {
    for (char letter = 'a'; letter < 'a' + 20; ++letter) {
      sender.send(letter, [&](const Error* failure, std::size_t bytes) {
        if (failure == nullptr) {
          ++sent;
          return;
        }
        ++canceled;
        CHECK(closed);
        CHECK(bytes == 0);
        CHECK(failure->code() == "ECANCELED");
      });
    }
  });
  sender.io.poll();
  sender.io.restart();
  CHECK(sender.socket.get_send_queue_count() > 0);
  next_tick(sender.io, [&] { sender.socket.close([&] { closed = true; }); });
  CHECK(run_through(sender.io) == Texts{});
  CHECK(closed);
  CHECK(canceled > 0);
  CHECK(sent + canceled == 20);
}

TEST_CASE("a full link is no error: nothing is emitted for sends without a callback",
          "[network][node][regression]") {
  Sender sender(GENERATE(true, false));
  int errors = 0;
  sender.socket.on(event::error, [&](const Error&) { ++errors; });
  next_tick(sender.io, [&] {
    for (char letter = 'a'; letter <= 'z'; ++letter) sender.send(letter);
  });
  sender.io.poll();
  CHECK(sender.socket.get_send_queue_count() > 0);
  sender.link.open();
  test::run_until(sender.io, [&] { return sender.socket.get_send_queue_count() == 0; });
  CHECK(sender.receive(26) == "abcdefghijklmnopqrstuvwxyz");
  CHECK(errors == 0);
  sender.socket.close();
  CHECK(run_through(sender.io) == Texts{});
}

}  // namespace node_links_send_queue_test
