// The one translation unit that holds all of dgram, for a program that links no dgram library.
#include <dgram/src.hpp>
