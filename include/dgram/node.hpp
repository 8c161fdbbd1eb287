// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
/// @file
/// Node's datagram sockets, with their events, and Node's cluster: namespaces dgram::node and
/// dgram::node::cluster.

/// @namespace dgram::node
/// Node's `dgram` module in C++: the same calls, events and errors. Start with create_socket();
/// docs/node.md compares the two call by call.

/// @namespace dgram::node::cluster
/// Node's `cluster` module for datagram sockets: a Primary starts worker processes, which share
/// its ports; each of them has a Worker. docs/cluster.md says which sockets are shared.

#pragma once

#include <dgram/node/block_list.hpp>
#include <dgram/node/cluster/events.hpp>
#include <dgram/node/cluster/primary.hpp>
#include <dgram/node/cluster/worker.hpp>
#include <dgram/node/emitter.hpp>
#include <dgram/node/error.hpp>
#include <dgram/node/events.hpp>
#include <dgram/node/function.hpp>
#include <dgram/node/next_tick.hpp>
#include <dgram/node/options.hpp>
#include <dgram/node/socket.hpp>
#include <dgram/node/stats.hpp>
