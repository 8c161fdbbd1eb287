#include "spinner/on_node_subject.hpp"

namespace spinner::nodes {

Deed on_subject(Draw& draw, OnSubject deed) {
  const std::size_t place = draw.below(NodePart::places_count);
  const bool inside = draw.one_in(2);
  draw.say(" of node socket ", place, inside ? ", in a handler" : "");
  return [place, inside, deed = std::move(deed)](Seat& seat) {
    NodePart& part = seat.world().part<NodePart>();
    part.stage().act(
        [&part, place, deed] {
          NodeSubjectPtr& subject = part.place(place);
          if (!subject) {
            node::SocketOptions options;
            options.type = place % 4 == 3 ? "udp6" : "udp4";
            subject = part.make(std::move(options), place % 2 == 0);
          }
          deed(part, NodeSubjectPtr(subject));
        },
        inside);
  };
}

NodeLook look(Socket& socket) {
  return {CALL(node::Socket, socket, is_open),
          CALL(node::Socket, socket, is_bound),
          CALL(node::Socket, socket, is_connected)};
}

void check_error(node::Error& error) {
  const std::string& code = CALL(node::Error, error, code);
  if (code.empty() || CALL(node::Error, error, name).empty() ||
      CALL(node::Error, error, message) != CALL(node::Error, error, what))
    fail("an error says nothing, or two things: " + error.message());
  // Those of the system have a number, and what it was asked for.
  const bool is_of_system = !CALL(node::Error, error, syscall).empty();
  if (code.starts_with("ERR_") && code != "ERR_SOCKET_BUFFER_SIZE" && is_of_system)
    fail("an error of Node's own is the system's: " + error.message());
  if (CALL(node::Error, error, number) > 0) fail("a number of an error is not negative");
  if (CALL(node::Error, error, port) < -1) fail("an error has a port that is none");
  const bool has_address = !CALL(node::Error, error, address).empty();
  if (!CALL(node::Error, error, hostname).empty() && has_address)
    fail("an error of a lookup has an address: " + error.message());
}

}  // namespace spinner::nodes
