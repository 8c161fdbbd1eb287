// Lookups of sockets under test: one that answers at once, and those that the test answers.
#pragma once

#include <cstddef>
#include <dgram/node/options.hpp>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "trace.hpp"

namespace test {

/// Finds every name inside the call: each is its own address.
inline dgram::node::Lookup finds_at_once() {
  return [](const std::string& host, int, const dgram::node::LookupCallback& done) {
    done(nullptr, host);
  };
}

/// Lookups that wait until the test answers them: one by one, or all at once. To be declared behind
/// the context: what waits holds the socket.
class HeldLookups {
 public:
  dgram::node::Lookup lookup() {
    return [this](const std::string& host, int, dgram::node::LookupCallback done) {
      held_.push_back({host, std::move(done)});
    };
  }
  dgram::node::SocketOptions options() { return udp4_with_lookup(lookup()); }

  // ---- one by one, in any order, also again

  std::size_t count() const noexcept { return held_.size(); }
  const std::string& host(std::size_t n) const { return held_.at(n).host; }

  void find(std::size_t n, std::string_view address) { held_.at(n).done(nullptr, address); }
  void fail(std::size_t n, std::string message) {
    const dgram::node::Error failure = plain_error(std::move(message));
    held_.at(n).done(&failure, {});
  }

  // ---- all that wait; nothing is held for them any more

  std::size_t waiting() const noexcept { return held_.size() - answered_; }

  /// With the name itself, which has to be an address.
  void answer() {
    end_all([](const Held& held) { held.done(nullptr, held.host); });
  }
  void answer(std::string_view address) {
    end_all([address](const Held& held) { held.done(nullptr, address); });
  }
  /// With ENOTFOUND.
  void fail() {
    end_all([](const Held& held) {
      const dgram::node::Error failure = not_found(held.host);
      held.done(&failure, {});
    });
  }

 private:
  struct Held {
    std::string host;
    dgram::node::LookupCallback done;
  };

  /// Those that an answer leads to wait on.
  void end_all(const std::function<void(const Held&)>& end) {
    const std::size_t first = std::exchange(answered_, held_.size());
    for (std::size_t n = first, last = answered_; n < last; ++n)
      end({held_[n].host, std::exchange(held_[n].done, {})});
  }

  std::vector<Held> held_;
  std::size_t answered_ = 0;
};

}  // namespace test
