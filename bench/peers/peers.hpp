// The contenders that have a process of their own, file by file.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "peer.hpp"

namespace bench {

namespace raw {
/// @param largest Bytes of the largest datagram: their slots are as large as dgram's would be.
std::vector<Peer> receivers(std::size_t largest);
Peer gro_receiver();
std::vector<Peer> echo_servers();
}  // namespace raw

namespace plain_asio {
std::vector<Peer> receivers();
Peer receiver_with_timer();
std::vector<Peer> echo_servers();
}  // namespace plain_asio

namespace libuv {
std::vector<Peer> receivers();
std::vector<Peer> echo_servers();
}  // namespace libuv

namespace with_dgram {
std::vector<Peer> receivers();
Peer gro_receiver();
Peer receiver_with_timer();
std::vector<Peer> echo_servers();
}  // namespace with_dgram

namespace adapter {
Peer receiver();
Peer echo_server();
}  // namespace adapter

namespace node {
/// @param executable Node's; empty: there is none.
Peer receiver(const std::string& executable);
Peer echo_server(const std::string& executable);
}  // namespace node

/// All of them, in the order of the tables.
std::vector<Peer> receivers(std::size_t largest, const std::string& node_executable);
std::vector<Peer> echo_servers(const std::string& node_executable);

}  // namespace bench
