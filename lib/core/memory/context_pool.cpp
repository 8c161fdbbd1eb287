#include "context_pool.hpp"

DGRAM_BEGIN_NAMESPACE
namespace detail {

namespace {

class PoolService final : public asio::execution_context::service {
 public:
  using key_type = PoolService;
  static asio::execution_context::id id;

  explicit PoolService(asio::execution_context& context)
      : service(context), pool(BufferPool::make()) {}
  // Datagrams that outlive the context hold references of their own.
  ~PoolService() override { pool->release(); }
  void shutdown() override {}

  BufferPool* const pool;
};
asio::execution_context::id PoolService::id;

}  // namespace

BufferPool& pool_of(asio::execution_context& context) {
  return *asio::use_service<PoolService>(context).pool;
}

}  // namespace detail
DGRAM_END_NAMESPACE
