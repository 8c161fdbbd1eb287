// Shards.
#include "../scale/shard.cpp"
#include "../scale/shard_changes.cpp"
#include "../scale/shard_group.cpp"
