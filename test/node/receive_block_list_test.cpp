// The option receive_block_list: from whom a socket takes nothing:
// scenarios/receive_block_list.txt. The lists themselves are in block_list_test.cpp.
#include "rows.hpp"

namespace node_receive_block_list_test {

NODE_ROWS("receive_block_list/drops-silently")
NODE_ROWS("receive_block_list/between-others")
NODE_ROWS("receive_block_list/own-datagrams")
NODE_ROWS("receive_block_list/once-waits-for-the-next")
NODE_ROWS("receive_block_list/empty-datagram")
NODE_ROWS("receive_block_list/rules-added-later")
NODE_ROWS("receive_block_list/rule-added-when-it-is-in-the-kernel")
NODE_ROWS("receive_block_list/rule-added-in-message")
NODE_ROWS("receive_block_list/ranges-and-subnets")
NODE_ROWS("receive_block_list/connected-peer")
NODE_ROWS("receive_block_list/only-for-receiving")
NODE_ROWS("receive_block_list/both-lists")
NODE_ROWS("receive_block_list/empty")
NODE_ROWS("receive_block_list/one-list-for-two-sockets")
NODE_NETWORK_ROWS("receive_block_list/mapped-peer")
NODE_NETWORK_ROWS("receive_block_list/mapped-peer-and-subnet")
NODE_ROWS("receive_block_list/rule-of-a-mapped-address")
NODE_NETWORK_ROWS("receive_block_list/ipv6")
NODE_NETWORK_ROWS("receive_block_list/zone")

}  // namespace node_receive_block_list_test
