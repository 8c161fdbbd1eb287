// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// Memory, planning and values: they know no socket.
#include "../memory/buffer_pool.cpp"
#include "../memory/receive_ring.cpp"
#include "../planning/runs.cpp"
#include "../planning/send_planner.cpp"
#include "../planning/send_rules.cpp"
#include "../values/datagram.cpp"
#include "../values/endpoint.cpp"
#include "../values/error.cpp"
#include "../values/interface.cpp"
