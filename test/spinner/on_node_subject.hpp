// A step that is done with one of Node's sockets, and a call that may throw a node::Error.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <utility>

#include "spinner/actions.hpp"
#include "spinner/fail.hpp"
#include "spinner/node_part.hpp"
#include "spinner/reached.hpp"
#include "spinner/seat.hpp"

namespace spinner::nodes {

namespace node = dgram::node;
using node::Socket;

inline constexpr std::array hosts{
    "", "", "127.0.0.1", "::1", "here.test", "held.test", "held.unknown", "unknown.test"};

using OnSubject = std::function<void(NodePart&, const NodeSubjectPtr&)>;

/// Draws a socket, which is made where there is none, and does something with it on the stage.
Deed on_subject(Draw& draw, OnSubject deed);

/// What a call must leave as it is when it throws.
struct NodeLook {
  bool is_open, is_bound, is_connected;
  bool operator==(const NodeLook&) const = default;
};
NodeLook look(Socket& socket);

/// Says what Node's errors say.
void check_error(node::Error& error);

/// Calls what throws a node::Error or nothing, and changes nothing then. True: it has not thrown.
/// @param may_bind A bind that went before what has failed stays.
template <class Call>
bool attempt(const NodeSubjectPtr& subject, const char* what, Call call, bool may_bind = false) {
  const NodeLook before = look(subject->get());
  try {
    call(subject->get());
    if (!before.is_open) fail(subject->name() + " is closed, and does " + what);
    return true;
  } catch (node::Error& error) {
    check_error(error);
    NodeLook after = look(subject->get());
    if (may_bind) after.is_bound = before.is_bound;
    if (!subject->stop.stop_requested() && after != before)
      fail(subject->name() + " throws " + error.code() + ", and is another one: " + what);
    return false;
  }
}

}  // namespace spinner::nodes
