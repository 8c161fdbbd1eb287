// Every source file of the library, for <dgram/src.hpp>.
#pragma once

#if !defined(DGRAM_DETAIL_INSTANTIATE)
#define DGRAM_DETAIL_INSTANTIATE
#endif

#if defined(__linux__) && !defined(DGRAM_PORTABLE_CHANNEL)
#include "channel/kernel/control_linux.cpp"
#include "channel/kernel/transfer_linux.cpp"
#else
#include "channel/kernel/control_portable.cpp"
#include "channel/kernel/transfer_portable.cpp"
#endif
#include "channel/channel_service.cpp"
#include "channel/fault_channel.cpp"
#include "channel/kernel/descriptor.cpp"
#include "channel/kernel/error_queue.cpp"
#include "channel/kernel/kernel_channel.cpp"
#include "engine/buffer_pool.cpp"
#include "engine/receive_ring.cpp"
#include "engine/send_planner.cpp"
#include "engine/send_rules.cpp"
#include "engine/slab.cpp"
#include "socket/context_pool.cpp"
#include "socket/core.cpp"
#include "socket/datagram.cpp"
#include "socket/endpoint.cpp"
#include "socket/error.cpp"
#include "socket/operations.cpp"
#include "socket/option_rules.cpp"
#include "socket/pending_lookup.cpp"
#include "socket/request.cpp"
#include "socket/serving.cpp"
#include "socket/socket.cpp"
#include "socket/socket_base.cpp"
#include "socket/transfer.cpp"
