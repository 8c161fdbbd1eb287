#if !defined(DGRAM_DETAIL_INSTANTIATE)
#define DGRAM_DETAIL_INSTANTIATE
#endif
#include <dgram/socket.hpp>

DGRAM_BEGIN_NAMESPACE

template class DGRAM_API BasicSocket<asio::any_io_executor>;

DGRAM_END_NAMESPACE
