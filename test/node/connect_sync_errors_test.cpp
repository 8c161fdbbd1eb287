// connect_sync that throws: for what, with which words, and what it leaves behind:
// scenarios/connect_sync_errors.txt.
#include "rows.hpp"

namespace node_connect_sync_errors_test {

NODE_ROWS("connect_sync_errors/bad-ports")
NODE_ROWS("connect_sync_errors/names")
NODE_ROWS("connect_sync_errors/name-in-spite-of-a-lookup")
NODE_ROWS("connect_sync_errors/order-of-the-checks")
NODE_ROWS("connect_sync_errors/while-binding")
NODE_ROWS("connect_sync_errors/while-a-send-binds")
NODE_ROWS("connect_sync_errors/while-connecting")
NODE_ROWS("connect_sync_errors/when-connected")
NODE_ROWS("connect_sync_errors/when-connected-by-connect")
NODE_ROWS("connect_sync_errors/closed")
NODE_ROWS("connect_sync_errors/ipv6-address-for-udp4")
NODE_NETWORK_ROWS("connect_sync_errors/ipv4-address-for-udp6")
NODE_NETWORK_ROWS("connect_sync_errors/link-local-without-zone")
NODE_NETWORK_ROWS("connect_sync_errors/no-route")
NODE_NETWORK_ROWS("connect_sync_errors/broadcast")
NODE_ROWS("connect_sync_errors/the-socket-stays-bound")
NODE_ROWS("connect_sync_errors/again")
NODE_ROWS("connect_sync_errors/again-with-connect")
NODE_ROWS("connect_sync_errors/send-after-a-failure")
NODE_ROWS("connect_sync_errors/after-a-failed-connect")
NODE_ROWS("connect_sync_errors/after-connect-whose-bind-failed")
NODE_ROWS("connect_sync_errors/bind-fails")
NODE_NETWORK_ROWS("connect_sync_errors/nobody-at-the-other-end")

}  // namespace node_connect_sync_errors_test
