// Buffer sizes: granted, reduced, and what is said about it.
#include <dgram/dgram.hpp>
#include <string>
#include <utility>
#include <vector>

#include "number_settings.hpp"
#include "support/catch2.hpp"
#include "without_privilege.hpp"

namespace socket_buffer_size_test {

namespace {

using State = dgram::Capability::State;

/// One of the two buffers.
struct Buffer {
  std::string name;
  std::string sysctl;
  void (*set)(dgram::Socket&, int, std::error_code&);
  int (*get)(const dgram::Socket&);
  int dgram::SocketOptions::*option;
};
const std::vector<Buffer> buffers = {
    {"recv_buffer_size",
     "rmem_max",
     [](dgram::Socket& s, int n, std::error_code& ec) { s.set_recv_buffer_size(n, ec); },
     [](const dgram::Socket& s) { return s.recv_buffer_size(); },
     &dgram::SocketOptions::recv_buffer_size},
    {"send_buffer_size",
     "wmem_max",
     [](dgram::Socket& s, int n, std::error_code& ec) { s.set_send_buffer_size(n, ec); },
     [](const dgram::Socket& s) { return s.send_buffer_size(); },
     &dgram::SocketOptions::send_buffer_size},
};

dgram::Capability capability(const dgram::Socket& socket, const std::string& name) {
  const std::vector<dgram::Capability> all = socket.capabilities();
  const dgram::Capability* const one = find(all, name);
  return one ? *one : throw std::runtime_error("no such capability");
}

using Said = std::vector<std::pair<dgram::LogLevel, std::string>>;
void listen(asio::io_context& io, Said& said) {
  dgram::set_log_handler(io, [&said](dgram::LogLevel level, std::string_view text) {
    said.emplace_back(level, text);
  });
}

}  // namespace

TEST_CASE("a buffer size reads back as the system grants it, and may change at any time",
          "[socket][buffers]") {
  const Buffer buffer = GENERATE(from_range(buffers));
  const dgram::Family family = GENERATE(dgram::Family::ipv4, dgram::Family::ipv6);
  INFO(buffer.name);
  asio::io_context io;
  Said said;
  listen(io, said);
  dgram::Socket socket = test::bound_in(io, family);
  std::error_code ec;
  for (const int bytes : {50000, 100000, 20000}) {
    buffer.set(socket, bytes, ec);
    CHECK(!ec);
    const int read = buffer.get(socket);
    CHECK((read == bytes || read == 2 * bytes));  // Linux doubles
    CHECK(capability(socket, buffer.name).state == State::granted);
    CHECK(capability(socket, buffer.name).value == bytes);
  }
  CHECK(said.empty());
}

TEST_CASE(
    "a buffer that is larger than the system's minimum is what it says, the smallest one is "
    "raised",
    "[socket][buffers]") {
  const Buffer buffer = GENERATE(from_range(buffers));
  asio::io_context io;
  Said said;
  listen(io, said);
  dgram::Socket socket = test::bound(io);
  std::error_code ec;
  buffer.set(socket, 1, ec);
  CHECK(!ec);
  CHECK(buffer.get(socket) > 2);
  CHECK(capability(socket, buffer.name).state == State::granted);
  CHECK(said.empty());
}

TEST_CASE("a buffer of no bytes or less is refused, and the old one stays",
          "[socket][buffers][input]") {
  const Buffer buffer = GENERATE(from_range(buffers));
  asio::io_context io;
  dgram::Socket socket = test::bound(io);
  std::error_code ec;
  buffer.set(socket, 50000, ec);
  const int before = buffer.get(socket);
  for (const int bytes : {0, -1, INT_MIN}) {
    buffer.set(socket, bytes, ec);
    CHECK(ec == asio::error::invalid_argument);
    CHECK(buffer.get(socket) == before);
  }
  CHECK(test::works(socket));
}

TEST_CASE("a buffer that nobody asked for is the system's default", "[socket][buffers]") {
  const Buffer buffer = GENERATE(from_range(buffers));
  asio::io_context io;
  const dgram::Socket socket = test::bound(io);
  const dgram::Capability said = capability(socket, buffer.name);
  CHECK(said.state == State::not_asked);
  CHECK(said.value == 0);
  CHECK(!said.why);
}

#if defined(__linux__)

TEST_CASE("without the privilege a buffer is reduced: no error, one warning, and a reason",
          "[socket][buffers]") {
  const Buffer buffer = GENERATE(from_range(buffers));
  const bool by_option = GENERATE(false, true);
  const int limit = test::buffer_limit(buffer.sysctl);
  if (limit > (1 << 29)) return;  // nothing is larger
  const int asked = 2 * limit;
  const test::WithoutPrivilege unprivileged;

  asio::io_context io;
  Said said;
  listen(io, said);
  dgram::SocketOptions options;
  if (by_option) options.*buffer.option = asked;
  dgram::Socket socket = test::bound(io, options);
  std::error_code ec;
  if (!by_option) buffer.set(socket, asked, ec);
  CHECK(!ec);
  CHECK(buffer.get(socket) == 2 * limit);  // doubled
  const dgram::Capability reduced = capability(socket, buffer.name);
  CHECK(reduced.state == State::reduced);
  CHECK(reduced.value == limit);
  CHECK(reduced.why == asio::error::no_permission);
  CHECK(to_string(reduced) ==
        buffer.name + ": reduced to " + std::to_string(limit) + " (Operation not permitted)");
  REQUIRE(said.size() == 1);
  CHECK(said[0].first == dgram::LogLevel::warning);
  CHECK(said[0].second == buffer.name + ": " + std::to_string(limit) + " bytes granted, " +
                              std::to_string(asked) + " asked for. Raise net.core." +
                              buffer.sysctl + ", or run with CAP_NET_ADMIN.");
}

TEST_CASE("a warning about a buffer comes once a minute, for each of the two buffers",
          "[socket][buffers]") {
  const test::WithoutPrivilege unprivileged;
  asio::io_context io, other;
  Said said, said_to_other;
  listen(io, said);
  listen(other, said_to_other);
  dgram::Socket first = test::bound(io), second = test::bound(io), third = test::bound(other);
  std::error_code ec;
  for (dgram::Socket* socket : {&first, &second, &third, &first}) {
    for (const Buffer& buffer : buffers) {
      const int limit = test::buffer_limit(buffer.sysctl);
      if (limit > (1 << 29)) return;
      buffer.set(*socket, 2 * limit, ec);
      CHECK(!ec);
      CHECK(capability(*socket, buffer.name).state == State::reduced);
    }
  }
  CHECK(said.size() == 2);
  CHECK(said_to_other.size() == 2);  // each context has its own handler, and its own minute
}

TEST_CASE("a buffer is granted again when less is asked for", "[socket][buffers]") {
  const Buffer buffer = GENERATE(from_range(buffers));
  const int limit = test::buffer_limit(buffer.sysctl);
  if (limit > (1 << 29)) return;
  const test::WithoutPrivilege unprivileged;
  asio::io_context io;
  dgram::Socket socket = test::bound(io);
  std::error_code ec;
  buffer.set(socket, limit + 1, ec);
  CHECK(capability(socket, buffer.name).state == State::reduced);
  buffer.set(socket, limit, ec);
  CHECK(capability(socket, buffer.name).state == State::granted);
  CHECK(!capability(socket, buffer.name).why);
}

TEST_CASE("without a log handler nothing is said, and an empty one is silence",
          "[socket][buffers]") {
  const test::WithoutPrivilege unprivileged;
  const int limit = test::buffer_limit("rmem_max");
  if (limit > (1 << 29)) return;
  asio::io_context io;
  dgram::Socket socket = test::bound(io);
  std::error_code ec;
  socket.set_recv_buffer_size(2 * limit, ec);
  CHECK(!ec);
  Said said;
  listen(io, said);
  dgram::set_log_handler(io, {});
  socket.set_recv_buffer_size(2 * limit, ec);
  CHECK(!ec);
  CHECK(said.empty());
}

TEST_CASE("with the privilege a buffer may be larger than the system's limit for everybody",
          "[socket][buffers]") {
  if (!test::is_linux_channel()) return;
  const Buffer buffer = GENERATE(from_range(buffers));
  const int limit = test::buffer_limit(buffer.sysctl);
  if (limit > (1 << 29)) return;
  if (!test::WithoutPrivilege().had_it()) return;
  asio::io_context io;
  Said said;
  listen(io, said);
  dgram::Socket socket = test::bound(io);
  std::error_code ec;
  buffer.set(socket, 2 * limit, ec);
  CHECK(!ec);
  CHECK(buffer.get(socket) == 4 * limit);
  CHECK(capability(socket, buffer.name).state == State::granted);
  CHECK(said.empty());
}

TEST_CASE("a buffer that is too large for the kernel itself is not said to lack a privilege",
          "[socket][buffers]") {
  if (!test::is_linux_channel() || !test::WithoutPrivilege().had_it()) return;
  asio::io_context io;
  dgram::Socket socket = test::bound(io);
  std::error_code ec;
  socket.set_recv_buffer_size(INT_MAX, ec);
  CHECK(!ec);
  CHECK(capability(socket, "recv_buffer_size").state == State::reduced);
  CHECK(capability(socket, "recv_buffer_size").why != asio::error::no_permission);
}

#endif

}  // namespace socket_buffer_size_test
