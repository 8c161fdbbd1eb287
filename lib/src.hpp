// The whole library, for <dgram/src.hpp>. A unit is what the build compiles as one file, and the only
// list of the sources that are in it.
#pragma once

#if !defined(DGRAM_DETAIL_INSTANTIATE)
#define DGRAM_DETAIL_INSTANTIATE
#endif

#if defined(__linux__) && !defined(DGRAM_PORTABLE_CHANNEL)
#include "units/linux.cpp"
#else
#include "units/portable.cpp"
#endif
#include "units/channel.cpp"
#include "units/engine.cpp"
#include "units/core.cpp"
#include "units/socket.cpp"
// Behind the socket, which instantiates what they use.
#include "units/node.cpp"
#include "units/scale.cpp"
#if defined(__linux__)
#include "units/cluster.cpp"
#include "units/process.cpp"
#endif
