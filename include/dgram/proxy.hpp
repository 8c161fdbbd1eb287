// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
/// @file
/// PROXY headers, in which a load balancer names the client that has sent a datagram:
/// dgram::parse_proxy_header(), dgram::next_proxy_tlv() and dgram::make_proxy_header().
#pragma once

#include <dgram/proxy/proxy_protocol.hpp>
