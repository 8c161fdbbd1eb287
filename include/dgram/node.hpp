// Node's datagram sockets, with their events, and Node's cluster.
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
