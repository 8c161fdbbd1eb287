// What Node's cluster does, row by row: the same scenarios that run.js plays with Node.
#include "script.hpp"
#include "support/catch2.hpp"

namespace cluster_rows_test {

#define CLUSTER_SCENARIO(scenario, promise)           \
  TEST_CASE(promise, "[node]") {                      \
    const test::Played played = test::play(scenario); \
    CHECK(played.got == played.wanted);               \
  }

// ---- who shares what
CLUSTER_SCENARIO("shared_port", "workers that bind the same share one socket of the kernel")
CLUSTER_SCENARIO("any_port", "the n-th bind to port 0 of each worker is the n-th port of all")
CLUSTER_SCENARIO("fixed_port_twice",
                 "one worker cannot bind a fixed port twice, unless both may be reused")
CLUSTER_SCENARIO("key", "another address, another port, another type is another socket")
CLUSTER_SCENARIO("name", "a name and its address are one")
CLUSTER_SCENARIO("exclusive", "an exclusive socket is the worker's own")
CLUSTER_SCENARIO("implicit", "who sends or connects without a bind has a port of its own")
CLUSTER_SCENARIO("reuse_port", "a socket with reusePort never asks the primary")
CLUSTER_SCENARIO("descriptor", "a descriptor is one of the primary's, and is shared")

// ---- what travels, and when
CLUSTER_SCENARIO("flags", "reuseAddr and ipv6Only are applied by the primary")
CLUSTER_SCENARIO("other_flags", "who asks for other flags than the others gets no other socket")
CLUSTER_SCENARIO("buffers", "the last worker that sets a buffer size wins")
CLUSTER_SCENARIO("later", "listening takes a round trip to the primary, not a tick")
CLUSTER_SCENARIO("error", "what the primary is refused is the error of the bind")
CLUSTER_SCENARIO("closed_before", "a socket that is closed before the answer holds nothing")
CLUSTER_SCENARIO("late_error", "an error that comes when the socket is closed is nobody's")
CLUSTER_SCENARIO("listening_event", "the primary hears who listens where")

// ---- one socket of the kernel
CLUSTER_SCENARIO("membership", "a shared socket is a member once, and the second worker is told so")
CLUSTER_SCENARIO("connect", "a shared socket has the peer that the first worker gives it")
CLUSTER_SCENARIO("connected_before",
                 "who comes to a shared socket that has a peer cannot give it another one")
CLUSTER_SCENARIO("connect_ipv6", "a shared IPv6 socket can be connected")

// ---- the end of a worker
CLUSTER_SCENARIO("last_worker", "the last worker that closes a shared socket takes it along")
CLUSTER_SCENARIO("death", "a worker that dies leaves the others what they share")
CLUSTER_SCENARIO("disconnect", "a worker that is disconnected closes what it shares, and ends")
CLUSTER_SCENARIO("leave", "a worker may disconnect by itself")
CLUSTER_SCENARIO("exclusive_stays", "exclusive sockets outlive the disconnect, and keep the worker")

}  // namespace cluster_rows_test
