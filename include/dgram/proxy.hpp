// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
/// @file
/// PROXY headers, by which a balancer says who a datagram really comes from:
/// dgram::parse_proxy_header(), dgram::next_proxy_tlv() and dgram::make_proxy_header().
#pragma once

#include <dgram/proxy/proxy_protocol.hpp>
