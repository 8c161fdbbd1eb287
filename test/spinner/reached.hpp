// Which public functions the actions have called, and how often: a call through one of these macros
// counts itself.
//
//   CALL(SocketBase, socket, bind, endpoint, ec)   a member, named by the class that declares it
//   CALL_STATIC(Interface, all)                    a static member
//   CALL_FREE(to_string, endpoint)                 a function of namespace dgram
//
// What is counted is class, name and number of arguments: the finest that tells most overloads
// apart and that a reader of the headers (test/spinner/operations) can tell, too.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>

namespace spinner {

/// Counts one kind of call. All of them live as long as the program.
class Reached {
 public:
  Reached(const char* name, int arguments) noexcept;
  Reached(const Reached&) = delete;
  void operator()() noexcept { count_.fetch_add(1, std::memory_order_relaxed); }

  /// Writes a line for each: "<name>/<arguments> <count>". False: the file cannot be written.
  static bool write(const std::string& path);

 private:
  const char* const name_;
  const int arguments_;
  std::atomic<std::uint64_t> count_ = 0;
  Reached* const next_;
};

/// A literal as a template argument.
template <std::size_t n>
struct Name {
  constexpr Name(const char (&literal)[n]) noexcept {
    for (std::size_t i = 0; i < n; ++i) text[i] = literal[i];
  }
  char text[n] = {};
};

template <Name name, int arguments>
inline Reached reached(name.text, arguments);

}  // namespace spinner

#define SPINNER_NTH(x0, x1, x2, x3, x4, x5, x6, x7, x8, n, ...) n
#define SPINNER_COUNT(...) SPINNER_NTH(0 __VA_OPT__(, ) __VA_ARGS__, 8, 7, 6, 5, 4, 3, 2, 1, 0, 0)

#define REACH(name, ...) (::spinner::reached<name, SPINNER_COUNT(__VA_ARGS__)>())
#define CALL(of, object, function, ...)                  \
  (REACH(#of "::" #function __VA_OPT__(, ) __VA_ARGS__), \
   static_cast<::dgram::of&>(object).function(__VA_ARGS__))
#define CALL_STATIC(of, function, ...) \
  (REACH(#of "::" #function __VA_OPT__(, ) __VA_ARGS__), ::dgram::of::function(__VA_ARGS__))
#define CALL_FREE(function, ...) \
  (REACH(#function __VA_OPT__(, ) __VA_ARGS__), ::dgram::function(__VA_ARGS__))
