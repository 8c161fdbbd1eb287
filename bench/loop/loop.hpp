// A contender that waits for datagrams on some sockets: what sparse and sockets measure.
#pragma once

#include <cstddef>
#include <exception>
#include <functional>
#include <string>
#include <vector>

namespace bench::loop {

/// Runs the loop until so many datagrams more have been delivered, and their sockets wait again.
using Serve = std::function<void(int count)>;

struct Loop {
  std::string name;
  /// Takes over the descriptors of bound sockets, and waits on each of them.
  std::function<Serve(const std::vector<int>& descriptors)> make = {};
  std::string missing = {};
};
using Loops = std::vector<Loop>;

inline void rethrow(const std::exception_ptr& error) {
  if (error) std::rethrow_exception(error);
}

}  // namespace bench::loop
