// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// Path checks: whether runs of datagrams arrive.
#include "../answer_path_checks.cpp"
#include "../check_path.cpp"
#include "../path_burst.cpp"
#include "../path_check.cpp"
#include "../path_clients.cpp"
#include "../path_message.cpp"
