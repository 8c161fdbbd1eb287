// In the place of libuv.cpp and libuv_programs.cpp, where there is no libuv.
#include "node_programs.hpp"
#include "peers.hpp"

namespace bench::libuv {

namespace {

Peer absent(const char* name) {
  return {name, {}, "built without libuv"};
}

}  // namespace

std::vector<Peer> receivers() {
  return {absent("libuv"), absent("libuv_recvmmsg")};
}

std::vector<Peer> echo_servers() {
  return {absent("libuv"), absent("libuv_try_send")};
}

NodePlatform platform() {
  return {"libuv", {}, "built without libuv"};
}

}  // namespace bench::libuv
