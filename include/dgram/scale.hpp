// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
/// @file
/// One service on many cores: dgram::ShardGroup; and how the kernel chooses the socket that gets a
/// datagram: dgram::Steering and dgram::set_steering().
#pragma once

#include <dgram/scale/shard_group.hpp>
#include <dgram/scale/steering.hpp>
