// Descriptors as systemd passes them, in a process that is there for that only.
#pragma once

#include <string>
#include <vector>

namespace spinner {

/// The words with which this program is such a process.
std::vector<std::string> passed_words(int count, bool is_wrong, bool throws);

/// True when these are such words.
bool is_passed(int argc, char** argv);

/// Takes the descriptors 3, 4 … as they were passed. Returns 0 when all is right.
int run_passed(char** argv);

}  // namespace spinner
