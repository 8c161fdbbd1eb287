#include "spinner/actions.hpp"

#include "spinner/world.hpp"

namespace spinner {

const Actions& all_actions() {
  static const Actions all = [] {
    Actions actions;
    for (const Actions& some : {receiving_actions(),
                                sending_actions(),
                                life_actions(),
                                name_actions(),
                                setting_actions(),
                                group_actions(),
                                fault_actions(),
                                value_actions(),
                                node_actions(),
                                node_use_actions(),
                                cluster_actions(),
                                process_actions(),
                                scale_actions(),
                                check_actions()})
      actions.insert(actions.end(), some.begin(), some.end());
    return actions;
  }();
  return all;
}

Step plan(std::uint64_t seed, std::uint64_t number, std::string* words) {
  static const unsigned total = [] {
    unsigned sum = 0;
    for (const Action& action : all_actions()) sum += action.weight;
    return sum;
  }();
  Draw draw(seed, number, words);
  Step step{draw.below(World::seats_count), {}};
  draw.say("socket ", step.seat, ": ");
  std::size_t choice = draw.below(total);
  for (const Action& action : all_actions()) {
    if (choice < action.weight) {
      step.deed = action.plan(draw);
      return step;
    }
    choice -= action.weight;
  }
  return step;
}

}  // namespace spinner
