#include "program.hpp"

#include <algorithm>
#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>
#include <utility>

namespace bench {

struct Program::CommandLine {
  explicit CommandLine(const std::string& about) : app(about) {}
  CLI::App app;
};

Program::Program(std::string question, const std::string& about, std::vector<std::string> cases)
    : question_(std::move(question)),
      all_cases_(std::move(cases)),
      command_line_(std::make_unique<CommandLine>(about)) {
  CLI::App& app = command_line_->app;
  app.add_option("--rounds", rounds_, "rounds; each contender has one turn in each")
      ->capture_default_str()
      ->check(CLI::Range(1, 10'000));
  app.add_option("--case", cases_, "only this case; may be repeated")
      ->check(CLI::IsMember(all_cases_));
  app.add_option("--contender", contenders_, "only this contender; may be repeated");
  app.add_flag("--list", list_, "name the cases and the contenders, and measure nothing");
  app.add_flag("--brief", brief_, "shorter turns, where that is fair to all contenders");
  app.add_flag("--once", once_, "one small round: does it work at all");
}

Program::~Program() = default;

void Program::add_option(const std::string& name, std::string& value, const std::string& about) {
  command_line_->app.add_option(name, value, about);
}

void Program::parse(int argc, char** argv) {
  CLI::App& app = command_line_->app;
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    std::exit(app.exit(e));
  }
  if (once_) rounds_ = 1;
  if (cases_.empty()) cases_ = all_cases_;
}

bool Program::wants(const std::string& contender) {
  if (list_) {
    for (const std::string& each : cases_)
      std::printf("%s\t%s\t%s\n", question_.c_str(), each.c_str(), contender.c_str());
    return false;
  }
  return contenders_.empty() ||
         std::find(contenders_.begin(), contenders_.end(), contender) != contenders_.end();
}

void Program::missing(const std::string& contender, const std::string& why) {
  if (!wants(contender)) return;
  std::printf(R"({"question":"%s","contender":"%s","missing":"%s"})"
              "\n",
              question_.c_str(),
              contender.c_str(),
              why.c_str());
  std::fflush(stdout);
}

void Program::sample(const std::string& in_case,
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

}  // namespace bench
