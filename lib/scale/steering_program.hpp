// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// The classic BPF programs behind a steering. Source: linux/filter.h, linux/bpf_common.h.
#pragma once

#include <linux/filter.h>

#include <vector>

#include "platform.hpp"

DGRAM_BEGIN_NAMESPACE
namespace detail {

/// A program whose result is the number of the socket. The kernel runs it with the payload at
/// offset 0 (net/core/sock_reuseport.c, run_bpf_filter).
std::vector<sock_filter> make_steering_program(const SteeringPlan& plan);

}  // namespace detail
DGRAM_END_NAMESPACE
