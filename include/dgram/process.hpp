// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
/// @file
/// Sockets that are passed from one process to another: restarts without loss (dgram::Handover),
/// socket activation by systemd (dgram::passed_sockets()), messages with descriptors
/// (dgram::DescriptorLink).
#pragma once

#include <dgram/process/descriptor_link.hpp>
#include <dgram/process/handover.hpp>
#include <dgram/process/named_descriptors.hpp>
#include <dgram/process/passed_sockets.hpp>
