// Whether runs of datagrams arrive at a host, and from it.
#pragma once

#include <dgram/check/path_check.hpp>
