// What an operator has switched off for this process: DGRAM_DISABLE=gso,gro,mmsg.
#pragma once

#include <dgram/config.hpp>
#include <string>

DGRAM_BEGIN_NAMESPACE
namespace detail {

struct Disabled {
  bool gso = false;     ///< No run of datagrams in one call.
  bool gro = false;     ///< No train of datagrams in one slot.
  bool mmsg = false;    ///< No recvmmsg, no sendmmsg.
  std::string unknown;  ///< Words that mean nothing here, with commas between them.
};

/// @param words As in the variable: words with commas between them; nullptr for none.
Disabled parse_disabled(const char* words);

/// Read from the environment when it is asked for first.
const Disabled& disabled();

}  // namespace detail
DGRAM_END_NAMESPACE
