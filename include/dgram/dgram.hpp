// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
/// @file
/// The core: dgram::Socket, what goes in and out of it, its settings and its errors.

/// @namespace dgram
/// UDP for C++20 coroutines: begin with dgram::Socket.
///
/// What is here comes from several modules, each with a header that includes all of it:
///
/// * dgram/dgram.hpp: the core. dgram/channel.hpp and dgram/fault_channel.hpp, which put another
///   world below a socket, are to be included by themselves.
/// * dgram/check.hpp: whether runs of datagrams arrive
/// * dgram/node.hpp: Node's `dgram` and `cluster`, in namespaces of their own
/// * dgram/process.hpp: sockets that go from one process to another
/// * dgram/proxy.hpp: PROXY headers
/// * dgram/scale.hpp: one service on many cores

#pragma once

#include <dgram/batch.hpp>
#include <dgram/capability.hpp>
#include <dgram/config.hpp>
#include <dgram/datagram.hpp>
#include <dgram/endpoint.hpp>
#include <dgram/error.hpp>
#include <dgram/error_report.hpp>
#include <dgram/interface.hpp>
#include <dgram/log.hpp>
#include <dgram/lookup.hpp>
#include <dgram/membership.hpp>
#include <dgram/options.hpp>
#include <dgram/path_mtu.hpp>
#include <dgram/payload.hpp>
#include <dgram/segmentation.hpp>
#include <dgram/socket.hpp>
#include <dgram/stats.hpp>
