// Asks a DNS server for the addresses of a name.
#include <chrono>
#include <dgram/dgram.hpp>
#include <iostream>
#include <optional>
#include <random>
#include <stdexcept>

#include "dns/message.hpp"
#include "support.hpp"

namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

/// A response to the query, or nothing when the time is up. Whatever else arrives is passed over.
asio::awaitable<std::optional<dns::Response>> wait_for_response(dgram::Socket& socket,
                                                                const dns::Query& query,
                                                                Clock::duration timeout) {
  const Clock::time_point deadline = Clock::now() + timeout;
  for (;;) {
    const std::optional<dgram::Datagram> datagram = co_await socket.recv_until(deadline);
    if (!datagram) co_return std::nullopt;
    std::optional<dns::Response> response = dns::read_response(datagram->data(), query);
    if (response) co_return response;
  }
}

asio::awaitable<dns::Response> ask(dgram::Socket& socket, const dns::Query& query) {
  const std::vector<std::byte> message = dns::write_query(query);
  Clock::duration timeout = 500ms;
  for (int attempt = 1; attempt <= 3; ++attempt, timeout *= 2) {
    co_await socket.send(message);
    std::optional<dns::Response> response = co_await wait_for_response(socket, query, timeout);
    if (response) co_return std::move(*response);
  }
  throw std::runtime_error("timeout: no answer from " + dgram::to_string(socket.remote_endpoint()) +
                           " within 3.5 s");
}

std::string_view text_of(dns::ResponseCode code) {
  switch (code) {
    case dns::ResponseCode::no_error:
      return "no error";
    case dns::ResponseCode::format_error:
      return "the server did not understand the query (FORMERR)";
    case dns::ResponseCode::server_failure:
      return "the server failed (SERVFAIL)";
    case dns::ResponseCode::name_error:
      return "there is no such name (NXDOMAIN)";
    case dns::ResponseCode::not_implemented:
      return "the server does not do this (NOTIMP)";
    case dns::ResponseCode::refused:
      return "the server refused (REFUSED)";
  }
  return "the server answered with an unknown code";
}

asio::awaitable<void> look_up(dgram::Socket& socket, dgram::Endpoint server, dns::Query query) {
  // Three things make an answer hard to forge: the kernel lets only this server's datagrams in, it
  // chose a port at random, and the id is random too. A forger has to guess port and id.
  socket.connect(server);
  const dns::Response response = co_await ask(socket, query);

  const std::string_view type = query.type == dns::Type::aaaa ? "AAAA" : "A";
  if (response.truncated)
    throw std::runtime_error(
        query.name + ": the answer does not fit a datagram (TC); this client does not speak TCP");
  if (response.code != dns::ResponseCode::no_error)
    throw std::runtime_error(query.name + ": " + std::string(text_of(response.code)));
  const std::vector<asio::ip::address> addresses = dns::addresses_of(response, query);
  if (addresses.empty())
    throw std::runtime_error(query.name + ": the name has no " + std::string(type) + " record");
  for (const asio::ip::address& address : addresses)
    std::cout << query.name << ' ' << type << ' ' << address.to_string() << std::endl;
}

void look_up_with(const example::Arguments& arguments) {
  const bool aaaa = arguments.size() == 4 && arguments[3] == "AAAA";
  const bool a = arguments.size() == 3 || (arguments.size() == 4 && arguments[3] == "A");
  if (!a && !aaaa) throw example::UsageError("three arguments, please, or four");

  dns::Query query;
  query.id = static_cast<std::uint16_t>(std::random_device()());
  query.name = arguments[2];
  query.type = aaaa ? dns::Type::aaaa : dns::Type::a;
  if (query.name.ends_with('.')) query.name.pop_back();

  asio::io_context io;
  dgram::Socket socket(io);
  const dgram::Endpoint server =
      dgram::make_endpoint(arguments[0], example::port_number(arguments[1]));
  example::run(io, look_up(socket, server, query));
}

}  // namespace

int main(int argc, char** argv) {
  return example::run_main(argc,
                           argv,
                           "<server> <port> <name> [A|AAAA]\n"
                           "Asks a DNS server, given by its address. Prints a line \"<name> <type> "
                           "<address>\" for each\n"
                           "address of the name.",
                           look_up_with);
}
