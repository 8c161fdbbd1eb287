// Node's benchmark programs on the real Node.
#include "node_programs.hpp"

#include "node_executable.hpp"

namespace bench::node {

namespace {

/// As programs.js calls it.
const char* name_of(NodeProgram::Kind kind) {
  using Kind = NodeProgram::Kind;
  switch (kind) {
    case Kind::single_buffer:
      return "single-buffer";
    case Kind::offset_length:
      return "offset-length";
    case Kind::multi_buffer:
      return "multi-buffer";
    case Kind::array:
      return "array";
    case Kind::concat:
      return "concat";
    case Kind::bind_calls:
      return "bind-calls";
    case Kind::bind_listening:
      return "bind-listening";
  }
  return "";
}

}  // namespace

NodePlatform platform(const std::string& executable) {
  if (const std::string why = why_missing(executable); !why.empty()) return {"node", {}, why};
  return {"node", [executable](const NodeProgram& program, const ToParent& parent) {
            hand_on(parent.descriptor());
            become(executable,
                   "programs.js",
                   {std::to_string(parent.descriptor()),
                    name_of(program.kind),
                    std::to_string(program.length),
                    std::to_string(program.pieces),
                    std::to_string(program.with_port),
                    std::to_string(program.with_address),
                    std::to_string(program.sockets),
                    std::to_string(program.seconds)});
          }};
}

}  // namespace bench::node
