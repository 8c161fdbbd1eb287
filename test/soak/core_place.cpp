// Four pairs of sockets on one thread: each kind of receive, each kind of send.
#include <fcntl.h>

#include <algorithm>
#include <array>
#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>
#include <dgram/dgram.hpp>
#include <exception>

#include "pace.hpp"
#include "places.hpp"

namespace soak {

namespace {

dgram::SocketOptions small_buffer() {
  dgram::SocketOptions options;
  options.recv_buffer_size = 1 << 16;  // a flood is more than that in any case
  return options;
}

dgram::SocketOptions trains() {
  dgram::SocketOptions options;
  options.gro = true;
  return options;
}

dgram::SocketOptions short_queue() {
  dgram::SocketOptions options;
  options.send_queue_count = 32;
  return options;
}

const dgram::Endpoint any_port = dgram::make_endpoint("127.0.0.1", 0);

struct Pair {
  Pair(asio::io_context& io,
       const dgram::SocketOptions& of_receiver,
       const dgram::SocketOptions& of_sender)
      : receiver(io, of_receiver), sender(io, of_sender) {
    receiver.bind(any_port);
    sender.bind(any_port);
  }
  void connect() {
    sender.connect(receiver.local_endpoint());
    receiver.connect(sender.local_endpoint());
    is_connected = true;
  }

  dgram::Socket receiver;
  dgram::Socket sender;
  bool is_connected = false;
};

/// All that a turn has open, for as long as it sends.
struct Sockets {
  explicit Sockets(asio::io_context& io)
      : singly(io, small_buffer(), short_queue()),
        connected(io, {}, {}),
        segments(io, {}, {}),
        in_trains(io, trains(), {}) {
    connected.connect();
    segments.connect();
  }
  std::array<Pair*, 4> pairs() { return {&singly, &connected, &segments, &in_trains}; }

  Pair singly, connected, segments, in_trains;
};

bool has_ended(const std::error_code& ec) {
  if (!ec) return false;
  if (ec == asio::error::operation_aborted) return true;
  throw dgram::Error(ec, "recv");
}

asio::awaitable<void> recv(Tally& tally, dgram::Socket& socket) {
  for (;;) {
    std::error_code ec;
    const dgram::Datagram datagram = co_await socket.recv(ec);
    if (has_ended(ec)) co_return;
    tally.tick(datagram.data());
  }
}

asio::awaitable<void> recv_many(Tally& tally, dgram::Socket& socket) {
  std::array<dgram::Datagram, 64> into;
  for (;;) {
    std::error_code ec;
    const std::size_t count = co_await socket.recv_many(into, ec);
    if (has_ended(ec)) co_return;
    for (const dgram::Datagram& each : std::span(into).first(count)) tally.tick(each.data());
  }
}

asio::awaitable<void> recv_into(Tally& tally, dgram::Socket& socket) {
  std::array<std::byte, 2048> into;
  for (;;) {
    std::error_code ec;
    const dgram::Received received = co_await socket.recv_into(into, ec);
    if (has_ended(ec)) co_return;
    tally.tick(std::span(into).first(received.size));
  }
}

asio::awaitable<void> send_singly(Turn& turn, Pair& pair, Batch& batch) {
  for (const dgram::Outgoing& each : batch.outgoing(pair.receiver.local_endpoint())) {
    std::error_code ec;
    co_await pair.sender.send(each.bytes, each.to, ec);
    if (ec)
      turn.account.refuse(ec);
    else
      ++turn.account.accepted;
  }
}

/// To the peer of a connected socket when `to` is none.
asio::awaitable<void> send_many(
    Turn& turn, Pair& pair, Batch& batch, dgram::Endpoint to, bool with_a_bad_one) {
  const std::span<dgram::Outgoing> outgoing = batch.outgoing(to);
  if (with_a_bad_one) outgoing[outgoing.size() / 2].to.port(0);
  co_await pair.sender.send_many(outgoing);
  book(turn.account, outgoing);
}

asio::awaitable<void> send_segments(Turn& turn, Pair& pair, Batch& batch, std::size_t size) {
  std::error_code ec;
  const std::span<const std::byte> bytes = batch.bytes();
  auto token = asio::redirect_error(asio::use_awaitable, ec);
  const std::size_t sent = co_await pair.sender.async_send_segments(bytes, size, token);
  turn.account.accepted += sent / size;
  if (ec) turn.account.refuse(ec, batch.size() - sent / size);
}

/// What comes of a send that was started with a callback.
struct Booking {
  void operator()(const std::error_code& ec, std::size_t) const {
    --pending;
    if (ec)
      turn.account.refuse(ec);
    else
      ++turn.account.accepted;
  }
  Turn& turn;
  std::size_t& pending;
};

/// More sends at once than the queue of the socket takes.
asio::awaitable<void> overfill(Turn& turn, Pair& pair, Batch& batch) {
  batch.make(turn, Batch::most);
  std::size_t pending = batch.size();
  for (const dgram::Outgoing& each : batch.outgoing(pair.receiver.local_endpoint()))
    pair.sender.async_send(each.bytes, each.to, Booking{turn, pending});
  while (pending != 0) co_await asio::post(asio::use_awaitable);
}

/// More than the receivers' buffers take: nobody receives meanwhile.
void flood(Turn& turn, Sockets& sockets, Batch& batch) {
  // A train that is dropped counts as one datagram (Stats::kernel_drops).
  sockets.in_trains.sender.set_segmentation(dgram::Segmentation::off);
  for (Pair* pair : sockets.pairs()) {
    const dgram::Endpoint to = pair->receiver.local_endpoint(), peer;
    for (int i = 0; i < 32 && turn.has_numbers(Batch::most); ++i) {
      batch.make(turn, Batch::most);
      std::error_code ec;
      const std::span<dgram::Outgoing> outgoing = batch.outgoing(pair->is_connected ? peer : to);
      pair->sender.try_send_many(outgoing, ec);
      book(turn.account, outgoing);
    }
  }
  sockets.in_trains.sender.set_segmentation(dgram::Segmentation::automatic);
}

/// A socket is closed when it has given out some datagrams, holds some, and others wait in the
/// kernel.
asio::awaitable<void> close_what_is_not_empty(asio::io_context& io, Turn& turn) {
  Pair pair(io, {}, {});
  Batch batch;
  batch.make(turn, Batch::most);
  co_await send_many(turn, pair, batch, pair.receiver.local_endpoint(), false);
  for (int i = 0; i < 6; ++i) {  // the first receives take less than a batch out of the kernel
    const dgram::Datagram each = co_await pair.receiver.recv();
    turn.tally.tick(each.data());
  }

  dgram::Descriptor again(::fcntl(pair.receiver.native_handle(), F_DUPFD_CLOEXEC, 3));
  pair.receiver.close();
  const dgram::Stats stats = pair.receiver.stats();
  turn.account.discarded_at_close += stats.discarded_at_close;
  if (stats.discarded_at_close == 0) turn.fault("a socket that was closed has held nothing");

  dgram::Socket rest(io);
  rest.adopt(std::move(again));
  const std::uint64_t drops_before = turn.account.kernel_drops;
  while (!turn.is_settled()) {
    const std::optional<dgram::Datagram> each = co_await rest.recv_for(std::chrono::seconds(1));
    if (!each) break;
    turn.tally.tick(each->data());
    turn.account.kernel_drops = drops_before + rest.stats().kernel_drops;
  }
}

class CorePlace : public Place {
 public:
  std::string_view name() const override { return "core"; }

  void take(Turn& turn) override {
    has_flooded_ = false;
    Sockets sockets(io_);
    spawn(turn, recv(turn.tally, sockets.singly.receiver));
    spawn(turn, recv_many(turn.tally, sockets.connected.receiver));
    spawn(turn, recv_into(turn.tally, sockets.segments.receiver));
    spawn(turn, recv_many(turn.tally, sockets.in_trains.receiver));
    const int receivers = running_;
    turn.start();
    spawn(turn, send(turn, sockets));
    run_until(
        io_, [&] { return running_ <= receivers; }, turn.length + patience);
    run_until(io_, [&] {
      turn.account.kernel_drops = 0;
      for (Pair* pair : sockets.pairs())
        turn.account.kernel_drops += pair->receiver.stats().kernel_drops;
      return turn.is_settled();
    });
    compare(turn, sockets);
    if (has_flooded_ && turn.account.kernel_drops == 0)
      turn.fault("the kernel has dropped nothing of a flood");
    for (Pair* pair : sockets.pairs()) pair->receiver.close();
    run_until(io_, [&] { return running_ == 0; });

    spawn(turn, close_what_is_not_empty(io_, turn));
    run_out(io_, turn);
  }

 private:
  void spawn(Turn& turn, asio::awaitable<void> coroutine) {
    ++running_;
    asio::co_spawn(io_, std::move(coroutine), [this, &turn](std::exception_ptr failure) {
      --running_;
      try {
        if (failure) std::rethrow_exception(failure);
      } catch (const std::exception& error) {
        turn.fault(error.what());
      }
    });
  }

  asio::awaitable<void> send(Turn& turn, Sockets& sockets) {
    constexpr std::size_t segment = 512;
    const dgram::Endpoint peer;
    Batch batch;
    Pace pace;
    asio::steady_timer timer(io_);
    for (unsigned burst = 0; !turn.is_over() && turn.has_numbers(8 * Batch::most); ++burst) {
      if (!has_flooded_ && turn.has_passed(0.5)) {
        has_flooded_ = true;
        flood(turn, sockets, batch);
        co_await overfill(turn, sockets.singly, batch);
      }
      const std::size_t count = std::min(pace.room(turn), Batch::most);
      if (count == 0) {
        timer.expires_after(pause);
        co_await timer.async_wait(asio::use_awaitable);
        continue;
      }
      batch.make(turn, count, burst % 4 >= 2 ? segment : 0);
      if (burst % 4 == 0) {
        co_await send_singly(turn, sockets.singly, batch);
      } else if (burst % 4 == 1) {
        co_await send_many(turn, sockets.connected, batch, peer, false);
      } else if (burst % 4 == 2) {
        co_await send_segments(turn, sockets.segments, batch, segment);
      } else {
        const dgram::Endpoint to = sockets.in_trains.receiver.local_endpoint();
        co_await send_many(turn, sockets.in_trains, batch, to, burst % 64 == 3);
      }
      co_await asio::post(asio::use_awaitable);
    }
  }

  /// What the sockets have counted is what was seen here.
  void compare(Turn& turn, Sockets& sockets) {
    std::uint64_t sent = 0, received = 0;
    for (Pair* pair : sockets.pairs()) {
      sent += pair->sender.stats().datagrams_sent;
      received += pair->receiver.stats().datagrams_received;
    }
    if (sent != turn.account.accepted)
      turn.fault("the sockets say that they have sent " + std::to_string(sent) + ", not " +
                 std::to_string(turn.account.accepted));
    if (received != turn.tally.received())
      turn.fault("the sockets say that they have received " + std::to_string(received) + ", not " +
                 std::to_string(turn.tally.received()));
  }

  int running_ = 0;
  bool has_flooded_ = false;
};

}  // namespace

std::unique_ptr<Place> core_place() {
  return std::make_unique<CorePlace>();
}

}  // namespace soak
