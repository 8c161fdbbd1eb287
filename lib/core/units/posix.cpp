// The same parts for the portable channel, which uses POSIX only.
#include "../posix/settings.cpp"
#include "../posix/system.cpp"
#include "../posix/transfer.cpp"
