// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
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
