// The real Node, on the socket that all contenders get.
#include "node_executable.hpp"
#include "peers.hpp"

namespace bench::node {

namespace {

Peer peer(const std::string& executable, const std::string& script) {
  if (const std::string why = why_missing(executable); !why.empty()) return {"node", {}, why};
  return {
      "node", [executable, script](int socket, const ToParent& parent) {
        hand_on(socket);
        hand_on(parent.descriptor());
        become(executable, script, {std::to_string(socket), std::to_string(parent.descriptor())});
      }};
}

}  // namespace

Peer receiver(const std::string& executable) {
  return peer(executable, "receiver.js");
}

Peer echo_server(const std::string& executable) {
  return peer(executable, "echo.js");
}

}  // namespace bench::node
