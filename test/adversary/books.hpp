// What a program that sends to itself has accepted, received and been told.
#pragma once

#include <cstdint>
#include <cstdio>
#include <dgram/dgram.hpp>
#include <map>
#include <string>
#include <string_view>
#include <system_error>

namespace ledger {

class Books {
 public:
  /// An operation ended with an error.
  void tell(std::string_view operation, const std::error_code& ec) {
    ++told_[std::string(operation) + ' ' + std::string(dgram::code_name(ec))];
  }
  void count(const std::string& what, std::uint64_t times = 1) { counts_[what] += times; }

  /// Something that must not be, whatever the kernel refuses.
  void check(bool holds, std::string_view phase, const std::string& what) {
    if (holds) return;
    ++wrong_;
    std::printf("wrong %s: %s\n", std::string(phase).c_str(), what.c_str());
  }
  void equal(std::uint64_t a, std::uint64_t b, std::string_view phase, const std::string& what) {
    check(a == b, phase, what + ": " + std::to_string(a) + " and " + std::to_string(b));
  }

  void print() const {
    for (const auto& [what, times] : told_)
      std::printf("told %s %llu\n", what.c_str(), static_cast<unsigned long long>(times));
    for (const auto& [what, times] : counts_)
      std::printf("count %s %llu\n", what.c_str(), static_cast<unsigned long long>(times));
  }
  bool balance() const noexcept { return wrong_ == 0; }

 private:
  std::map<std::string, std::uint64_t> told_;
  std::map<std::string, std::uint64_t> counts_;
  int wrong_ = 0;
};

}  // namespace ledger
