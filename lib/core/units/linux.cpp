// What the kernel channel does by Linux's own means.
#include "../linux/control.cpp"
#include "../linux/error_queue.cpp"
#include "../linux/group_list.cpp"
#include "../linux/route.cpp"
#include "../linux/setting_places.cpp"
#include "../linux/transfer.cpp"
