#include "peers.hpp"

#include <iterator>
#include <utility>

namespace bench {

namespace {

void append(std::vector<Peer>& all, std::vector<Peer> some) {
  std::move(some.begin(), some.end(), std::back_inserter(all));
}

}  // namespace

std::vector<Peer> receivers(std::size_t largest, const std::string& node_executable) {
  std::vector<Peer> all = raw::receivers(largest);
  append(all, plain_asio::receivers());
  append(all, libuv::receivers());
  all.push_back(node::receiver(node_executable));
  append(all, with_dgram::receivers());
  all.push_back(adapter::receiver());
  return all;
}

std::vector<Peer> echo_servers(const std::string& node_executable) {
  std::vector<Peer> all = raw::echo_servers();
  append(all, plain_asio::echo_servers());
  append(all, libuv::echo_servers());
  all.push_back(node::echo_server(node_executable));
  append(all, with_dgram::echo_servers());
  all.push_back(adapter::echo_server());
  return all;
}

}  // namespace bench
