// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0

#include "shard.hpp"

#include <algorithm>
#include <asio/co_spawn.hpp>
#include <asio/error.hpp>

#include "../core/kernel/descriptor.hpp"

DGRAM_BEGIN_NAMESPACE

namespace {

asio::io_context& prepared(asio::io_context& context,
                           const std::function<void(asio::io_context&)>& prepare) {
  if (prepare) prepare(context);
  return context;
}

/// True for the errors with which a loop of receives ends when it is asked to end.
bool is_end_of_receiving(const std::exception_ptr& failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const std::system_error& e) {
    return e.code() == asio::error::eof || e.code() == asio::error::operation_aborted;
  } catch (...) {
    return false;
  }
}

constexpr int held_at_most = 4096;  // a full batch: 64 trains of 64 datagrams

/// Takes out and drops the datagrams that are there, and pending errors of the socket. Returns the
/// number of datagrams.
std::uint64_t drop_from(Socket& socket, int at_most) {
  std::uint64_t count = 0;
  for (int i = 0; i < at_most; ++i) {
    std::error_code ec;
    if (socket.try_recv(ec)) ++count;
    if (ec == asio::error::would_block || ec == asio::error::eof ||
        ec == asio::error::bad_descriptor)
      break;
  }
  return count;
}

asio::awaitable<void> serve(const ShardService& service, Shard& shard) {
  co_await service(shard);
}

}  // namespace

Shard::Shard(std::size_t index,
             const SocketOptions& options,
             const std::function<void(asio::io_context&)>& prepare)
    : index_(index), socket_(prepared(context_, prepare), options) {}

namespace detail {

RunningShard::RunningShard(std::size_t index, const ShardGroupOptions& options, ShardHost& host)
    : Shard(index, options.socket, options.prepare),
      host_(host),
      options_(options.socket),
      work_(context_.get_executor()),
      look_again_(context_),
      give_up_(context_) {}

RunningShard::~RunningShard() {
  end_thread();
}

// ---- the thread

void RunningShard::start_thread() {
  thread_ = std::thread(&RunningShard::run, this);
}

void RunningShard::run() {
  running_here = this;
  const auto keep_on = [this](const auto& run) {
    for (;;) {
      try {
        return run();
      } catch (...) {
        host_.handler_failed(std::current_exception());
      }
    }
  };
  keep_on([this] { context_.run(); });
  if (is_given_up_) return;
  context_.restart();
  keep_on([this] { context_.run_until(latest_); });
}

void RunningShard::end_thread() noexcept {
  if (!thread_.joinable()) return;
  post_in(leave_memory, context_, [this] {
    is_leaving_ = true;
    look_again_.cancel();
    give_up_.cancel();
    work_.reset();
    context_.stop();
  });
  thread_.join();
}

// ---- the service

// Spawned without a cancellation slot: with one, each datagram would take the way through the
// scheduler, so that a race loses none. A service is ended by the end of receiving instead.
void RunningShard::begin() {
  if (is_serving_) return;  // restart() came before the begin() that ended() has posted
  is_serving_ = !is_stopping_;
  if (!is_serving_) return ended(nullptr);
  host_.begun(*this);
  asio::co_spawn(context_, serve(host_.service(), *this), [this](std::exception_ptr failure) {
    ended(std::move(failure));
  });
}

void RunningShard::ended(std::exception_ptr failure) {
  if (is_given_up_) return;
  is_serving_ = false;
  give_up_.cancel();
  const bool was_asked = is_stopping_ || is_restarting_;
  if (failure && was_asked && is_end_of_receiving(failure)) failure = nullptr;
  const bool is_restarting = std::exchange(is_restarting_, false) && !is_stopping_;
  try {
    if (is_restarting) renew_socket();
  } catch (...) {
    failure = std::current_exception();
  }
  // Posted, because a service that throws at once would otherwise begin inside its own end.
  if (host_.begins_anew(*this, std::move(failure), is_restarting))
    asio::post(context_, [this] { begin(); });
}

void RunningShard::drain(int quiet, Clock::time_point latest) {
  if (is_stopping_) return;
  quiet_ = quiet;
  latest_ = latest;
  look(quiet);
}

void RunningShard::look(int quiet_left) {
  if (is_stopping_) return;
  const bool something_waits =
      is_serving_ && (socket_.stats().held != 0 || is_readable(socket_.native_handle()));
  const int left = something_waits ? quiet_ : quiet_left - 1;
  if (left <= 0 || !is_serving_ || Clock::now() >= latest_) return stop_receiving();
  look_again_.expires_after(std::chrono::milliseconds(1));
  look_again_.async_wait([this, left](const std::error_code& ec) {
    if (!ec) look(left);
  });
}

void RunningShard::stop_receiving() {
  constexpr auto grace = std::chrono::seconds(1);
  is_stopping_ = true;
  socket_.stop_receiving();
  if (is_serving_) give_up_at(std::max(latest_, Clock::now() + grace));
}

void RunningShard::give_up_at(Clock::time_point time) {
  give_up_.expires_at(time);
  give_up_.async_wait([this](const std::error_code& ec) {
    if (ec || !is_serving_) return;
    ended(nullptr);
    is_given_up_ = true;  // ended() ignores the service if it ends later
  });
}

void RunningShard::stop() {
  latest_ = Clock::time_point::min();
  stop_receiving();
  socket_.cancel();
  if (is_leaving_) context_.stop();
}

// At most one stop is posted at a time, so there is always memory for it.
void RunningShard::post_stop() noexcept {
  if (is_stop_posted_.exchange(true)) return;
  post_in(stop_memory, context_, [this] {
    is_stop_posted_ = false;
    stop();
  });
}

void RunningShard::restart() {
  if (!is_serving_) return begin();
  is_restarting_ = true;
  socket_.stop_receiving();
}

// ---- the socket

// Makes a new socket on the same descriptor, because a socket that has stopped receiving cannot
// start again.
void RunningShard::renew_socket() {
  const NativeHandle handle = release();
  std::error_code ec;
  socket_.adopt(handle, ec);
  past_.kernel_drops = 0;  // the kernel's counter stays with the descriptor
  if (!ec) return;
  close_descriptor(handle);
  throw Error(ec, "restart");
}

NativeHandle RunningShard::release() {
  socket_.stop_receiving();
  past_.discarded_at_close += drop_from(socket_, held_at_most);
  past_ += socket_.stats();
  past_.pinned_bytes = past_.pooled_bytes = 0;
  std::error_code ec;
  const NativeHandle handle = socket_.release(ec);
  socket_ = Socket(context_, options_);
  return handle;
}

Stats RunningShard::stats() const {
  Stats sum = past_;
  sum += socket_.stats();
  return sum;
}

std::uint64_t drop_queued(NativeHandle handle) {
  constexpr int most = 65536;  // bounded, because more may come while the port is shared
  asio::io_context context(1);
  Socket socket(context);
  std::error_code ec;
  socket.adopt(handle, ec);
  if (ec) return 0;
  std::uint64_t count = drop_from(socket, most);
  socket.stop_receiving();
  count += drop_from(socket, held_at_most);
  socket.release(ec);
  return count;
}

}  // namespace detail
DGRAM_END_NAMESPACE
