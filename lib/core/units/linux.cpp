// The kernel channel's parts for Linux.
#include "../linux/control.cpp"
#include "../linux/settings.cpp"
#include "../linux/system.cpp"
#include "../linux/transfer.cpp"
