// The option send_block_list: to whom a socket does not connect: scenarios/connect_block_list.txt.
// What it says to a send is in send_block_list_test.cpp, the lists themselves are in
// block_list_test.cpp.
#include "rows.hpp"

namespace node_connect_block_list_test {

NODE_ROWS("connect_block_list/with-callback")
NODE_ROWS("connect_block_list/without-callback")
NODE_ROWS("connect_block_list/nobody-listens-for-it")
NODE_ROWS("connect_block_list/unbound")
NODE_ROWS("connect_block_list/to-the-default-address")
NODE_ROWS("connect_block_list/again")
NODE_ROWS("connect_block_list/sync")
NODE_ROWS("connect_block_list/sync-binds-first")
NODE_ROWS("connect_block_list/to-the-wrong-family")
NODE_ROWS("connect_block_list/by-name")
NODE_ROWS("connect_block_list/to-an-unknown-name")

}  // namespace node_connect_block_list_test
