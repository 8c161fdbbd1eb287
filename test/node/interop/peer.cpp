// One end of a conversation; `run` puts two of them together. peer.js is the same program for Node.
#include <array>
#include <asio/buffer.hpp>
#include <asio/io_context.hpp>
#include <cstddef>
#include <deque>
#include <dgram/node/socket.hpp>
#include <exception>
#include <iostream>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace {

namespace event = dgram::node::event;
using dgram::Datagram;
using dgram::node::AddressInfo;
using dgram::node::create_socket;
using dgram::node::Error;
using dgram::node::RemoteInfo;
using dgram::node::Socket;

using Words = std::vector<std::string>;
using Buffers = std::vector<asio::const_buffer>;

constexpr int in_flight = 16;  // datagrams of `numbered`: so few fit into any buffer

std::string fill(std::size_t size) {
  std::string bytes(size, '\0');
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>(i * 7 + size);
  return bytes;
}

void heard(const Datagram& msg, const RemoteInfo& rinfo) {
  std::cout << msg.text() << " from " << rinfo.address() << ':' << rinfo.port() << ' '
            << rinfo.family() << std::endl;
}

void throw_if(const Error* err) {
  if (err) throw *err;
}

std::string message_of(const Error* err, const std::string& otherwise) {
  return err ? err->message() : otherwise;
}

// Answers everything, as rinfo says, until the end. As a member of a group, where there is one.
void echo(const Words& words) {
  asio::io_context io;
  Socket socket = create_socket(io, words.at(0));
  const int port = std::stoi(words.at(1));
  const std::string group = words.size() > 2 ? words.at(2) : "";
  const std::string on = words.size() > 2 ? words.at(3) : "";
  socket.on(event::message, [&](const Datagram& msg, const RemoteInfo& rinfo) {
    std::string answer(msg.text());
    if (msg.text() == "who am I") answer = rinfo.address() + ' ' + std::string(rinfo.family());
    if (msg.text() == "leave") socket.drop_membership(group, on);
    const bool ends = msg.text() == "end";
    socket.send(
        answer, rinfo.port(), rinfo.address(), [&socket, ends](const Error* err, std::size_t) {
          throw_if(err);
          if (ends) socket.close();
        });
  });
  socket.on(event::close, [] { std::cout << "closed" << std::endl; });
  socket.bind(port, [&] {
    if (!group.empty()) socket.add_membership(group, on);
    std::cout << "listening on " << socket.address().address << ':' << socket.address().port
              << std::endl;
  });
  io.run();
}

// Says one thing, and prints the answer.
void ask(const Words& words) {
  asio::io_context io;
  Socket socket = create_socket(io, words.at(0));
  socket.on(event::message, [&](const Datagram& msg, const RemoteInfo& rinfo) {
    heard(msg, rinfo);
    socket.close();
  });
  socket.send(words.at(3), std::stoi(words.at(1)), words.at(2));
  io.run();
}

// Says one thing, and waits for nothing.
void tell(const Words& words) {
  asio::io_context io;
  Socket socket = create_socket(io, words.at(0));
  socket.send(words.at(3), std::stoi(words.at(1)), words.at(2), [&](const Error*, std::size_t) {
    socket.close();
  });
  io.run();
}

// Datagrams of many sizes, each as it was sent.
void sizes(const Words& words) {
  asio::io_context io;
  Socket socket = create_socket(io, words.at(0));
  const int port = std::stoi(words.at(1));
  const std::string address = words.at(2);
  std::deque<std::size_t> left = {0, 1, 2, 512, 1472, 1473, 9000, 65506, 65507};
  std::string message;
  std::size_t sent = 0;
  const auto next = [&] {
    message = fill(left.front());
    socket.send(message, port, address, [&](const Error* err, std::size_t bytes) {
      throw_if(err);
      sent = bytes;
    });
  };
  socket.on(event::message, [&](const Datagram& msg, const RemoteInfo& rinfo) {
    std::cout << "sent " << sent << ", came back " << rinfo.size() << ", "
              << (msg.text() == message ? "the same" : "others") << std::endl;
    left.pop_front();
    if (!left.empty()) return next();
    socket.send(fill(65528), port, address, [&](const Error* err, std::size_t) {
      std::cout << message_of(err, "sent") << std::endl;
      socket.close();
    });
  });
  next();
  io.run();
}

// Many datagrams, some at a time, and none is lost.
void numbered(const Words& words) {
  asio::io_context io;
  Socket socket = create_socket(io, words.at(0));
  const int port = std::stoi(words.at(1));
  const std::string address = words.at(2);
  const int count = std::stoi(words.at(3));
  int sent = 0;
  int got = 0;
  const auto next = [&] {
    if (sent < count) socket.send("number " + std::to_string(sent++), port, address);
  };
  socket.on(event::message, [&](const Datagram& msg, const RemoteInfo&) {
    const std::string wanted = "number " + std::to_string(got);
    if (msg.text() != wanted)
      throw std::runtime_error(std::string(msg.text()) + " instead of " + wanted);
    ++got;
    next();
    if (got < count) return;
    std::cout << got << " came back in their order" << std::endl;
    socket.close();
  });
  for (int i = 0; i < in_flight; ++i) next();
  io.run();
}

// One datagram out of several buffers.
void buffers(const Words& words) {
  asio::io_context io;
  Socket socket = create_socket(io, words.at(0));
  const int port = std::stoi(words.at(1));
  const std::string address = words.at(2);
  const std::array<std::string, 4> texts = {"Some ", "", "more ", "bytes"};
  Buffers pieces;
  for (const std::string& text : texts) pieces.push_back(asio::buffer(text));
  std::deque<Buffers> left = {
      {pieces[0], pieces[3]}, pieces, Buffers(300, pieces[3]), {pieces[1]}, {}};
  const auto next = [&] {
    socket.send(left.front(), port, address, [&](const Error* err, std::size_t bytes) {
      std::cout << message_of(err, "sent " + std::to_string(bytes)) << std::endl;
    });
  };
  socket.on(event::message, [&](const Datagram& msg, const RemoteInfo&) {
    std::string whole;
    for (const asio::const_buffer& piece : left.front())
      whole.append(static_cast<const char*>(piece.data()), piece.size());
    std::cout << "came back " << msg.size() << ", " << (msg.text() == whole ? "the same" : "others")
              << std::endl;
    left.pop_front();
    if (!left.empty()) return next();
    socket.close();
  });
  next();
  io.run();
}

// Asks a group, which then leaves, so that only the last question has an answer.
void multicast(const Words& words) {
  asio::io_context io;
  Socket socket = create_socket(io, words.at(0));
  const int port = std::stoi(words.at(1));
  const std::string group = words.at(2);
  socket.on(event::message, [&](const Datagram& msg, const RemoteInfo& rinfo) {
    heard(msg, rinfo);
    if (msg.text() == "end") return static_cast<void>(socket.close());
    if (msg.text() != "leave") return socket.send("leave", port, group);
    socket.send("is anybody there", port, group);
    socket.send("end", port, rinfo.address());
  });
  socket.bind([&] {
    socket.set_multicast_interface(words.at(3));
    socket.set_multicast_ttl(1);
    socket.set_multicast_loopback(false);
    socket.send("who am I", port, group);
  });
  io.run();
}

// Asks all hosts of a link, once it may.
void broadcast(const Words& words) {
  asio::io_context io;
  Socket socket = create_socket(io, words.at(0));
  const int port = std::stoi(words.at(1));
  const std::string address = words.at(2);
  socket.on(event::message, [&](const Datagram& msg, const RemoteInfo& rinfo) {
    heard(msg, rinfo);
    socket.close();
  });
  socket.bind([&] {
    socket.send("who am I", port, address, [&](const Error* err, std::size_t) {
      std::cout << message_of(err, "sent") << std::endl;
      socket.set_broadcast(true);
      socket.send("who am I", port, address);
    });
  });
  io.run();
}

// Two that are connected with each other count to 100. The second one begins.
void pair(const Words& words) {
  asio::io_context io;
  Socket socket = create_socket(io, words.at(0));
  const bool begins = words.size() > 4;
  int got = 0;
  socket.on(event::connect, [&] {
    const AddressInfo own = socket.address();
    const AddressInfo peer = socket.remote_address();
    std::cout << "connected " << own.address << ':' << own.port << " to " << peer.address << ':'
              << peer.port << ' ' << peer.family << std::endl;
    if (begins) socket.send("1");
  });
  socket.on(event::message, [&](const Datagram& msg, const RemoteInfo& rinfo) {
    ++got;
    const int number = std::stoi(std::string(msg.text()));
    if (number < 100) socket.send(std::to_string(number + 1));
    if (number < 99) return;
    std::cout << "got " << got << " datagrams up to " << number << " from " << rinfo.address()
              << ':' << rinfo.port() << std::endl;
    socket.close();
  });
  socket.bind(std::stoi(words.at(1)), [&] { socket.connect(std::stoi(words.at(2)), words.at(3)); });
  io.run();
}

using Role = void (*)(const Words& words);
const std::map<std::string_view, Role> roles = {
    {"echo", echo},
    {"ask", ask},
    {"tell", tell},
    {"sizes", sizes},
    {"numbered", numbered},
    {"buffers", buffers},
    {"multicast", multicast},
    {"broadcast", broadcast},
    {"pair", pair},
};

}  // namespace

int main(int argc, char** argv) try {
  const Words words(argv + 1, argv + argc);
  roles.at(words.at(0))(Words(words.begin() + 1, words.end()));
  return 0;
} catch (const std::exception& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
