// Every source file of the library, for <dgram/src.hpp>.
#pragma once

#include "channel/channel_service.cpp"
