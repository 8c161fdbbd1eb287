// A kernel that says "nothing" although something is queued, as a filter of system calls can make
// it: the socket does not fall asleep on it.
#include <errno.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <dgram/dgram.hpp>
#include <functional>

#include "support/catch2.hpp"
#include "support/loopback.hpp"
#include "support/outcome.hpp"
#include "support/run.hpp"

namespace socket_spurious_would_block_test {

namespace {
std::atomic<int> truths = 0;  // receive calls that do their work, before
std::atomic<int> lies = 0;    // those that are to fail

bool lies_now() {
  if (lies == 0) return false;
  if (truths != 0) {
    --truths;
    return false;
  }
  --lies;
  errno = EAGAIN;
  return true;
}
}  // namespace

// In the place of the C library's, for the whole program.
extern "C" ssize_t recvfrom(
    int fd, void* buffer, size_t size, int flags, sockaddr* from, socklen_t* from_size) {
  if (lies_now()) return -1;
  return ::syscall(SYS_recvfrom, fd, buffer, size, flags, from, from_size);
}
extern "C" ssize_t recvmsg(int fd, msghdr* message, int flags) {
  if (lies_now()) return -1;
  return ::syscall(SYS_recvmsg, fd, message, flags);
}
extern "C" int recvmmsg(int fd, mmsghdr* messages, unsigned n, int flags, timespec* timeout) {
  if (lies_now()) return -1;
  return static_cast<int>(::syscall(SYS_recvmmsg, fd, messages, n, flags, timeout));
}

TEST_CASE("a receive that found nothing behind a wake looks again", "[socket][recv]") {
  const int batch = GENERATE(1, 2, 16);
  const bool asks = GENERATE(false, true);  // for metadata, which is another system call
  const int n = GENERATE(1, 2, 5);
  asio::io_context io;
  dgram::SocketOptions options;
  options.batch = batch;
  options.receive_hop_limit = asks;
  dgram::Socket receiver = test::bound(io, options);
  dgram::Socket sender = test::bound(io);
  for (int i = 0; i < 3; ++i) {
    test::Outcome<dgram::Datagram> outcome;
    receiver.async_recv(outcome.handler());
    io.restart();
    io.poll();
    CHECK(outcome.calls == 0);
    test::put(sender, receiver, "here");
    lies = n;
    io.restart();
    test::run(io);
    CHECK(outcome.calls == 1);
    CHECK(outcome.value.text() == "here");
    CHECK(lies == 0);
  }
}

TEST_CASE("a receive that found nothing behind one that found something looks again",
          "[socket][recv]") {
  const int before = GENERATE(1, 2, 3, 4);
  const int batch = GENERATE(1, 16);
  asio::io_context io;
  dgram::SocketOptions options;
  options.batch = batch;
  dgram::Socket receiver = test::bound(io, options);
  dgram::Socket sender = test::bound(io);
  int got = 0;
  std::function<void()> next = [&] {
    receiver.async_recv([&](std::error_code ec, dgram::Datagram) {
      if (ec) return;
      if (++got < 60) next();
    });
  };
  for (int i = 0; i < 60; ++i) test::put(sender, receiver, "here");
  truths = before;
  lies = 1;
  next();
  test::run(io);
  CHECK(got == 60);
  CHECK(lies == 0);
}

}  // namespace socket_spurious_would_block_test
