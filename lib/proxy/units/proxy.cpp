// PROXY headers.
#include "../proxy_protocol.cpp"
