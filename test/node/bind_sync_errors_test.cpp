// bind_sync that throws: for what, with which words, and that the socket may be bound again:
// scenarios/bind_sync_errors.txt.
#include "rows.hpp"

namespace node_bind_sync_errors_test {

NODE_ROWS("bind_sync_errors/bad-ports")
NODE_ROWS("bind_sync_errors/bad-port-changes-nothing")
NODE_ROWS("bind_sync_errors/names")
NODE_NETWORK_ROWS("bind_sync_errors/names-of-udp6")
NODE_ROWS("bind_sync_errors/name-in-spite-of-a-lookup")
NODE_ROWS("bind_sync_errors/long-name-is-cut")
NODE_ROWS("bind_sync_errors/the-port-is-looked-at-first")
NODE_ROWS("bind_sync_errors/ipv6-address-for-udp4")
NODE_NETWORK_ROWS("bind_sync_errors/ipv4-address-for-udp6")
NODE_NETWORK_ROWS("bind_sync_errors/link-local-without-zone")
NODE_ROWS("bind_sync_errors/ipv6-only-for-udp4")
NODE_ROWS("bind_sync_errors/address-in-use")
NODE_NETWORK_ROWS("bind_sync_errors/default-address-in-use")
NODE_NETWORK_ROWS("bind_sync_errors/address-not-available")
NODE_ROWS("bind_sync_errors/address-not-available-any-port")
NODE_ROWS("bind_sync_errors/again")
NODE_ROWS("bind_sync_errors/again-with-bind")
NODE_ROWS("bind_sync_errors/after-a-failed-bind")
NODE_ROWS("bind_sync_errors/address-after-the-os-refused")
NODE_ROWS("bind_sync_errors/close-after-a-failure")
NODE_ROWS("bind_sync_errors/when-bound")
NODE_ROWS("bind_sync_errors/when-bound-by-bind")
NODE_ROWS("bind_sync_errors/while-binding")
NODE_ROWS("bind_sync_errors/while-a-send-binds")
NODE_ROWS("bind_sync_errors/bound-is-looked-at-before-the-port")
NODE_ROWS("bind_sync_errors/closed")
NODE_ROWS("bind_sync_errors/flushes-a-queue-that-nobody-else-would")
NODE_ROWS("bind_sync_errors/buffer-size-that-the-system-refuses")

}  // namespace node_bind_sync_errors_test
