// Finds out between two hosts whether runs of datagrams (GSO, UDP_SEGMENT) arrive. Some kernels and
// devices take runs, and send them with wrong headers, and no error tells.
#include <dgram/check/path_check.hpp>
#include <dgram/dgram.hpp>
#include <iostream>
#include <stdexcept>

#include "support.hpp"

namespace {

struct Place {
  std::string host;
  int port = 0;
};

/// "192.0.2.1:9000", "[2001:db8::1]:9000", "example.org:9000"
Place read_place(const std::string& text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string::npos) throw example::UsageError("no port: " + text);
  Place place;
  place.host = text.substr(0, colon);
  place.port = example::port_number(text.substr(colon + 1));
  if (place.host.starts_with('[') && place.host.ends_with(']'))
    place.host = place.host.substr(1, place.host.size() - 2);
  else if (place.host.find(':') != std::string::npos)
    throw example::UsageError("an IPv6 address has brackets around it: [" + place.host +
                              "]:" + std::to_string(place.port));
  return place;
}

asio::awaitable<void> answer(dgram::Socket& socket) {
  std::cout << "listening on " << dgram::to_string(socket.local_endpoint()) << std::endl;
  co_await dgram::answer_path_checks(socket);
}

void answer_at(const Place& place) {
  const dgram::Endpoint local = dgram::make_endpoint(place.host, place.port);
  dgram::SocketOptions options;
  options.receive_local_address =
      local.address().is_unspecified();  // else there is only one address to answer from
  asio::io_context io;
  dgram::Socket socket(io, options);
  socket.bind(local);
  example::run(io, answer(socket));
}

/// The exit code.
int judge(const dgram::PathCheck& check) {
  if (check.loses_runs()) return 1;
  return check.there.single_ones_arrive() && check.back.single_ones_arrive() ? 0 : 2;
}

asio::awaitable<void> check(
    dgram::Socket& socket, std::string host, int port, std::size_t size, int& code) {
  const asio::ip::address address = co_await socket.resolve(host);
  const dgram::Endpoint responder(address, static_cast<std::uint16_t>(port));
  dgram::PathCheckOptions options;
  options.size = size;
  try {
    const dgram::PathCheck result = co_await dgram::check_path(socket, responder, options);
    std::cout << dgram::to_string(result) << std::endl;
    code = judge(result);
  } catch (const dgram::Error& error) {
    if (error.code() != asio::error::timed_out) throw;
    throw std::runtime_error("no answer from " + dgram::to_string(responder) +
                             ": does \"dgram-check answer\" run there?");
  }
}

int check_with(const example::Arguments& arguments) {
  if (arguments.empty() || arguments.size() > 2)
    throw example::UsageError("one or two arguments, please");
  if (arguments[0] == "answer") {
    answer_at(read_place(arguments.size() == 2 ? arguments[1] : "[::]:0"));
    return 0;
  }
  const Place place = read_place(arguments[0]);
  const int size = arguments.size() == 2 ? example::number(arguments[1], 64, 9000) : 1200;
  int code = 2;
  asio::io_context io;
  dgram::Socket socket(io);
  example::run(io, check(socket, place.host, place.port, static_cast<std::size_t>(size), code));
  return code;
}

}  // namespace

int main(int argc, char** argv) {
  int code = 0;
  const int failed = example::run_main(
      argc,
      argv,
      "answer [<address>:<port>]    on one host\n"
      "       dgram-check <host>:<port> [<size>]       on the other one\n"
      "Sends numbered datagrams in both directions, by themselves and in runs (GSO), and says what "
      "is\n"
      "lost only in runs. Without an address it answers at all addresses, at a port that it "
      "prints.\n"
      "<size> is that of a datagram: 64 to 9000 bytes, 1200 by default.\n"
      "Exit code: 0 runs arrive, or none are made; 1 something is lost only in runs; 2 called "
      "wrongly,\n"
      "or nothing could be found out.",
      [&code](const example::Arguments& arguments) { code = check_with(arguments); });
  return failed != 0 ? 2 : code;
}
