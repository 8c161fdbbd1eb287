// Workers that mean no good, or are none: what they do ends their link, and nothing else.
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <dgram/process/descriptor_link.hpp>
#include <dgram/socket.hpp>
#include <optional>
#include <string>
#include <vector>

#include "cluster.hpp"
#include "node/failures.hpp"
#include "support/catch2.hpp"

namespace cluster_hostile_test {

namespace event = dgram::node::cluster::event;
using dgram::Descriptor;
using dgram::DescriptorLink;
using dgram::NativeHandle;
using dgram::node::Error;
using dgram::node::cluster::WorkerProcess;
using test::Cluster;
using test::port_in;

namespace {

/// A worker of our own hand: it says what it likes.
class Hostile {
 public:
  explicit Hostile(Cluster& cluster) : cluster_(cluster), link_(cluster.io.get_executor()) {
    auto [link, other_end] = DescriptorLink::pair(cluster.io.get_executor());
    link_ = std::move(link);
    listener_ = cluster.primary.on(event::disconnect,
                                   [this](const WorkerProcess& worker, const Error* error) {
                                     if (worker.id() == id_)
                                       ended_with_ = error ? error->code() : "nothing";
                                   });
    id_ = cluster.primary.adopt(std::move(other_end)).id();
  }

  Hostile(const Hostile&) = delete;
  ~Hostile() { cluster_.primary.off(event::disconnect, listener_); }

  bool say(const std::string& bytes, const std::vector<NativeHandle>& descriptors = {}) {
    std::error_code ec;
    return link_.try_send(bytes, descriptors, ec);
  }
  DescriptorLink::Message hear() {
    DescriptorLink::Message message;
    std::error_code ec;
    cluster_.until([&] { return link_.try_receive(message, ec); });
    return message;
  }
  void close() { link_.close(); }
  /// The code with which the primary ended the link.
  std::string end() {
    cluster_.until([&] { return ended_with_.has_value(); });
    return *ended_with_;
  }

 private:
  Cluster& cluster_;
  DescriptorLink link_;
  dgram::node::ListenerId listener_ = 0;
  int id_ = 0;
  std::optional<std::string> ended_with_;
};

void check_that_others_go_on(Cluster& cluster) {
  const WorkerProcess worker = cluster.fork();
  const std::string said = cluster.ask(worker, "bind a udp4 127.0.0.1 0");
  CHECK(said.starts_with("listening 127.0.0.1 "));
}

/// The limit of open descriptors, for this process and those that it starts.
class OpenFiles {
 public:
  explicit OpenFiles(rlim_t most) {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    rlimit now = before_;
    now.rlim_cur = std::min(most, before_.rlim_max);
    ::setrlimit(RLIMIT_NOFILE, &now);
  }
  OpenFiles(const OpenFiles&) = delete;
  ~OpenFiles() { ::setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  rlimit before_;
};

}  // namespace

TEST_CASE("a worker whose messages make no sense is disconnected, and others go on") {
  Cluster cluster;
  const std::vector<std::vector<std::string>> speeches = {
      {"GET / HTTP/1.1"},
      {std::string(60'000, 'x')},
      {std::string("\0\0\0", 3)},
      {"online 2"},
      {"online 1 "},
      {"online one"},
      {"query 1 udp4 0 0 127.0.0.1 0 5000"},  // before it is online
      {"online 1", "online 1"},
      {"online 1", "reply 1 0"},
      {"online 1", "disconnect"},
      {"online 1", "query 0 udp4 0 0 127.0.0.1 0 5000"},
      {"online 1", "query 1 udp4 0 0 127.0.0.1 0 65536"},
      {"online 1", "query 1 udp4 0 0 127.0.0.1 0 -1"},
      {"online 1", "query 1 udp6 0 0 127.0.0.1 0 5000"},
      {"online 1", "query 1 udp4 0 0 localhost 0 5000"},
      {"online 1", "query 1 udp4 2 0 127.0.0.1 0 5000"},
      {"online 1", "query 1 tcp 0 0 127.0.0.1 0 5000"},
      {"online 1", "query 1 udp4 0 0 127.0.0.1 0 5000 5000"},
      {"online 1", "query 18446744073709551616 udp4 0 0 127.0.0.1 0 5000"},
      {"online 1", "query 1 udp4 0 0 127.0.0.1 0 5000", "query 1 udp4 0 0 127.0.0.1 0 5000"},
      {"online 1", "query_fd 1 udp4 0"},
      {"online 1", "listening 1 70000"},
      {"online 01"},
      {"online 1", "query 01 udp4 0 0 127.0.0.1 0 5000"},
      {"online 1", "query 1 udp4 0 0 127.0.0.1 7 5000"},
      {"online 1", "query 1 udp4 0 0 127.0.0.1" + std::string(1, '\0') + "x 0 5000"},
  };
  for (const std::vector<std::string>& speech : speeches) {
    INFO(speech.back().substr(0, 60));
    Hostile hostile(cluster);
    for (const std::string& message : speech) REQUIRE(hostile.say(message));
    const std::string end = hostile.end();
    CHECK(end == "EPROTO");
  }
  CHECK(Cluster::sockets_on(5000) == 0);
  check_that_others_go_on(cluster);
}

TEST_CASE("a worker that sends a descriptor is disconnected, and that is closed") {
  Cluster cluster;
  Hostile hostile(cluster);
  {
    dgram::Socket sent(cluster.io);
    sent.bind(dgram::Endpoint(asio::ip::address_v4::loopback(), 5000));
    REQUIRE(hostile.say("online 1", {sent.native_handle()}));
  }
  const std::string end = hostile.end();
  CHECK(end == "EPROTO");
  CHECK(Cluster::sockets_on(5000) == 0);
}

TEST_CASE("a worker that closes in the middle leaves nothing behind") {
  Cluster cluster;
  Hostile before(cluster);
  before.close();
  const std::string before_end = before.end();
  CHECK(before_end == "nothing");

  Hostile unread(cluster);
  REQUIRE(unread.say("online 1"));
  for (int i = 1; i <= 20; ++i)
    REQUIRE(unread.say("query " + std::to_string(i) + " udp4 0 0 127.0.0.1 0 " +
                       std::to_string(5000 + i)));
  unread.close();
  const std::string unread_end = unread.end();
  CHECK(unread_end == "nothing");
  cluster.until([] {
    for (int i = 1; i <= 20; ++i)
      if (Cluster::sockets_on(5000 + i) > 0) return false;
    return true;
  });
  check_that_others_go_on(cluster);
}

TEST_CASE("what a worker says of binds that it does not hold has no effect") {
  Cluster cluster;
  Hostile hostile(cluster);
  REQUIRE(hostile.say("online 1"));
  REQUIRE(hostile.say("close 7"));
  REQUIRE(hostile.say("listening 7 5000"));
  REQUIRE(hostile.say("query 8 udp4 0 0 127.0.0.1 0 5000"));
  const DescriptorLink::Message answer = hostile.hear();
  CHECK(answer.bytes == "reply 8 0");
  CHECK(answer.descriptors.size() == 1);
  CHECK(cluster.listening.empty());
}

TEST_CASE("a worker that takes no answers gets to ask no more, until it does") {
  const OpenFiles plenty(4096);
  Cluster cluster;
  Hostile hostile(cluster);
  REQUIRE(hostile.say("online 1"));
  // Until the primary reads no more: then nothing moves, and both directions are full.
  int asked = 0;
  int still = 0;
  cluster.until([&] {
    const bool is_taken = hostile.say("query " + std::to_string(asked + 1) +
                                      " udp4 0 0 192.0.2.1 0 5000");  // refused: no descriptor
    if (is_taken) ++asked;
    still = is_taken ? 0 : still + 1;
    return still == 20 || asked == 20'000;
  });
  CHECK(asked < 20'000);
  check_that_others_go_on(cluster);
  for (int i = 1; i <= asked; ++i) {
    const DescriptorLink::Message answer = hostile.hear();
    REQUIRE(answer.bytes == "reply " + std::to_string(i) + " 99");  // EADDRNOTAVAIL
  }
}

TEST_CASE("a worker gets no socket of its primary that was not offered") {
  Cluster cluster;
  Hostile hostile(cluster);
  REQUIRE(hostile.say("online 1"));
  dgram::Socket hidden(cluster.io);
  std::optional<dgram::Socket> shown(cluster.io);
  hidden.bind(dgram::Endpoint(asio::ip::address_v4::loopback(), 0));
  shown->bind(dgram::Endpoint(asio::ip::address_v4::loopback(), 0));
  const int handle = shown->native_handle();
  int ticket = 0;
  const auto ask_for = [&](int descriptor) {
    const std::string number = std::to_string(++ticket);
    REQUIRE(hostile.say("query_fd " + number + " udp4 " + std::to_string(descriptor)));
    const DescriptorLink::Message answer = hostile.hear();
    CHECK(answer.descriptors.size() == (answer.bytes == "reply " + number + " 0" ? 1 : 0));
    return answer.bytes.substr(("reply " + number + " ").size());
  };
  const std::string denied = std::to_string(EACCES);

  for (int descriptor = 1; descriptor < 100; ++descriptor) {
    INFO(descriptor);
    CHECK(ask_for(descriptor) == denied);  // whatever it is
  }
  cluster.primary.offer(handle);
  for (int descriptor = 1; descriptor < 100; ++descriptor) {
    INFO(descriptor);
    CHECK(ask_for(descriptor) == (descriptor == handle ? "0" : denied));
  }
  cluster.primary.withdraw(handle);
  CHECK(ask_for(handle) == denied);

  cluster.primary.offer(handle);
  shown.reset();
  CHECK(ask_for(handle) == denied);
  Descriptor another(::fcntl(hidden.native_handle(), F_DUPFD_CLOEXEC, handle));
  REQUIRE(another.get() == handle);
  CHECK(ask_for(handle) == denied);
  // A worker that got the one before has that, and this is not that one.
  cluster.primary.offer(handle);
  Hostile other(cluster);
  REQUIRE(other.say("online 1"));
  REQUIRE(other.say("query_fd 1 udp4 " + std::to_string(handle)));
  const DescriptorLink::Message answer = other.hear();
  REQUIRE(answer.descriptors.size() == 1);
  dgram::Socket got(cluster.io);
  got.adopt(answer.descriptors[0].get());
  CHECK(got.local_endpoint() == hidden.local_endpoint());
  std::error_code ec;
  got.release(ec);
}

TEST_CASE("what is no UDP socket cannot be offered") {
  const Cluster cluster;
  const Descriptor none(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  const Descriptor stream(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const auto code_of = [&](int handle) {
    return test::code_of([&] { cluster.primary.offer(handle); });
  };
  CHECK(code_of(none.get()) == "EINVAL");
  CHECK(code_of(stream.get()) == "EINVAL");
  CHECK(code_of(-1) == "EBADF");
  CHECK(code_of(9999) == "EBADF");
}

TEST_CASE("a worker that binds without end gets its share, and the others get theirs") {
  Cluster cluster;
  Hostile greedy(cluster), modest(cluster);
  REQUIRE(greedy.say("online 1"));
  REQUIRE(modest.say("online 1"));
  const auto ask = [](Hostile& hostile, int ticket) {
    REQUIRE(hostile.say("query " + std::to_string(ticket) + " udp4 0 0 127.0.0.1 0 0"));
    return hostile.hear().bytes;
  };
  const auto reply = [](int ticket, int error) {
    return "reply " + std::to_string(ticket) + ' ' + std::to_string(error);
  };
  for (int ticket = 1; ticket <= 300; ++ticket) {
    const std::string answer = ask(greedy, ticket);
    REQUIRE(answer == reply(ticket, ticket <= 256 ? 0 : EDQUOT));
  }
  for (int ticket = 1; ticket <= 3; ++ticket) {
    const std::string answer = ask(modest, ticket);
    CHECK(answer == reply(ticket, 0));
  }
  // What is given back may be had again.
  REQUIRE(greedy.say("close 7"));
  const std::string again = ask(greedy, 301);
  CHECK(again == reply(301, 0));
  const std::string beyond = ask(greedy, 302);
  CHECK(beyond == reply(302, EDQUOT));
}

TEST_CASE("binds beyond what a worker may have fail with EDQUOT") {
  dgram::node::cluster::Settings settings = Cluster::settings();
  settings.sockets_per_worker = 5;
  Cluster cluster(settings);
  const WorkerProcess worker = cluster.fork();
  const std::string many = cluster.ask(worker, "bind-many 9");
  CHECK(many == "5 listen");
  const std::string refused = cluster.ask(worker, "bind more udp4 127.0.0.1 5000");
  CHECK(refused == "error bind EDQUOT 127.0.0.1:5000");
  const std::string closed = cluster.ask(worker, "close many0");
  CHECK(closed == "close");
  const std::string granted = cluster.ask(worker, "bind more udp4 127.0.0.1 5000");
  CHECK(granted == "listening 127.0.0.1 5000");
}

TEST_CASE("a message that cannot be sent ends the link, and says why") {
  Cluster cluster;
  auto [link, other_end] = DescriptorLink::pair(cluster.io.get_executor());
  const int least = 0;
  REQUIRE(::setsockopt(other_end.get(), SOL_SOCKET, SO_SNDBUF, &least, sizeof least) == 0);
  std::optional<std::string> ended_with;
  const auto listener =
      cluster.primary.on(event::disconnect, [&](const WorkerProcess&, const Error* error) {
        ended_with = error ? error->code() : "nothing";
      });
  cluster.primary.adopt(std::move(other_end)).send(std::string(60'000, 'x'));
  cluster.until([&] { return ended_with.has_value(); });
  CHECK(*ended_with == "EMSGSIZE");
  cluster.primary.off(event::disconnect, listener);
  check_that_others_go_on(cluster);
}

TEST_CASE(
    "two thousand binds are granted where the primary and the system let a worker have as many") {
  const OpenFiles plenty(8192);
  dgram::node::cluster::Settings settings = Cluster::settings();
  settings.sockets_per_worker = 3000;
  Cluster cluster(settings);
  const WorkerProcess worker = cluster.fork();
  const std::string said = cluster.ask(worker, "bind-many 2000");
  CHECK(said == "2000 listen");
  cluster.until([&] { return cluster.listening.size() == 2000; });
  cluster.kill(worker);
  check_that_others_go_on(cluster);
}

TEST_CASE("binds beyond what a process may have open fail with EMFILE, and the others go on") {
  const OpenFiles few(256);
  Cluster cluster;
  const WorkerProcess other = cluster.fork();
  const WorkerProcess worker = cluster.fork();
  const int listen = std::stoi(cluster.ask(worker, "bind-many 2000"));
  CHECK(listen > 100);
  CHECK(listen < 256);
  const std::string refused = cluster.ask(worker, "bind more udp4 127.0.0.1 5000");
  CHECK(refused == "error bind EMFILE 127.0.0.1:5000");
  cluster.kill(worker);
  const std::string said = cluster.ask(other, "bind a udp4 127.0.0.1 5000");
  CHECK(said == "listening 127.0.0.1 5000");
  check_that_others_go_on(cluster);
}

#if !defined(UBSAN_NEEDS_DESCRIPTORS)
TEST_CASE("a worker without room for a socket is told so, and gives it back") {
  Cluster cluster("ulimit -n 64");
  const WorkerProcess worker = cluster.fork();
  const int listen = std::stoi(cluster.ask(worker, "bind-many 200"));
  CHECK(listen > 20);
  CHECK(listen < 64);
  const std::string refused = cluster.ask(worker, "bind more udp4 127.0.0.1 5000");
  CHECK(refused == "error bind EMFILE 127.0.0.1:5000");
  cluster.until([] { return Cluster::sockets_on(5000) == 0; });
  const std::string closed = cluster.ask(worker, "close many0");
  CHECK(closed == "close");
  const std::string granted = cluster.ask(worker, "bind more udp4 127.0.0.1 5000");
  CHECK(granted == "listening 127.0.0.1 5000");
}
#endif

}  // namespace cluster_hostile_test
