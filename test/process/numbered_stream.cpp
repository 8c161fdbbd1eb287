#include "numbered_stream.hpp"

#include <algorithm>
#include <array>
#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>
#include <charconv>
#include <string_view>

#include "support/loopback.hpp"
#include "support/options.hpp"

namespace test {

NumberedStream::NumberedStream(asio::io_context& io, int per_second, std::size_t most)
    : socket_(bound(io, roomy())), per_second_(per_second), seen_(most) {}

asio::awaitable<void> NumberedStream::send() {
  using namespace std::chrono_literals;
  // What a late tick may make up for: more would be a burst and no stream.
  constexpr std::size_t most_at_once = 100;
  asio::steady_timer timer(socket_.get_executor());
  const auto began = std::chrono::steady_clock::now();
  auto tick = began;
  double due = 0;
  while (!stopped_ && sent_ < seen_.size()) {
    tick += 1ms;
    timer.expires_at(tick);
    co_await timer.async_wait(asio::use_awaitable);
    due = std::min(due + per_second_ / 1000.0, static_cast<double>(most_at_once));
    for (; due >= 1 && sent_ < seen_.size(); --due) {
      std::error_code ec;
      if (!socket_.try_send(std::to_string(sent_), to_, ec)) break;  // no room now
      ++sent_;
    }
  }
  elapsed_ = std::chrono::steady_clock::now() - began;
}

asio::awaitable<void> NumberedStream::receive() {
  std::array<dgram::Datagram, 64> batch;
  last_answer_ = std::chrono::steady_clock::now();
  for (;;) {
    std::error_code ec;
    auto token = asio::redirect_error(asio::use_awaitable, ec);
    const std::size_t received = co_await socket_.async_recv_many(batch, token);
    if (ec == asio::error::bad_descriptor || ec == asio::error::operation_aborted) co_return;
    for (dgram::Datagram& each : std::span(batch).first(received)) tick_off(each);
    const auto now = std::chrono::steady_clock::now();
    silence_ = std::max(silence_, now - last_answer_);
    last_answer_ = now;
  }
}

void NumberedStream::tick_off(const dgram::Datagram& datagram) {
  const std::string_view text = datagram.text();
  std::size_t number = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failed != std::errc() || end != text.data() + text.size()) {
    ++foreign_;
    return;
  }
  if (number >= sent_)
    ++foreign_;
  else if (seen_[number]++ == 0)
    ++answered_;
  else
    ++doubled_;
}

}  // namespace test
