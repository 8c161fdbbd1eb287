// The socket as its users have it.
#include "../socket/socket.cpp"
#include "../multicast/membership.cpp"
#include "../multicast/socket_memberships.cpp"
#include "../settings/segmentation.cpp"
#include "../settings/socket_settings.cpp"
#include "../socket/socket_base.cpp"
