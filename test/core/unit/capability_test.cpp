// Capabilities as texts, and finding one by its name.
#include <asio/error.hpp>
#include <dgram/capability.hpp>
#include <support/catch2.hpp>

namespace unit_capability_test {

using dgram::Capability;
using State = dgram::Capability::State;

namespace {

Capability capability(std::string_view name, State state, int value = 0, std::error_code why = {}) {
  Capability result;
  result.name = name;
  result.state = state;
  result.value = value;
  result.why = why;
  return result;
}

}  // namespace

TEST_CASE("a capability says its state, and why it is not granted", "[unit][capabilities]") {
  CHECK(to_string(capability("receive_ecn", State::granted, 1)) == "receive_ecn: granted");
  CHECK(to_string(capability("recv_buffer_size", State::granted, 100000)) ==
        "recv_buffer_size: granted 100000");
  CHECK(to_string(
            capability("recv_buffer_size", State::reduced, 425984, asio::error::no_permission)) ==
        "recv_buffer_size: reduced to 425984 (Operation not permitted)");
  CHECK(to_string(
            capability("receive_ecn", State::refused, 0, asio::error::operation_not_supported)) ==
        "receive_ecn: refused (Operation not supported)");
  CHECK(to_string(capability("gso", State::reduced, 0, asio::error::operation_not_supported)) ==
        "gso: reduced (Operation not supported)");
  CHECK(to_string(capability("reuse_port", State::not_asked)) == "reuse_port: not asked for");
}

TEST_CASE("a capability is not asked for until somebody says more", "[unit][capabilities]") {
  const Capability none;
  CHECK(none.state == State::not_asked);
  CHECK(none.value == 0);
  CHECK(!none.why);
}

TEST_CASE("a capability is found by its whole name, else none is", "[unit][capabilities]") {
  const std::vector<Capability> list = {capability("reuse_port", State::granted, 1),
                                        capability("reuse_address", State::not_asked)};
  CHECK(dgram::find(list, "reuse_port") == &list[0]);
  CHECK(dgram::find(list, "reuse_address") == &list[1]);
  CHECK(dgram::find(list, "reuse") == nullptr);
  CHECK(dgram::find(list, "") == nullptr);
  CHECK(dgram::find({}, "reuse_port") == nullptr);
}

}  // namespace unit_capability_test
