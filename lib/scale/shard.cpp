#include "shard.hpp"

#include <asio/bind_cancellation_slot.hpp>
#include <asio/co_spawn.hpp>
#include <asio/error.hpp>

#include "../channel/kernel/descriptor.hpp"

DGRAM_BEGIN_NAMESPACE

namespace {

asio::io_context& prepared(asio::io_context& context,
                           const std::function<void(asio::io_context&)>& prepare) {
  if (prepare) prepare(context);
  return context;
}

/// How a loop of receives ends that is asked to end.
bool is_end_of_receiving(const std::exception_ptr& failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const std::system_error& e) {
    return e.code() == asio::error::eof || e.code() == asio::error::operation_aborted;
  } catch (...) {
    return false;
  }
}

constexpr int held_at_most = 4096;  // a batch of 64, each a train of 64

/// Takes out what is there; pending errors of the socket go as well.
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
      work_(context_.get_executor()),
      look_again_(context_) {}

RunningShard::~RunningShard() {
  end_thread();
}

void RunningShard::start_thread() {
  thread_ = std::thread(&RunningShard::run, this);
}

void RunningShard::end_thread() {
  context_.stop();
  if (thread_.joinable()) thread_.join();
}

void RunningShard::run() {
  for (;;) {
    try {
      context_.run();
      return;
    } catch (...) {
      host_.handler_failed(std::current_exception());
    }
  }
}

void RunningShard::begin() {
  is_serving_ = !is_stopping_;
  if (!is_serving_) return ended(nullptr);
  host_.begun(*this);
  asio::co_spawn(
      context_,
      serve(host_.service(), *this),
      asio::bind_cancellation_slot(
          cancelled_.slot(), [this](std::exception_ptr failure) { ended(std::move(failure)); }));
}

void RunningShard::ended(std::exception_ptr failure) {
  is_serving_ = false;
  const bool was_asked = is_stopping_ || is_restarting_;
  if (failure && was_asked && is_end_of_receiving(failure)) failure = nullptr;
  const bool is_restarting = std::exchange(is_restarting_, false) && !is_stopping_;
  // Posted: a service that throws at once would else begin inside itself.
  if (host_.begins_anew(*this, std::move(failure), is_restarting))
    asio::post(context_, [this] { begin(); });
}

void RunningShard::drain(int quiet, std::chrono::steady_clock::time_point latest) {
  quiet_ = quiet;
  latest_ = latest;
  look(quiet);
}

void RunningShard::look(int quiet_left) {
  if (is_stopping_) return;
  if (!is_serving_) return stop_receiving();
  const bool something_waits = socket_.stats().held != 0 || is_readable(socket_.native_handle());
  const int left = something_waits ? quiet_ : quiet_left - 1;
  if (left <= 0 || std::chrono::steady_clock::now() >= latest_) return stop_receiving();
  look_again_.expires_after(std::chrono::milliseconds(1));
  look_again_.async_wait([this, left](const std::error_code& ec) {
    if (!ec) look(left);
  });
}

void RunningShard::stop_receiving() {
  is_stopping_ = true;
  socket_.stop_receiving();
}

void RunningShard::stop() {
  stop_receiving();
  cancelled_.emit(asio::cancellation_type::terminal);
  socket_.cancel();
}

void RunningShard::restart() {
  if (!is_serving_) return begin();
  is_restarting_ = true;
  cancelled_.emit(asio::cancellation_type::terminal);
}

std::uint64_t RunningShard::drop_held() {
  socket_.cancel();  // what the service has left behind
  socket_.stop_receiving();
  return drop_from(socket_, held_at_most);
}

std::chrono::steady_clock::time_point time_after(std::chrono::steady_clock::duration limit) {
  using Clock = std::chrono::steady_clock;
  const Clock::time_point now = Clock::now();
  return limit < Clock::time_point::max() - now ? now + limit : Clock::time_point::max();
}

// Bounded: where the port is still shared, more may come.
std::uint64_t drop_queued(NativeHandle handle) {
  constexpr int most = 65536;
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
