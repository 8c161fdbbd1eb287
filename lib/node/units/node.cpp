// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// dgram::node.
#include "../arguments.cpp"
#include "../binding.cpp"
#include "../block_list.cpp"
#include "../cluster/message.cpp"
#include "../cluster/shared_sockets.cpp"
#include "../cluster/sharing.cpp"
#include "../connecting.cpp"
#include "../descriptor_type.cpp"
#include "../errors.cpp"
#include "../life.cpp"
#include "../receiving.cpp"
#include "../sending.cpp"
#include "../settings.cpp"
#include "../sharing.cpp"
#include "../socket.cpp"
#include "../state.cpp"
#include "../tick_queue.cpp"
