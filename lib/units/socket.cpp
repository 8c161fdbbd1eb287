// The socket as its users have it.
#include "../socket/socket.cpp"
#include "../process/descriptor.cpp"
#include "../socket/membership.cpp"
#include "../socket/segmentation.cpp"
#include "../socket/socket_base.cpp"
#include "../socket/socket_memberships.cpp"
#include "../socket/socket_settings.cpp"
