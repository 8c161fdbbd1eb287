// What the portable channel does, and refuses, by POSIX alone.
#include "../posix/settings.cpp"
#include "../posix/system.cpp"
#include "../posix/transfer.cpp"
