// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0

#include <algorithm>
#include <asio/error.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <dgram/detail/core.hpp>
#include <dgram/process/handover.hpp>
#include <optional>
#include <utility>
#include <vector>

#include "../core/socket/context.hpp"
#include "handover_path.hpp"
#include "handover_talk.hpp"
#include "handover_words.hpp"
#include "report.hpp"
#include "wait_for.hpp"

DGRAM_BEGIN_NAMESPACE

struct Handover::State {
  using Pointer = std::shared_ptr<State>;

  State(const asio::any_io_executor& e, std::string p)
      : executor(e),
        path(std::move(p)),
        lock_path(detail::lock_path_of(path)),
        predecessor(e),
        listener(e),
        successor(e) {}

  bool serves() const noexcept { return listener.is_open(); }

  void serve_by(Descriptor&& own, std::error_code& ec) {
    listener.assign(own.get(), ec);
    if (ec) return;
    static_cast<void>(own.release());
    file = detail::file_at(path);
  }

  /// Closes this process's listener. The successor may have it by now.
  void let_go() noexcept {
    std::error_code ignored;
    listener.close(ignored);
  }

  void close() noexcept {
    std::error_code ignored;
    if (handing_over) successor.try_send(detail::withdrawn_word, {}, ignored);
    ++closings;
    successor.close();
    predecessor.close();
    inherited = Descriptor();
    if (!serves()) return;
    detail::remove_path(path, file);
    let_go();
  }

  /// Logs why the handover to a caller has failed. A caller that has just gone is not logged: it
  /// may only have checked whether a process listens here.
  void complain(const std::error_code& ec) const {
    if (ec == asio::error::broken_pipe) return;
    detail::log(executor, LogLevel::warning, detail::LogTopic::handover, [&] {
      const detail::Caller caller = detail::caller_of(successor.native_handle());
      return "handover at " + path + " to process " + std::to_string(caller.process) + " of user " +
             std::to_string(caller.user) + ": " + ec.message();
    });
  }

  /// Says why the lock could not be taken.
  std::string describe_lock(const std::error_code& ec) const {
    if (ec == asio::error::timed_out) return lock_path + ", held by another process";
    const long owner = detail::owner_of(lock_path);
    if (owner < 0) return path;  // there is no lock file: the folder is the cause
    return lock_path + ", owned by user " + std::to_string(owner);
  }

  static asio::awaitable<NamedDescriptors> take_over(Pointer self,
                                                     duration timeout,
                                                     std::error_code* error);
  static asio::awaitable<void> become_ready(Pointer self, duration timeout, std::error_code* error);
  asio::awaitable<Descriptor> lock(TimePoint until, std::error_code& ec);
  static asio::awaitable<void> await_end(Pointer self, std::error_code* error);
  static asio::awaitable<void> hand_over(Pointer self, duration patience, std::error_code* error);

  asio::any_io_executor executor;
  std::string path;
  std::string lock_path;
  Descriptor inherited;        // the predecessor's listener, while the predecessor serves
  DescriptorLink predecessor;  // from take_over() until the predecessor has gone
  std::vector<detail::Offered> offers;
  asio::posix::stream_descriptor listener;  // open while this process serves
  detail::PathFile file;                    // the file of the listener at the path
  DescriptorLink successor;  // kept: its end tells the successor that this process is done
  unsigned closings = 0;
  bool asking = false;        // take_over() or ready() is pending
  bool handing_over = false;  // handed_over() is pending
};

// In a named namespace: the classes are in the frames of coroutines, and g++ warns about that where
// all of dgram is one translation unit.
namespace detail {

/// Closes a link, however the coroutine ends, unless keep() was called.
class ClosedOnFailure {
 public:
  explicit ClosedOnFailure(DescriptorLink& link) noexcept : link_(&link) {}
  ClosedOnFailure(const ClosedOnFailure&) = delete;
  ~ClosedOnFailure() {
    if (link_) link_->close();
  }
  void keep() noexcept { link_ = nullptr; }

 private:
  DescriptorLink* link_;
};

/// A flag that is set for the lifetime of this object.
class Flagged {
 public:
  explicit Flagged(bool& flag) noexcept : flag_(flag) { flag_ = true; }
  Flagged(const Flagged&) = delete;
  ~Flagged() { flag_ = false; }

 private:
  bool& flag_;
};

}  // namespace detail

asio::awaitable<NamedDescriptors> Handover::State::take_over(Pointer self,
                                                             duration timeout,
                                                             std::error_code* error) {
  const TimePoint until = detail::deadline_after(TimePoint::clock::now(), timeout);
  NamedDescriptors sockets;
  std::error_code ec;
  if (self->serves())
    ec = asio::error::invalid_argument;
  else if (self->asking)
    ec = asio::error::already_started;
  bool asks = !ec;
  std::optional<detail::Flagged> flag;
  if (asks) flag.emplace(self->asking);
  const unsigned closings = self->closings;
  bool withdrew = false;
  while (asks) {
    self->inherited = Descriptor();
    Descriptor connection = detail::call(self->path, ec);
    if (!ec && !connection) break;
    if (!ec) {
      self->predecessor = DescriptorLink(self->executor, std::move(connection));
      detail::ClosedOnFailure link(self->predecessor);
      sockets = co_await detail::ask_for_sockets(self->predecessor, self->inherited, until, ec);
      if (!ec && self->closings != closings) ec = asio::error::operation_aborted;
      if (!ec) link.keep();
    }
    // The queue of the listener is full; or the process has ended before it answered, or keeps its
    // sockets because it is about to end. Another one may listen there soon, or nobody.
    withdrew = withdrew || ec == HandoverErrc::withdrawn;
    asks = ec == HandoverErrc::withdrawn || ec == asio::error::would_block ||
           ec == asio::error::broken_pipe;
    if (!asks) break;
    ec = asio::error::timed_out;
    asks = std::chrono::steady_clock::now() < until;
    if (!asks) break;
    ec = co_await detail::pause(until);
    if (!ec && self->closings != closings) ec = asio::error::operation_aborted;
    asks = !ec;
  }
  if (withdrew && ec == asio::error::timed_out) ec = HandoverErrc::withdrawn;
  if (ec) sockets = NamedDescriptors();
  detail::report_to(error, ec, "take_over", self->path);
  co_return sockets;
}

/// Takes the lock of the path, if that is possible in time. Other processes hold it for a few
/// system calls.
asio::awaitable<Descriptor> Handover::State::lock(TimePoint until, std::error_code& ec) {
  const unsigned closings_before = closings;
  Descriptor locked = detail::try_lock(lock_path, ec);
  while (ec == asio::error::would_block) {
    ec = asio::error::timed_out;
    if (TimePoint::clock::now() >= until) break;
    ec = co_await detail::pause(until);
    if (!ec && closings != closings_before) ec = asio::error::operation_aborted;
    if (!ec) locked = detail::try_lock(lock_path, ec);
  }
  co_return locked;
}

asio::awaitable<void> Handover::State::become_ready(Pointer self,
                                                    duration timeout,
                                                    std::error_code* error) {
  const TimePoint until = detail::deadline_after(TimePoint::clock::now(), timeout);
  std::string subject = self->path;
  std::error_code ec;
  if (self->serves()) {
    // This process serves already: no effect.
  } else if (self->asking) {
    ec = asio::error::already_started;
  } else if (!self->inherited) {
    const detail::Flagged flag(self->asking);
    const Descriptor locked = co_await self->lock(until, ec);
    if (ec && ec != asio::error::operation_aborted) {
      subject = self->describe_lock(ec);
      detail::log(self->executor, LogLevel::warning, detail::LogTopic::handover, [&] {
        return "handover at " + self->path + ": " + subject + ": " + ec.message();
      });
    }
    Descriptor made;
    if (!ec) made = detail::listen_at(self->path, ec);
    if (!ec) self->serve_by(std::move(made), ec);
  } else {
    const detail::Flagged flag(self->asking);
    detail::ClosedOnFailure link(self->predecessor);
    co_await detail::become_owner(self->predecessor, until, ec);
    Descriptor inherited = std::move(self->inherited);
    if (!ec) {
      link.keep();
      self->serve_by(std::move(inherited), ec);
    }
  }
  detail::report_to(error, ec, "ready", subject);
}

asio::awaitable<void> Handover::State::await_end(Pointer self, std::error_code* error) {
  std::error_code ec;
  if (self->inherited) ec = asio::error::invalid_argument;
  while (!ec && self->predecessor.is_open()) {
    const std::optional<DescriptorLink::Message> more = co_await self->predecessor.receive(ec);
    if (!ec && !more) self->predecessor.close();
  }
  detail::report_to(error, ec, "predecessor_gone", self->path);
}

asio::awaitable<void> Handover::State::hand_over(Pointer self,
                                                 duration patience,
                                                 std::error_code* error) {
  std::error_code ec;
  if (!self->serves())
    ec = asio::error::invalid_argument;
  else if (self->handing_over)
    ec = asio::error::already_started;
  bool waits = !ec;
  std::optional<detail::Flagged> flag;
  if (waits) flag.emplace(self->handing_over);
  while (waits) {
    ec = co_await detail::wait_for(self->listener, asio::posix::descriptor_base::wait_read);
    if (ec) break;
    Descriptor accepted = detail::accept_caller(self->listener.native_handle(), ec);
    if (ec == asio::error::would_block || ec == asio::error::connection_aborted) continue;
    if (ec) {
      self->complain(ec);  // no descriptor left, or no memory: trying again at once is no use
      ec = co_await detail::pause();
      if (!ec && !self->serves()) ec = asio::error::operation_aborted;  // close() was called
      waits = !ec;
      continue;
    }
    self->successor = DescriptorLink(self->executor, std::move(accepted));
    detail::ClosedOnFailure link(self->successor);
    co_await detail::hand_to(
        self->successor, self->listener.native_handle(), self->offers, patience, ec);
    if (!ec) {
      link.keep();
      self->let_go();
    } else if (!self->serves()) {
      ec = asio::error::operation_aborted;  // close() was called
    }
    waits = ec && ec != asio::error::operation_aborted;
    if (waits) self->complain(ec);
  }
  detail::report_to(error, ec, "handed_over", self->path);
}

// ---- the interface

Handover::Handover(const asio::any_io_executor& executor, std::string path) {
  if (const std::error_code ec = detail::check_path(path)) throw Error(ec, "handover", path);
  state_ = std::make_shared<State>(executor, std::move(path));
}

Handover::Handover(Handover&& other) noexcept = default;

Handover& Handover::operator=(Handover&& other) noexcept {
  if (this == &other) return *this;
  close();
  state_ = std::move(other.state_);
  return *this;
}

Handover::~Handover() {
  close();
}

asio::awaitable<NamedDescriptors> Handover::take_over(duration timeout) {
  return State::take_over(state_, timeout, nullptr);
}

asio::awaitable<NamedDescriptors> Handover::take_over(duration timeout, std::error_code& ec) {
  return State::take_over(state_, timeout, &ec);
}

asio::awaitable<void> Handover::ready(duration timeout) {
  return State::become_ready(state_, timeout, nullptr);
}

asio::awaitable<void> Handover::ready(duration timeout, std::error_code& ec) {
  return State::become_ready(state_, timeout, &ec);
}

asio::awaitable<void> Handover::predecessor_gone() {
  return State::await_end(state_, nullptr);
}

asio::awaitable<void> Handover::predecessor_gone(std::error_code& ec) {
  return State::await_end(state_, &ec);
}

void Handover::offer(std::string name, NativeHandle handle) {
  if (!detail::is_good_name(name)) throw Error(asio::error::invalid_argument, "offer", name);
  state_->offers.emplace_back(std::move(name), handle);
}

void Handover::withdraw(NativeHandle handle) noexcept {
  std::erase_if(state_->offers,
                [handle](const detail::Offered& each) { return each.handle == handle; });
}

asio::awaitable<void> Handover::handed_over(duration patience) {
  return State::hand_over(state_, patience, nullptr);
}

asio::awaitable<void> Handover::handed_over(duration patience, std::error_code& ec) {
  return State::hand_over(state_, patience, &ec);
}

void Handover::close() noexcept {
  if (state_) state_->close();
}

const std::string& Handover::path() const noexcept {
  return state_->path;
}

DGRAM_END_NAMESPACE
