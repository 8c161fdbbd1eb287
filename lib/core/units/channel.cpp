// The seam to the world.
#include "../channel/fault_channel.cpp"
#include "../kernel/descriptor.cpp"
#include "../kernel/kernel_channel.cpp"
#include "../kernel/memberships.cpp"
#include "../kernel/network.cpp"
#include "../kernel/settings.cpp"
#include "../kernel/waitable_socket.cpp"
