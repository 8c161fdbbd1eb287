// What every benchmark program shares: its command line, and the JSON lines that it prints.
//
// A program answers one question. It measures *contenders* (ways to do the same work) in *cases*
// (sizes, numbers of sockets …). In each round every contender has its turn, in an order that
// rotates, so that what the machine does meanwhile hits all of them; only the ratios inside a round
// mean anything. Each turn is a line:
//
//   {"question":"backlog","case":"1200","contender":"recv","round":3,"metric":"ns_per_datagram","value":866.12}
//
// and a contender that cannot run here is a line as well:
//
//   {"question":"backlog","contender":"libuv","missing":"built without libuv"}
#pragma once

#include <algorithm>
#include <CLI/CLI.hpp>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

namespace bench {

class Program {
 public:
  /// @param cases All cases of the question, in their order.
  Program(std::string question, std::string about, std::vector<std::string> cases)
      : question_(std::move(question)), all_cases_(std::move(cases)), app_(about) {
    app_.add_option("--rounds", rounds_, "rounds; each contender has one turn in each")
        ->capture_default_str()
        ->check(CLI::Range(1, 10'000));
    app_.add_option("--case", cases_, "only this case; may be repeated")
        ->check(CLI::IsMember(all_cases_));
    app_.add_option("--contender", contenders_, "only this contender; may be repeated");
    app_.add_flag("--list", list_, "name the cases and the contenders, and measure nothing");
    app_.add_flag("--brief", brief_, "shorter turns, where that is fair to all contenders");
    app_.add_flag("--once", once_, "one small round: does it work at all");
  }

  /// For options of the program's own; before parse().
  CLI::App& app() noexcept { return app_; }

  /// Ends the program where the command line says so.
  void parse(int argc, char** argv) {
    try {
      app_.parse(argc, argv);
    } catch (const CLI::ParseError& e) {
      std::exit(app_.exit(e));
    }
    if (once_) rounds_ = 1;
    if (cases_.empty()) cases_ = all_cases_;
  }

  int rounds() const noexcept { return rounds_; }
  bool once() const noexcept { return once_; }
  bool brief() const noexcept { return brief_; }
  const std::vector<std::string>& cases() const noexcept { return cases_; }

  /// Whether a contender was asked for. With --list it is named, and false.
  bool wants(const std::string& contender) {
    if (list_) {
      for (const std::string& each : cases_)
        std::printf("%s\t%s\t%s\n", question_.c_str(), each.c_str(), contender.c_str());
      return false;
    }
    return contenders_.empty() ||
           std::find(contenders_.begin(), contenders_.end(), contender) != contenders_.end();
  }

  void missing(const std::string& contender, const std::string& why) {
    if (!wants(contender)) return;
    std::printf(R"({"question":"%s","contender":"%s","missing":"%s"})"
                "\n",
                question_.c_str(),
                contender.c_str(),
                why.c_str());
    std::fflush(stdout);
  }

  void sample(const std::string& in_case,
              const std::string& contender,
              int round,
              const char* metric,
              double value) {
    std::printf(
        R"({"question":"%s","case":"%s","contender":"%s","round":%d,"metric":"%s","value":%.6g})"
        "\n",
        question_.c_str(),
        in_case.c_str(),
        contender.c_str(),
        round,
        metric,
        value);
    std::fflush(stdout);
  }

 private:
  std::string question_;
  std::vector<std::string> all_cases_;
  CLI::App app_;
  int rounds_ = 15;
  std::vector<std::string> cases_;
  std::vector<std::string> contenders_;
  bool list_ = false;
  bool brief_ = false;
  bool once_ = false;
};

}  // namespace bench
