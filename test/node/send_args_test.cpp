// The arguments of send: its forms with and without a connection, what it takes for a message,
// offsets and lengths, and what it refuses: scenarios/send_args.txt.
#include "rows.hpp"

namespace node_send_args_test {

NODE_ROWS("send_args/port")
NODE_ROWS("send_args/port-and-address")
NODE_ROWS("send_args/port-and-callback")
NODE_ROWS("send_args/port-address-and-callback")
NODE_ROWS("send_args/offset-and-length")
NODE_ROWS("send_args/empty-address")
NODE_ROWS("send_args/connected")
NODE_ROWS("send_args/connected-with-destination")
NODE_ROWS("send_args/connected-ignores-destination")
NODE_ROWS("send_args/connected-forgets-callback")
NODE_ROWS("send_args/no-destination")
NODE_ROWS("send_args/bad-ports")
NODE_ROWS("send_args/out-of-bounds")
NODE_ROWS("send_args/out-of-bounds-when-connected")
NODE_ROWS("send_args/bounds-come-first")
NODE_ROWS("send_args/bad-arguments-of-a-closed-socket")
NODE_ROWS("send_args/messages")
NODE_ROWS("send_args/bytes-of-a-string")
NODE_ROWS("send_args/empty")
NODE_ROWS("send_args/empty-unconnected")

}  // namespace node_send_args_test
