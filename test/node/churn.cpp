#include "churn.hpp"

#include <asio/co_spawn.hpp>
#include <asio/post.hpp>
#include <dgram/node/next_tick.hpp>
#include <utility>

namespace test {

namespace event = dgram::node::event;
using dgram::node::Error;
using dgram::node::LookupCallback;

Subject::Subject(Round& round, Way way) : round_(round), way_(way) {
  dgram::node::SocketOptions options;
  options.type = "udp4";
  options.signal = stop_.get_token();
  options.lookup = [this, held = round.held](const std::string& host, int, LookupCallback done) {
    look_up(host, std::move(done));
  };
  socket_ = dgram::node::create_socket(round.io, options);
  if (way == Way::stop_elsewhere) round.stopped_elsewhere.push_back(stop_);
  watch();
}

void Subject::watch() {
  // The handle is there to make a circle of it.
  const auto hear = [this, handle = *socket_, held = round_.held](auto&&...) {
    ++calls_;
    late_ += closed_ != 0;
  };
  socket_->on(event::message, hear);
  socket_->on(event::listening, hear);
  socket_->on(event::connect, hear);
  socket_->on(event::error, hear);
  socket_->on(event::close, [this, handle = *socket_, held = round_.held] {
    ++calls_;
    ++closed_;
  });
}

void Subject::look_up(const std::string& host, LookupCallback done) {
  asio::io_context& io = round_.io;
  if (host == "never") {
    round_.unanswered.push_back(std::move(done));
  } else if (host == "later") {
    asio::post(io, [&io, done = std::move(done)] {
      asio::post(io, [done] { done(nullptr, "127.0.0.1"); });
    });
  } else if (host == "at once") {
    done(nullptr, "127.0.0.1");
  } else {
    dgram::node::next_tick(io, [host, done = std::move(done)] { done(nullptr, host); });
  }
}

// ---- close

void Subject::finish() {
  if (std::exchange(finished_, true)) return;
  switch (way_) {
    case Way::twice:
      close();
      close();
      break;
    case Way::close:
      close();
      break;
    case Way::stop:
      stop_.request_stop();
      break;
    case Way::dispose:
      dispose();
      break;
    case Way::stop_elsewhere:
    case Way::never:
      break;
  }
}

void Subject::finish_again() {
  close();
  stop_.request_stop();
  dispose();
}

void Subject::close() {
  try {
    socket_->close(counted(exactly_));
  } catch (const Error&) {
    // "Not running". Where the event has come already, it is too late for a callback.
    if (closed_ != 0) exactly_.pop_back();
  }
}

void Subject::dispose() {
  asio::co_spawn(round_.io,
                 socket_->async_dispose(),
                 [this, count = counted(exactly_)](std::exception_ptr failure) {
                   count();
                   if (failure) ++late_;
                 });
}

// ---- callbacks

std::function<void()> Subject::counted(Counts& counts) {
  return [this, &count = counts.emplace_back(), held = round_.held] {
    ++count;
    ++calls_;
  };
}

dgram::node::SendCallback Subject::sent() {
  return [count = counted(exactly_)](const Error*, std::size_t) { count(); };
}

// Closed before it is done, a connect tells nobody.
dgram::node::ConnectCallback Subject::connected() {
  return [count = counted(at_most_)](const Error*) { count(); };
}

dgram::node::Callback Subject::bound() {
  return counted(at_most_);
}

// ---- what became of it

std::size_t Subject::listeners() const {
  return socket_->listener_count(event::message) + socket_->listener_count(event::listening) +
         socket_->listener_count(event::connect) + socket_->listener_count(event::error) +
         socket_->listener_count(event::close);
}

std::string Subject::fault() const {
  if (closed_ != 1) return "close was emitted " + std::to_string(closed_) + " times";
  if (late_ != 0) return std::to_string(late_) + " events behind close";
  for (const std::size_t calls : exactly_)
    if (calls != 1) return "a callback was called " + std::to_string(calls) + " times";
  for (const std::size_t calls : at_most_)
    if (calls > 1) return "what may be called once was called " + std::to_string(calls) + " times";
  if (listeners() != 0) return std::to_string(listeners()) + " listeners are left";
  return {};
}

}  // namespace test
