// Which SocketOptions cannot be granted.
#pragma once

#include <dgram/options.hpp>
#include <string>

DGRAM_BEGIN_NAMESPACE
namespace detail {

/// The first option out of its range for a socket of that family, with its value ("batch 65");
/// empty when all are in range.
std::string find_bad_option(const SocketOptions& options, Family family);

}  // namespace detail
DGRAM_END_NAMESPACE
