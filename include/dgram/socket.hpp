// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// The socket that most programs use, compiled into the library.
#pragma once

#include <dgram/basic_socket.hpp>

DGRAM_BEGIN_NAMESPACE

/// A UDP socket for coroutines on any executor.
using Socket = BasicSocket<asio::any_io_executor>;

#if !defined(DGRAM_DETAIL_INSTANTIATE)
extern template class DGRAM_API BasicSocket<asio::any_io_executor>;
#endif

DGRAM_END_NAMESPACE
