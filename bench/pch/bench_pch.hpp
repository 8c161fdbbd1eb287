// What most benchmarks include anyway, parsed once.
#include <algorithm>
#include <asio/awaitable.hpp>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/udp.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>
#include <chrono>
#include <cstdio>
#include <dgram/dgram.hpp>
#include <dgram/node/socket.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>
