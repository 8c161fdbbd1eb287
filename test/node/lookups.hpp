// Lookups that wait until the test answers them.
#pragma once

#include <dgram/node/options.hpp>
#include <string>
#include <utility>
#include <vector>

#include "trace.hpp"

namespace test {

/// Lives as long as the sockets that ask it, and less long than their context.
class Lookups {
 public:
  dgram::node::Lookup lookup() {
    return [this](const std::string& host, int, dgram::node::LookupCallback done) {
      waiting_.push_back({host, std::move(done)});
    };
  }
  dgram::node::SocketOptions options() { return udp4_with_lookup(lookup()); }

  std::size_t count() const noexcept { return waiting_.size(); }

  /// All that wait: with the name itself, which has to be an address.
  void answer() {
    for (const auto& [host, done] : std::exchange(waiting_, {})) done(nullptr, host);
  }
  /// All that wait: with an address.
  void answer(std::string_view address) {
    for (const auto& [host, done] : std::exchange(waiting_, {})) done(nullptr, address);
  }
  /// All that wait: with ENOTFOUND.
  void fail() {
    for (const auto& [host, done] : std::exchange(waiting_, {})) {
      const dgram::node::Error failure = not_found(host);
      done(&failure, {});
    }
  }

 private:
  std::vector<std::pair<std::string, dgram::node::LookupCallback>> waiting_;
};

}  // namespace test
