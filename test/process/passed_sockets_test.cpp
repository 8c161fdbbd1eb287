// What a service manager passes: descriptors from 3 on, and three variables that tell about them.
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <dgram/dgram.hpp>
#include <dgram/process/passed_sockets.hpp>

#include "child.hpp"
#include "support/catch2.hpp"
#include "support/descriptors.hpp"
#include "support/loopback.hpp"
#include "support/run.hpp"

namespace process_passed_sockets_test {

namespace {

/// In a process of its own, which has `descriptors` sockets from 3 on and that environment. "PID"
/// stands for its own number. Returns what passed_sockets() brought, or the error.
std::string passed_with(int descriptors, const char* pid, const char* fds, const char* names) {
  asio::io_context io;
  test::Child child(io, [&] {
    for (int fd = 3; fd < 20; ++fd)
      if (fd >= 3 + descriptors) ::close(fd);
    for (int fd = 3; fd < 3 + descriptors; ++fd) {
      const int made = ::socket(AF_INET, SOCK_DGRAM, 0);
      if (made != fd) ::dup2(made, fd);
      if (made >= 3 + descriptors) ::close(made);
      ::fcntl(fd, F_SETFD, 0);
    }
    const std::string own = std::to_string(::getpid());
    const auto set = [](const char* name, const char* value) {
      if (value) ::setenv(name, value, 1);
    };
    set("LISTEN_PID", pid && std::string_view(pid) == "PID" ? own.c_str() : pid);
    set("LISTEN_FDS", fds);
    set("LISTEN_FDNAMES", names);
    ::setenv("LISTEN_PIDFDID", "1", 1);
    std::string text;
    try {
      dgram::NamedDescriptors passed = dgram::passed_sockets();
      for (const std::string& name : passed.names()) {
        const dgram::Descriptor descriptor = passed.take();
        text += name + '=' + std::to_string(descriptor.get());
        if ((::fcntl(descriptor.get(), F_GETFD) & FD_CLOEXEC) == 0) text += " not closed on exec";
        text += ' ';
      }
      if (!dgram::passed_sockets().empty()) text += "twice";
    } catch (const dgram::Error& error) {
      text = std::string(dgram::code_name(error.code())) + ' ' + error.subject();
      std::error_code ec;
      if (!dgram::passed_sockets(ec).empty() || ec) text += " twice";
    }
    for (const char* name : {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES", "LISTEN_PIDFDID"})
      if (std::getenv(name)) text += std::string(name) + " is left";
    text += '\n';
    if (::write(1, text.data(), text.size()) < 0) throw std::runtime_error("write");
  });
  std::string text;
  const auto hears = [&]() -> asio::awaitable<void> {
    text = co_await child.line();
    const int code = co_await child.end();
    CHECK(code == 0);
  };
  test::run(io, hears());
  return text;
}

}  // namespace

TEST_CASE("passed sockets come with their names, in order, closed on exec, and once", "[passed]") {
  CHECK(passed_with(1, "PID", "1", "dns.socket") == "dns.socket=3 ");
  CHECK(passed_with(3, "PID", "3", "dns:echo:dns") == "dns=3 echo=4 dns=5 ");
  CHECK(passed_with(2, "PID", "2", "a:") == "a=3 =4 ");
  CHECK(passed_with(2, "PID", "2", nullptr) == "unknown=3 unknown=4 ");
}

TEST_CASE("where nothing is passed there is nothing, and no error", "[passed]") {
  CHECK(passed_with(0, nullptr, nullptr, nullptr) == "");
  CHECK(passed_with(1, "PID", nullptr, nullptr) == "");
  CHECK(passed_with(1, nullptr, "1", nullptr) == "");
  CHECK(passed_with(1, "PID", "0", nullptr) == "");
}

TEST_CASE("what is passed to another process is left alone", "[passed]") {
  CHECK(passed_with(1, "1", "1", "dns") == "");
}

TEST_CASE("a value that no service manager sets is refused with its name", "[passed]") {
  CHECK(passed_with(1, "", "1", nullptr) == "EINVAL LISTEN_PID=");
  CHECK(passed_with(1, "0", "1", nullptr) == "EINVAL LISTEN_PID=0");
  CHECK(passed_with(1, "12x", "1", nullptr) == "EINVAL LISTEN_PID=12x");
  CHECK(passed_with(1, "99999999999", "1", nullptr) == "EINVAL LISTEN_PID=99999999999");
  CHECK(passed_with(1, "PID", "one", nullptr) == "EINVAL LISTEN_FDS=one");
  CHECK(passed_with(1, "PID", "-1", nullptr) == "EINVAL LISTEN_FDS=-1");
  CHECK(passed_with(1, "PID", "1 ", nullptr) == "EINVAL LISTEN_FDS=1 ");
  CHECK(passed_with(1, "PID", "2147483647", nullptr) == "EINVAL LISTEN_FDS=2147483647");
  CHECK(passed_with(2, "PID", "2", "one") == "EINVAL LISTEN_FDNAMES=one");
  CHECK(passed_with(1, "PID", "1", "one:two") == "EINVAL LISTEN_FDNAMES=one:two");
  CHECK(passed_with(1, "PID", "2", "one:two") == "EBADF LISTEN_FDS=2");
}

TEST_CASE("adopt takes a Descriptor, and closes it where it refuses", "[passed][adopt]") {
  asio::io_context io;
  dgram::Socket socket(io);
  const int udp = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  socket.adopt(dgram::Descriptor(udp));
  CHECK(socket.native_handle() == udp);

  dgram::Socket other(io);
  const int tcp = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  std::error_code ec;
  other.adopt(dgram::Descriptor(tcp), ec);
  CHECK(ec == dgram::Errc::not_udp);
  CHECK_FALSE(test::is_open(tcp));
  const int another = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  CHECK_THROWS_AS(other.adopt(dgram::Descriptor(another)), dgram::Error);
  CHECK_FALSE(test::is_open(another));
  CHECK_THROWS_AS(other.adopt(dgram::Descriptor()), dgram::Error);
  CHECK_FALSE(other.is_open());
}

}  // namespace process_passed_sockets_test
