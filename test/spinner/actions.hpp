// The actions that a run chooses from. A module's actions are a file of their own, with one
// function that lists them; all_actions() puts the lists together.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "spinner/draw.hpp"

namespace spinner {

class Seat;

/// What a step does, at the home of its seat.
using Deed = std::function<void(Seat&)>;

struct Action {
  unsigned weight;
  /// Draws what the step will do, says it in words, and does nothing yet.
  Deed (*plan)(Draw& draw);
};

using Actions = std::vector<Action>;

Actions receiving_actions();
Actions sending_actions();
Actions life_actions();
Actions name_actions();
Actions setting_actions();
Actions group_actions();
Actions fault_actions();
Actions value_actions();
Actions node_actions();
Actions node_use_actions();
Actions cluster_actions();
Actions process_actions();
Actions scale_actions();
Actions check_actions();

const Actions& all_actions();

/// A step: a pure function of the seed and its number.
struct Step {
  std::size_t seat;
  Deed deed;
};
/// @param words Where it is described; may be nullptr.
Step plan(std::uint64_t seed, std::uint64_t number, std::string* words);

}  // namespace spinner
