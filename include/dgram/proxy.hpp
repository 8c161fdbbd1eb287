// PROXY headers: who a datagram behind a balancer really comes from.
#pragma once

#include <dgram/proxy/proxy_protocol.hpp>
