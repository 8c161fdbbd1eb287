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

#include <memory>
#include <string>
#include <vector>

namespace bench {

class Program {
 public:
  /// @param cases All cases of the question, in their order.
  Program(std::string question, const std::string& about, std::vector<std::string> cases);
  ~Program();

  /// An option of the program's own; before parse().
  void add_option(const std::string& name, std::string& value, const std::string& about);

  /// Ends the program where the command line says so.
  void parse(int argc, char** argv);

  int rounds() const noexcept { return rounds_; }
  bool once() const noexcept { return once_; }
  bool brief() const noexcept { return brief_; }
  const std::vector<std::string>& cases() const noexcept { return cases_; }

  /// Whether a contender was asked for. With --list it is named, and false.
  bool wants(const std::string& contender);

  void missing(const std::string& contender, const std::string& why);

  void sample(const std::string& in_case,
              const std::string& contender,
              int round,
              const char* metric,
              double value);

 private:
  // Behind a pointer, because CLI11 is as much to compile as a whole question.
  struct CommandLine;

  std::string question_;
  std::vector<std::string> all_cases_;
  std::unique_ptr<CommandLine> command_line_;
  int rounds_ = 15;
  std::vector<std::string> cases_;
  std::vector<std::string> contenders_;
  bool list_ = false;
  bool brief_ = false;
  bool once_ = false;
};

}  // namespace bench
