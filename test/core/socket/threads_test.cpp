// What a socket does is done by the threads that run its context.
#include <asio/bind_executor.hpp>
#include <asio/io_context.hpp>
#include <asio/strand.hpp>
#include <cstddef>
#include <dgram/dgram.hpp>
#include <filesystem>
#include <iterator>

#include "support/catch2.hpp"
#include "support/loopback.hpp"
#include "support/outcome.hpp"
#include "support/run.hpp"

namespace socket_threads_test {

namespace {

std::ptrdiff_t threads() {
  return std::distance(std::filesystem::directory_iterator("/proc/self/task"),
                       std::filesystem::directory_iterator());
}

}  // namespace

// Asio's system context starts its threads when it is first asked for. No test of this suite uses
// it, else this one would find them there already.
TEST_CASE("an operation on a strand of its context starts no thread", "[socket][threads]") {
  asio::io_context io;
  dgram::Socket socket = test::bound(io), sender = test::bound(io);
  const std::ptrdiff_t before = threads();
  test::Outcome<dgram::Datagram> outcome;
  socket.async_recv(asio::bind_executor(asio::make_strand(io), outcome.handler()));
  test::put(sender, socket, "x");
  test::run(io);
  CHECK(outcome.calls == 1);
  CHECK(threads() == before);
}

}  // namespace socket_threads_test
