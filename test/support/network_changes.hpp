// What changes in the network that this thread is in: to wait for a state of it without sleeping.
#pragma once

#include <chrono>
#include <functional>

namespace test {

/// Waits until `holds()`, looking again whenever a link, an address or a route has changed
/// (rtnetlink(7)). False when the deadline came first.
bool await_network(const std::function<bool()>& holds,
                   std::chrono::seconds limit = std::chrono::seconds(30));

}  // namespace test
