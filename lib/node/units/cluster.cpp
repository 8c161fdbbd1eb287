// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// dgram::node::cluster; Linux only.
#include "../cluster/environment.cpp"
#include "../cluster/link.cpp"
#include "../cluster/open_shared.cpp"
#include "../cluster/primary.cpp"
#include "../cluster/primary_state.cpp"
#include "../cluster/worker.cpp"
#include "../cluster/worker_process_state.cpp"
#include "../cluster/worker_state.cpp"
