// The option that says where the real Node is.
#pragma once

#include <cstdlib>
#include <string>

#include "program.hpp"

namespace bench {

/// @param executable Empty after the program's parse() where neither the option nor the
/// environment says one. Must live until then.
inline void add_node_option(Program& program, std::string& executable) {
  if (const char* const path = std::getenv("DGRAM_BENCH_NODE")) executable = path;
  program.add_option("--node", executable, "Node's executable [$DGRAM_BENCH_NODE]");
}

}  // namespace bench
