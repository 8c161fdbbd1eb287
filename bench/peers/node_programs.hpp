// Node's own benchmark programs (benchmark/dgram), as their three platforms get them.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "peer.hpp"

namespace bench {

/// One program with its parameters.
/**
 * Those that send: one socket, bound to any port of all addresses, sends to itself at 127.0.0.1, in
 * bursts of 100 with a callback for each. When all of a burst are called, the next one is sent from
 * an immediate, so that receiving goes on. After `seconds` it says "<completed> <received>
 * <seconds>", from the moment that the socket listens.
 *
 * Those that bind: `sockets` sockets are made and bound; said is "<sockets> 0 <seconds>".
 */
struct NodeProgram {
  enum class Kind {
    single_buffer,  ///< send(buffer, port, address, callback)
    offset_length,  ///< send(buffer, 0, length, port, address, callback)
    multi_buffer,   ///< send([buffer, …], port, address, callback)
    array,          ///< the same, without a listener for messages
    concat,         ///< the pieces are put together for each send; no listener for messages
    bind_calls,     ///< until all calls have returned: what Node's bind-params counts
    bind_listening  ///< until all sockets listen
  };
  static constexpr int burst = 100;

  Kind kind;
  std::size_t length = 0;     ///< Bytes of a datagram before they are cut in pieces.
  std::size_t pieces = 1;     ///< Each has length / pieces, rounded.
  bool with_port = false;     ///< Whether bind gets a port, of 0, and
  bool with_address = false;  ///< the address 0.0.0.0 behind it.
  int sockets = 0;
  double seconds = 0;

  bool binds() const { return kind == Kind::bind_calls || kind == Kind::bind_listening; }
  bool hears_messages() const { return kind != Kind::array && kind != Kind::concat; }
  bool is_list() const { return kind == Kind::multi_buffer || kind == Kind::array; }
  std::size_t piece_length() const { return (length + pieces / 2) / pieces; }
};

/// What the programs run on, each in a child of its own.
struct NodePlatform {
  std::string name;
  std::function<void(const NodeProgram& program, const ToParent& parent)> run = {};
  std::string missing = {};
};

inline void say_result(const ToParent& parent, long completed, long received, double seconds) {
  parent.say(std::to_string(completed) + ' ' + std::to_string(received) + ' ' +
             std::to_string(seconds));
}

namespace node {
/// @param executable Node's; empty: there is none.
NodePlatform platform(const std::string& executable);
}  // namespace node
namespace adapter {
NodePlatform platform();
}  // namespace adapter
namespace libuv {
NodePlatform platform();
}  // namespace libuv

}  // namespace bench
