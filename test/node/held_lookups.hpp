// Lookups of sockets under test: one that answers at once, and those that the test answers.
#pragma once

#include <cstddef>
#include <dgram/node/options.hpp>
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

/// Lookups that wait until the test answers them. To be declared behind the context: what waits
/// holds the socket.
class HeldLookups {
 public:
  dgram::node::Lookup lookup() {
    return [this](const std::string& host, int, dgram::node::LookupCallback done) {
      held_.push_back({host, std::move(done)});
    };
  }
  std::size_t count() const noexcept { return held_.size(); }
  const std::string& host(std::size_t n) const { return held_.at(n).host; }

  void find(std::size_t n, std::string_view address) { held_.at(n).done(nullptr, address); }
  void fail(std::size_t n, std::string message) {
    const dgram::node::Error failure = plain_error(std::move(message));
    held_.at(n).done(&failure, {});
  }

 private:
  struct Held {
    std::string host;
    dgram::node::LookupCallback done;
  };
  std::vector<Held> held_;
};

}  // namespace test
