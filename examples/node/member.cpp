// A member of a multicast group, with the calls of Node's documentation: joins it on an interface,
// sends by that interface, hears itself and the others there, and leaves.
//
//   node_member 224.0.0.114 10.0.0.2   # IPv4: the interface by its address
//   node_member ff02::114 ::%eth1      # IPv6: by its zone
#include <asio/io_context.hpp>
#include <asio/signal_set.hpp>
#include <csignal>
#include <dgram/node/socket.hpp>
#include <iostream>

#include "../support.hpp"

namespace {

namespace event = dgram::node::event;

void join(const example::Arguments& arguments) {
  if (arguments.size() < 2 || arguments.size() > 3)
    throw example::UsageError("two or three arguments, please");
  const std::string& group = arguments[0];
  const std::string& interface_address = arguments[1];
  const int port = arguments.size() < 3 ? 41234 : example::port_number(arguments[2]);
  const bool v6 = group.find(':') != std::string::npos;

  asio::io_context io;
  // Others on this host may be members, too.
  dgram::node::Socket socket =
      dgram::node::create_socket(io, {.type = v6 ? "udp6" : "udp4", .reuse_addr = true});

  socket.on(event::message, [&](const dgram::Datagram& msg, const dgram::node::RemoteInfo& rinfo) {
    std::cout << "got: " << msg.text() << " from " << rinfo.address() << std::endl;
  });

  socket.bind(port, [&] {
    socket.add_membership(group, interface_address);
    socket.set_multicast_interface(interface_address);
    socket.set_multicast_loopback(true);
    socket.set_multicast_ttl(1);
    std::cout << "member of " << group << std::endl;
    socket.send("here I am", port, group);
  });

  asio::signal_set signals(io, SIGINT, SIGTERM);
  signals.async_wait([&](std::error_code, int) {
    socket.drop_membership(group, interface_address);
    std::cout << "left " << group << std::endl;
    socket.close();
  });
  io.run();
}

}  // namespace

int main(int argc, char** argv) {
  return example::run_main(
      argc,
      argv,
      "<group> <interface> [<port>]\n"
      "Joins the group, greets it, and prints what comes to it at the port (41234).\n"
      "Interface: an address of this host, such as 10.0.0.2, or ::%eth1 for IPv6.\n"
      "SIGINT and SIGTERM leave the group, and that ends the program.",
      join);
}
