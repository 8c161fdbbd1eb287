// The seam to the world.
#include "../channel/fault_channel.cpp"
#include "../kernel/descriptor.cpp"
#include "../kernel/interfaces.cpp"
#include "../kernel/kernel_channel.cpp"
#include "../kernel/memberships.cpp"
#include "../kernel/settings.cpp"
#include "../kernel/source_address.cpp"
#include "../kernel/waitable_socket.cpp"
