// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// The whole library, for <dgram/src.hpp>. A unit is what the build compiles as one file, and the
// only list of the sources that are in it.
#pragma once

#if !defined(DGRAM_DETAIL_INSTANTIATE)
#define DGRAM_DETAIL_INSTANTIATE
#endif

#include <dgram/config.hpp>

#if defined(__linux__) && !defined(DGRAM_PORTABLE_CHANNEL)
#include "core/units/linux.cpp"
#else
#include "core/units/posix.cpp"
#endif
#include "core/units/channel.cpp"
#include "core/units/socket.cpp"
#include "core/units/state.cpp"
#include "core/units/values.cpp"
// Behind the socket, which instantiates what they use.
#if !defined(DGRAM_BUILT_WITHOUT_CHECK)
#include "check/units/check.cpp"
#endif
#if !defined(DGRAM_BUILT_WITHOUT_NODE)
#include "node/units/node.cpp"
#if defined(__linux__)
#include "node/units/cluster.cpp"
#endif
#endif
#if !defined(DGRAM_BUILT_WITHOUT_PROCESS) && defined(__linux__)
#include "process/units/process.cpp"
#endif
#if !defined(DGRAM_BUILT_WITHOUT_PROXY)
#include "proxy/units/proxy.cpp"
#endif
#if !defined(DGRAM_BUILT_WITHOUT_SCALE)
#include "scale/units/scale.cpp"
#endif
