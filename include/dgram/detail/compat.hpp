// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// The only file that knows Asio's versions: the floor, what changed its name since, and the ABI
// tag.
#pragma once

// Before Asio's configuration, which in 1.22 chooses how to allocate by what the standard library
// has said so far.
#include <version>

#include <asio/buffer.hpp>
#include <asio/detail/config.hpp>
#include <asio/version.hpp>

#if ASIO_VERSION < 102201
#error "dgram needs standalone Asio 1.22.1 or newer"
#endif

#if !defined(ASIO_HAS_CO_AWAIT)
#error \
    "this Asio hides coroutines from this compiler: clang with Asio before 1.26 needs -DASIO_HAS_CO_AWAIT -DASIO_HAS_STD_COROUTINE (dgram's build files set both)"
#endif

// cancel_after and cancel_at exist from 1.31 on.
#if ASIO_VERSION >= 103100
#define DGRAM_HAS_CANCEL_AFTER 1
#endif

// The immediate executor associator exists from 1.27 on.
#if ASIO_VERSION >= 102700
#define DGRAM_HAS_IMMEDIATE_EXECUTOR 1
#endif

// Two ways of dgram are faster because they use Asio beyond its documentation. They are taken where
// that Asio has been tried. Newer ones are trusted when they are told to be, with
// DGRAM_TRUST_ASIO_INTERNALS (Meson: -Dasio_internals=enabled, CMake:
// -DDGRAM_ASIO_INTERNALS=enabled); then a shape that has changed does not compile
// (lib/core/kernel/asio_internals.hpp). Each has a slower one beside it.
#if !defined(DGRAM_NO_ASIO_INTERNALS)
#if ASIO_VERSION < 103900 || defined(DGRAM_TRUST_ASIO_INTERNALS)
#define DGRAM_MAY_USE_ASIO_INTERNALS 1
#elif defined(DGRAM_BUILDING) || defined(DGRAM_DETAIL_INSTANTIATE)
#pragma message( \
    "dgram has not been tried with so new an Asio, and leaves its fast paths out: recv() costs a coroutine frame, and each wait a system call more. See DGRAM_TRUST_ASIO_INTERNALS")
#endif
#endif

// The awaitable of a Datagram (detail/awaitables.hpp) is made of the parts of Asio's own.
#if defined(DGRAM_MAY_USE_ASIO_INTERNALS)
#define DGRAM_HAS_FAST_AWAITABLE 1
#endif

// A wait for readiness is an operation of Asio's reactor, where that is epoll
// (lib/core/kernel/waitable_socket.hpp). Under handler tracking Asio has to see each
// of its operations.
#if defined(ASIO_HAS_EPOLL) && !defined(ASIO_HAS_IO_URING_AS_DEFAULT) && \
    !defined(ASIO_ENABLE_HANDLER_TRACKING) && defined(DGRAM_MAY_USE_ASIO_INTERNALS)
#define DGRAM_HAS_REACTOR_WAIT 1
#endif

// `as_tuple` left namespace experimental in 1.23.
#if ASIO_VERSION >= 102300
#include <asio/as_tuple.hpp>
#define DGRAM_DETAIL_AS_TUPLE ::asio::as_tuple
#else
#include <asio/experimental/as_tuple.hpp>
#define DGRAM_DETAIL_AS_TUPLE ::asio::experimental::as_tuple
#endif

// Written by the build of the library. Absent where <dgram/src.hpp> is compiled into the program
// itself.
#if __has_include(<dgram/detail/built_with.hpp>)
#include <dgram/detail/built_with.hpp>
#endif
#if !defined(DGRAM_BUILT_ASIO_VERSION)
#define DGRAM_BUILT_ASIO_VERSION ASIO_VERSION
#endif

// Settings of Asio that change the layout or the meaning of a type in our signatures: one digit
// each.
#if defined(ASIO_NO_TS_EXECUTORS)
#define DGRAM_DETAIL_ABI_1 1
#else
#define DGRAM_DETAIL_ABI_1 0
#endif
#if defined(ASIO_USE_TS_EXECUTOR_AS_DEFAULT)
#define DGRAM_DETAIL_ABI_2 1
#else
#define DGRAM_DETAIL_ABI_2 0
#endif
#if defined(ASIO_ENABLE_BUFFER_DEBUGGING)
#define DGRAM_DETAIL_ABI_3 1
#else
#define DGRAM_DETAIL_ABI_3 0
#endif
#if defined(ASIO_ENABLE_HANDLER_TRACKING)
#define DGRAM_DETAIL_ABI_4 1
#else
#define DGRAM_DETAIL_ABI_4 0
#endif
#if defined(ASIO_HAS_THREADS)
#define DGRAM_DETAIL_ABI_5 0
#else
#define DGRAM_DETAIL_ABI_5 1
#endif
#if defined(ASIO_HAS_IO_URING_AS_DEFAULT)
#define DGRAM_DETAIL_ABI_6 1
#else
#define DGRAM_DETAIL_ABI_6 0
#endif
#if defined(ASIO_NO_TYPEID)
#define DGRAM_DETAIL_ABI_7 1
#else
#define DGRAM_DETAIL_ABI_7 0
#endif
// A setting of ours.
#if defined(DGRAM_HAS_FAST_AWAITABLE)
#define DGRAM_DETAIL_ABI_8 1
#else
#define DGRAM_DETAIL_ABI_8 0
#endif

#define DGRAM_DETAIL_PASTE_SAME_(asio, a, b, c, d, e, f, g, h) \
  v0_1_asio_##asio##_##a##b##c##d##e##f##g##h
#define DGRAM_DETAIL_PASTE_SAME(asio, a, b, c, d, e, f, g, h) \
  DGRAM_DETAIL_PASTE_SAME_(asio, a, b, c, d, e, f, g, h)
#define DGRAM_DETAIL_PASTE_MIXED_(built, used) \
  dgram_was_built_with_asio_##built##_but_this_program_uses_asio_##used
#define DGRAM_DETAIL_PASTE_MIXED(built, used) DGRAM_DETAIL_PASTE_MIXED_(built, used)

#if DGRAM_BUILT_ASIO_VERSION == ASIO_VERSION
#define DGRAM_DETAIL_ABI                      \
  DGRAM_DETAIL_PASTE_SAME(ASIO_VERSION,       \
                          DGRAM_DETAIL_ABI_1, \
                          DGRAM_DETAIL_ABI_2, \
                          DGRAM_DETAIL_ABI_3, \
                          DGRAM_DETAIL_ABI_4, \
                          DGRAM_DETAIL_ABI_5, \
                          DGRAM_DETAIL_ABI_6, \
                          DGRAM_DETAIL_ABI_7, \
                          DGRAM_DETAIL_ABI_8)
#else
#define DGRAM_DETAIL_ABI DGRAM_DETAIL_PASTE_MIXED(DGRAM_BUILT_ASIO_VERSION, ASIO_VERSION)
#endif
