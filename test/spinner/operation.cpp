#include "spinner/operation.hpp"

#include "spinner/fail.hpp"
#include "spinner/failing_new.hpp"
#include "spinner/seat.hpp"

namespace spinner {

Operation::Operation(Seat& s, std::string_view w)
    : seat(s), step(s.step()), what(w), account(s.account()), line(s.line()) {
  seat.began(*this);
}

Operation::~Operation() {
  if (!done_ && !seat.world().is_ending()) fail(name() + " is gone and has never completed");
}

std::string Operation::name() const {
  return std::string(what) + " of step " + std::to_string(step) + " on " + seat.name();
}

void Operation::completed() {
  FailingNew::end_early();
  if (done_.exchange(true)) fail(name() + " has completed twice");
  if (!seat.home().is_here()) fail(name() + " has completed elsewhere");
  if (inside_) fail(name() + " has completed inside the call that started it");
  end();
}

void Operation::dropped() {
  if (done_.exchange(true)) fail(name() + " was dropped after it had completed");
  if (seat.world().is_ending()) return;
  if (!initiating_) fail(name() + " was dropped without a call of its handler");
  dropped_ = true;
  end();
}

void Operation::end() {
  seat.ended(*this);
}

}  // namespace spinner
