// What the kernel channel does by Linux's own means.
#include "../linux/control.cpp"
#include "../linux/settings.cpp"
#include "../linux/system.cpp"
#include "../linux/transfer.cpp"
