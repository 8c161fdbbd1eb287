// What the kernel channel does by Linux's own means.
#include "../channel/kernel/control_linux.cpp"
#include "../channel/kernel/error_queue_linux.cpp"
#include "../channel/kernel/group_list_linux.cpp"
#include "../channel/kernel/path_mtu_linux.cpp"
#include "../channel/kernel/route_linux.cpp"
#include "../channel/kernel/setting_places_linux.cpp"
#include "../channel/kernel/steering_linux.cpp"
#include "../channel/kernel/transfer_linux.cpp"
