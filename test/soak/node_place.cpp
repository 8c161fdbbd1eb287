// Node's sockets: sends that wait, sends that are refused, and a server that is closed and made
// anew.
#include <fcntl.h>

#include <asio/io_context.hpp>
#include <dgram/dgram.hpp>
#include <dgram/node.hpp>
#include <memory>
#include <optional>
#include <vector>

#include "pace.hpp"
#include "places.hpp"

namespace soak {

namespace {

namespace node = dgram::node;

constexpr auto here = "127.0.0.1";

/// What a send tells when it has ended.
class Booking {
 public:
  explicit Booking(Turn& turn) : turn_(turn) {}

  node::SendCallback next() {
    ++pending_;
    return [this](const node::Error* error, std::size_t) {
      --pending_;
      if (error)
        ++turn_.account.refused[error->code()];
      else
        ++turn_.account.accepted;
    };
  }
  std::size_t pending() const noexcept { return pending_; }

 private:
  Turn& turn_;
  std::size_t pending_ = 0;
};

/// A socket that receives.
class Server {
 public:
  Server(asio::io_context& io, Turn& turn)
      : io_(io), turn_(turn), socket_(node::create_socket(io, "udp4")) {
    socket_.on(node::event::message, [this](const dgram::Datagram& message) {
      turn_.tally.tick(message.data());
      if (closes_ && socket_.is_open()) socket_.close();
    });
    socket_.on(node::event::close, [this] { is_closed_ = true; });
    socket_.on(node::event::error, [this](const node::Error& error) { turn_.fault(error.what()); });
    port_ = socket_.bind_sync({0, here}).port;
    again_ = dgram::Descriptor(::fcntl(socket_.native_handle(), F_DUPFD_CLOEXEC, 3));
  }
  Server(const Server&) = delete;
  ~Server() {
    socket_.remove_all_listeners();
    if (socket_.is_open()) socket_.close();
  }

  int port() const noexcept { return port_; }
  dgram::Endpoint endpoint() const { return dgram::make_endpoint(here, port_); }

  void close() { socket_.close(); }
  /// Closes it inside its next message.
  void close_when_it_hears() { closes_ = true; }
  /// From now on its messages are read and dropped.
  void stop_listening() { socket_.remove_all_listeners(node::event::message); }

  /// Waits until all that was sent to it is in an account.
  void settle() {
    const std::uint64_t drops_before = turn_.account.kernel_drops;
    const std::uint64_t unheard_before = turn_.account.unheard;
    run_until(io_, [&] {
      const node::Stats stats = socket_.stats();
      turn_.account.kernel_drops = drops_before + stats.kernel_drops;
      turn_.account.unheard = unheard_before + stats.unheard_messages;
      return turn_.is_settled();
    });
    turn_.account.kernel_drops = drops_before;
    turn_.account.unheard = unheard_before;
  }

  /// Waits until it is closed, and takes what it has left in the kernel.
  void account_for_the_rest() {
    if (!run_until(io_, [&] { return is_closed_; })) turn_.fault("a socket does not close");
    dgram::Socket rest(io_);
    rest.adopt(std::move(again_));
    const node::Stats stats = socket_.stats();
    Account& account = turn_.account;
    account.discarded_at_close += stats.discarded_at_close;
    account.unheard += stats.unheard_messages;
    const std::uint64_t drops_before = account.kernel_drops;
    run_until(io_, [&] {
      std::error_code ec;
      while (const std::optional<dgram::Datagram> each = rest.try_recv(ec))
        turn_.tally.tick(each->data());
      account.kernel_drops = drops_before + rest.stats().kernel_drops;
      return turn_.is_settled();
    });
  }

 private:
  asio::io_context& io_;
  Turn& turn_;
  node::Socket socket_;
  int port_ = 0;
  dgram::Descriptor again_;
  bool closes_ = false;
  bool is_closed_ = false;
};

/// Three that send: with addresses as text, to a peer, to endpoints.
class Clients {
 public:
  Clients(asio::io_context& io, Turn& turn, Booking& booking)
      : io_(io), turn_(turn), booking_(booking) {
    for (const node::Socket& each : sockets_) each.bind_sync({0, here});
  }
  ~Clients() {
    for (const node::Socket& each : sockets_) each.close();
  }

  void set_target(const Server& server) {
    if (sockets_[1].is_connected()) sockets_[1].disconnect();
    sockets_[1].connect_sync(server.port(), here);
    to_ = server.endpoint();
  }

  void send(Batch& batch, unsigned which) {
    batch.for_each([&](std::span<const std::byte> each) {
      if (which % 3 == 0)
        sockets_[0].send(each, to_.port(), here, booking_.next());
      else if (which % 3 == 1)
        sockets_[1].send(each, booking_.next());
      else
        sockets_[2].send(each, to_, booking_.next());
    });
  }

  /// More sends than may wait until a socket is bound.
  void overfill(Batch& batch) {
    const node::Socket unbound = node::create_socket(io_, "udp4");
    for (int i = 0; i < 1030 && turn_.has_numbers(Batch::most); ++i) {
      batch.make(turn_, Batch::most, least_size);
      batch.for_each([&](std::span<const std::byte> each) {
        unbound.send(each, to_.port(), here, booking_.next());
      });
    }
    until_sent();
    unbound.close();
  }

  /// Sends whose socket is closed before their host has an address.
  void close_before_the_lookup_ends(Batch& batch) {
    std::vector<node::LookupCallback> answers;
    node::SocketOptions options;
    options.type = "udp4";
    options.lookup = [&](const std::string&, int, const node::LookupCallback& done) {
      answers.push_back(done);
    };
    const node::Socket waiting = node::create_socket(io_, options);
    waiting.bind_sync({0, here});
    batch.make(turn_, 10);
    batch.for_each([&](std::span<const std::byte> each) {
      waiting.send(each, to_.port(), "soak.invalid", booking_.next());
    });
    waiting.close();
    for (const node::LookupCallback& answer : answers) answer(nullptr, here);
    until_sent();
  }

  void until_sent() {
    if (!run_until(io_, [&] { return booking_.pending() == 0; }))
      turn_.fault(std::to_string(booking_.pending()) + " sends do not end");
  }

 private:
  asio::io_context& io_;
  Turn& turn_;
  Booking& booking_;
  std::array<node::Socket, 3> sockets_ = {node::create_socket(io_, "udp4"),
                                          node::create_socket(io_, "udp4"),
                                          node::create_socket(io_, "udp4")};
  dgram::Endpoint to_;
};

class NodePlace : public Place {
 public:
  std::string_view name() const override { return "node"; }

  void take(Turn& turn) override {
    send_and_renew(turn);
    run_out(io_, turn);
  }

 private:
  void send_and_renew(Turn& turn) {
    Booking booking(turn);
    Clients clients(io_, turn, booking);
    auto server = std::make_unique<Server>(io_, turn);
    clients.set_target(*server);
    Batch batch;
    Pace pace;
    int renewals = 0;
    turn.start();
    for (unsigned burst = 0; !turn.is_over() && turn.has_numbers(1 << 17); ++burst) {
      if (turn.has_passed((renewals + 1) / 5.0)) {
        if (++renewals == 2 && turn.count % 4 == 0) clients.overfill(batch);
        renew(turn, clients, server, batch);
      }
      const std::size_t count = std::min(pace.room(turn), Batch::most);
      if (count != 0) {
        batch.make(turn, count);
        clients.send(batch, burst);
      }
      io_.restart();
      if (io_.poll() == 0 && count == 0) io_.run_one_for(pause);
    }
    clients.close_before_the_lookup_ends(batch);
    clients.until_sent();
    server->settle();
    server->stop_listening();
    batch.make(turn, Batch::most);
    clients.send(batch, 2);
    clients.until_sent();
    server->settle();
    server->close();
    server->account_for_the_rest();
  }

  /// The server closes while it holds some datagrams and others wait in the kernel.
  void renew(Turn& turn, Clients& clients, std::unique_ptr<Server>& server, Batch& batch) {
    server->close_when_it_hears();
    for (int i = 0; i < 3; ++i) {
      batch.make(turn, Batch::most);
      clients.send(batch, 1);
    }
    clients.until_sent();
    server->account_for_the_rest();
    server = std::make_unique<Server>(io_, turn);
    clients.set_target(*server);
  }
};

}  // namespace

std::unique_ptr<Place> node_place() {
  return std::make_unique<NodePlace>();
}

}  // namespace soak
