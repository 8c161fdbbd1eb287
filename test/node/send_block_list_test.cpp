// The option send_block_list: to whom a socket sends nothing: scenarios/send_block_list.txt. What
// it says to a connect is in connect_block_list_test.cpp, the lists themselves are in
// block_list_test.cpp.
#include "rows.hpp"

namespace node_send_block_list_test {

NODE_ROWS("send_block_list/send-with-callback")
NODE_ROWS("send_block_list/callbacks-keep-their-order")
NODE_ROWS("send_block_list/send-without-callback")
NODE_ROWS("send_block_list/send-unbound")
NODE_ROWS("send_block_list/send-to-the-default-address")
NODE_ROWS("send_block_list/send-by-name")
NODE_ROWS("send_block_list/lookup-that-answers-at-once")
NODE_ROWS("send_block_list/closed-before-the-callback")
NODE_ROWS("send_block_list/send-again-in-the-callback")
NODE_ROWS("send_block_list/send-to-the-wrong-family")
NODE_ROWS("send_block_list/nothing-is-queued")
NODE_ROWS("send_block_list/rules-added-later")
NODE_ROWS("send_block_list/rule-added-after-send")
NODE_ROWS("send_block_list/connected-is-not-checked-again")
NODE_ROWS("send_block_list/ranges-and-subnets")
NODE_ROWS("send_block_list/empty")
NODE_ROWS("send_block_list/only-for-sending")
NODE_ROWS("send_block_list/one-list-for-two-sockets")
NODE_NETWORK_ROWS("send_block_list/mapped-address")
NODE_ROWS("send_block_list/rule-of-a-mapped-address")
NODE_NETWORK_ROWS("send_block_list/ipv6-subnet")
NODE_NETWORK_ROWS("send_block_list/zone")

}  // namespace node_send_block_list_test
