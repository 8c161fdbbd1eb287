// One service on many cores: shards, and which of them gets a datagram.
#pragma once

#include <dgram/scale/shard_group.hpp>
#include <dgram/scale/steering.hpp>
