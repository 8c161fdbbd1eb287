// Shards: one service on many cores.
#include "../shard.cpp"
#include "../shard_changes.cpp"
#include "../shard_group.cpp"
#include "../steering.cpp"
#if defined(__linux__)
#include "../linux.cpp"
#else
#include "../posix.cpp"
#endif
