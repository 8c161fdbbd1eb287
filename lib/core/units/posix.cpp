// What the portable channel does, and refuses, by POSIX alone.
#include "../posix/control.cpp"
#include "../posix/error_queue.cpp"
#include "../posix/group_list.cpp"
#include "../posix/path_mtu.cpp"
#include "../posix/route.cpp"
#include "../posix/setting_places.cpp"
#include "../posix/transfer.cpp"
