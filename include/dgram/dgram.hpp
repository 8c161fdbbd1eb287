// dgram: UDP for C++20 coroutines on standalone Asio.
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
