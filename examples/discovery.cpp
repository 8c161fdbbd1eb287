// Finds services on the links of this host, as mDNS and SSDP do: a question to a multicast group,
// answered by everybody who is there, straight to the asker.
#include <net/if.h>

#include <array>
#include <asio/ip/address.hpp>
#include <chrono>
#include <cstdint>
#include <deque>
#include <dgram/dgram.hpp>
#include <iomanip>
#include <iostream>
#include <list>
#include <optional>
#include <random>
#include <set>
#include <sstream>
#include <stdexcept>
#include <tuple>

#include "support.hpp"

namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr int port = 7877;
const std::array<asio::ip::address, 2> groups = {
    asio::ip::make_address("239.255.78.77"),  // administratively scoped (RFC 2365)
    asio::ip::make_address("ff02::7877"),     // of the link (RFC 4291)
};

constexpr std::string_view greeting = "discovery? ";
constexpr std::size_t id_size = 16;
constexpr std::size_t longest_name = 63;
/// A question is as long as the longest answer: who forges the asker's address gains nothing.
constexpr std::size_t question_size = greeting.size() + id_size + 1 + longest_name;

dgram::SocketOptions options_of(const asio::ip::address& group) {
  dgram::SocketOptions options;
  options.family = group.is_v6() ? dgram::Family::ipv6 : dgram::Family::ipv4;
  options.ipv6_only = group.is_v6();     // there is another socket for IPv4
  options.receive_local_address = true;  // by which interface a datagram came
  return options;
}

dgram::Endpoint any_address(const asio::ip::address& group, int port_number) {
  return dgram::make_endpoint(group.is_v6() ? "::" : "0.0.0.0", port_number);
}

// --- announce ------------------------------------------------------------------------------------

/// The questions that were answered last, so that the copies of one are not: it comes once by each
/// interface that is on the asker's link. Bounded, since askers can be forged.
class Answered {
 public:
  /// True when it is new.
  bool add(const dgram::Endpoint& asker, std::string_view id) {
    for (const auto& [known_asker, known_id] : questions_)
      if (known_asker == asker && known_id == id) return false;
    if (questions_.size() == 100) questions_.pop_front();
    questions_.emplace_back(asker, id);
    return true;
  }

 private:
  std::deque<std::pair<dgram::Endpoint, std::string>> questions_;
};

/// The id of a question that may be answered.
std::optional<std::string_view> question_id(const dgram::Datagram& datagram,
                                            const dgram::Endpoint& local) {
  // Only what was sent to the group: its TTL of 1 has kept it on the link, while a datagram to our
  // own address may come from anywhere.
  const bool came_to_group = datagram.local_address() && datagram.local_address()->is_multicast();
  const bool is_question =
      datagram.size() == question_size && datagram.text().starts_with(greeting);
  if (!came_to_group || !is_question || !example::may_answer(datagram.remote(), local))
    return std::nullopt;
  return datagram.text().substr(greeting.size(), id_size);
}

asio::awaitable<void> announce(dgram::Socket& socket, asio::ip::address group, std::string name) {
  const dgram::Endpoint local = socket.local_endpoint();
  Answered answered;
  std::error_code last;
  for (;;) {
    // Again and again: interfaces come and go. Those that were joined already stay.
    std::error_code ec;
    socket.add_membership(group, dgram::Interface::all(), ec);
    if (ec == asio::error::address_in_use) ec.clear();  // there is no new one
    if (ec && ec != last)
      std::cerr << "not on all links, " << group.to_string() << ": " << ec.message() << '\n';
    last = ec;
    const Clock::time_point next_look = Clock::now() + 2s;

    while (const std::optional<dgram::Datagram> datagram = co_await socket.recv_until(next_look)) {
      const std::optional<std::string_view> id = question_id(*datagram, local);
      if (!id || !answered.add(datagram->remote(), *id)) continue;
      // To the asker alone, by the way the question came.
      const std::string answer = std::string(*id) + ' ' + name;
      const dgram::SendOptions this_way = datagram->reply_options();
      std::error_code failed;
      co_await socket.send(answer, datagram->remote(), this_way, failed);
      if (failed)
        std::cerr << "no answer to " << dgram::to_string(datagram->remote()) << ": "
                  << failed.message() << '\n';
    }
  }
}

void announce_name(const std::string& name) {
  if (name.empty() || name.size() > longest_name)
    throw example::UsageError("a name of 1 to 63 bytes, please");
  asio::io_context io;
  std::list<dgram::Socket> sockets;
  for (const asio::ip::address& group : groups) {
    dgram::SocketOptions options = options_of(group);
    options.reuse_address = true;  // others on this host may announce, too
    dgram::Socket& socket = sockets.emplace_back(io, options);
    std::error_code ec;
    socket.bind(any_address(group, port), ec);
    if (ec) {  // a host without IPv6, for instance
      std::cerr << "not in " << group.to_string() << ": " << ec.message() << '\n';
      sockets.pop_back();
      continue;
    }
    asio::co_spawn(io, announce(socket, group, name), [](std::exception_ptr failure) {
      if (failure) std::rethrow_exception(failure);
    });
  }
  if (sockets.empty()) throw std::runtime_error("there is nowhere to announce");
  std::cout << "announcing " << name << std::endl;
  io.run();
}

// --- find ----------------------------------------------------------------------------------------

/// 64 random bits as 16 digits: an answer that has them was not guessed.
std::string new_id() {
  std::random_device random;
  const std::uint64_t id = std::uint64_t{random()} << 32 | random();
  std::ostringstream text;
  text << std::hex << std::setfill('0') << std::setw(id_size) << id;
  return text.str();
}

std::string name_of_interface(std::uint32_t index) {
  char name[IF_NAMESIZE] = {};
  return ::if_indextoname(index, name) ? name : std::to_string(index);
}

/// What others sent is shown without what a terminal might take for a command.
std::string printable(std::string_view text) {
  std::string result(text);
  for (char& c : result)
    if (c < ' ' || c > '~') c = '?';
  return result;
}

/// Who answered. Bounded, since anybody on the link may answer as many.
class Found {
 public:
  void add(std::string_view name, const dgram::Datagram& answer) {
    const std::uint32_t interface = answer.interface_index().value_or(0);
    const bool is_new = found_.size() < 1000 &&
                        found_.emplace(std::string(name), answer.remote(), interface).second;
    if (is_new)
      std::cout << printable(name) << ' ' << answer.remote().address().to_string() << " on "
                << name_of_interface(interface) << std::endl;
  }
  bool empty() const noexcept { return found_.empty(); }

 private:
  std::set<std::tuple<std::string, dgram::Endpoint, std::uint32_t>> found_;
};

/// By every interface: a datagram without one leaves by one of them only.
asio::awaitable<void> ask(dgram::Socket& socket,
                          dgram::Endpoint group,
                          const std::vector<std::uint32_t>& interfaces,
                          std::string id) {
  std::string question = std::string(greeting) + id;
  question.resize(question_size, ' ');
  for (const std::uint32_t interface : interfaces) {
    dgram::SendOptions by_this;
    by_this.interface_index = interface;
    std::error_code ec;
    co_await socket.send(question, group, by_this, ec);
    if (ec) std::cerr << "by " << name_of_interface(interface) << ": " << ec.message() << '\n';
  }
}

asio::awaitable<void> find(dgram::Socket& socket,
                           asio::ip::address group,
                           Clock::duration patience,
                           Found& found) {
  socket.open();
  socket.set_multicast_ttl(1);  // the question stays on the link
  // A membership knows the interfaces that a group can be joined on: those to ask by.
  const std::vector<std::uint32_t> interfaces =
      socket.join(group, dgram::Interface::all()).interfaces();

  // Twice: datagrams get lost. With another number, else the second is a copy of the first.
  for (int attempt = 1; attempt <= 2; ++attempt) {
    const std::string id = new_id();
    const Clock::time_point deadline = Clock::now() + patience / 2;
    co_await ask(socket, dgram::Endpoint(group, port), interfaces, id);
    while (const std::optional<dgram::Datagram> answer = co_await socket.recv_until(deadline))
      if (answer->text().starts_with(id + ' '))
        found.add(answer->text().substr(id.size() + 1), *answer);
  }
}

void find_for(Clock::duration patience) {
  asio::io_context io;
  std::list<dgram::Socket> sockets;
  Found found;
  for (const asio::ip::address& group : groups) {
    dgram::Socket& socket = sockets.emplace_back(io, options_of(group));
    asio::co_spawn(io, find(socket, group, patience, found), [group](std::exception_ptr failure) {
      try {
        if (failure) std::rethrow_exception(failure);
      } catch (const dgram::Error& error) {  // the other family may do
        std::cerr << "not in " << group.to_string() << ": " << error.what() << '\n';
      }
    });
  }
  io.run();
  if (found.empty()) throw std::runtime_error("nobody has answered");
}

void discover(const example::Arguments& arguments) {
  const std::string mode = arguments.empty() ? "" : arguments[0];
  if (mode == "announce" && arguments.size() == 2) return announce_name(arguments[1]);
  if (mode != "find" || arguments.size() > 2) throw example::UsageError("announce or find?");
  const int seconds = arguments.size() == 2 ? example::number(arguments[1], 1, 3600) : 2;
  find_for(std::chrono::seconds(seconds));
}

}  // namespace

int main(int argc, char** argv) {
  return example::run_main(
      argc,
      argv,
      "announce <name>\n"
      "       discovery find [<seconds>]\n"
      "Announces a name on all links of this host until it is ended, or asks who is there and\n"
      "prints a line \"<name> <address> on <interface>\" per answer.",
      discover);
}
