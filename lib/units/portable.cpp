// What the portable channel does, and refuses, by POSIX alone.
#include "../channel/kernel/control_portable.cpp"
#include "../channel/kernel/error_queue_portable.cpp"
#include "../channel/kernel/group_list_portable.cpp"
#include "../channel/kernel/path_mtu_portable.cpp"
#include "../channel/kernel/route_portable.cpp"
#include "../channel/kernel/setting_places_portable.cpp"
#include "../channel/kernel/steering_portable.cpp"
#include "../channel/kernel/transfer_portable.cpp"
