// dgram: UDP for C++20 coroutines on standalone Asio.
#pragma once

#include <dgram/batch.hpp>
#include <dgram/config.hpp>
#include <dgram/datagram.hpp>
#include <dgram/endpoint.hpp>
#include <dgram/error.hpp>
#include <dgram/lookup.hpp>
#include <dgram/options.hpp>
#include <dgram/payload.hpp>
#include <dgram/socket.hpp>
#include <dgram/stats.hpp>
