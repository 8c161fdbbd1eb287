// A host name that is being looked up for an operation.
#pragma once

#include <asio/any_io_executor.hpp>
#include <asio/execution_context.hpp>
#include <dgram/detail/op.hpp>
#include <dgram/detail/request.hpp>
#include <memory>
#include <mutex>

DGRAM_BEGIN_NAMESPACE
namespace detail {

/// Stands between a resolver, which may answer from any thread, late or never, and the operation,
/// which lives on its executor.
/**
 * `op_` is touched on the operation's executor only; `open_` and the executors are guarded, because
 * the context may go away while a foreign thread answers.
 */
class LookupTarget : public std::enable_shared_from_this<LookupTarget> {
 public:
  /// Registers the lookup with the context, so that a shutdown frees the operation.
  static std::shared_ptr<LookupTarget> make(asio::execution_context& context,
                                            Op& op,
                                            LookupRequest& request);
  ~LookupTarget();

  /// The resolver's answer; from any thread.
  void answer(std::error_code ec, const asio::ip::address& address);

  /// The operation goes its own way, because it was cancelled.
  void detach() noexcept { op_ = nullptr; }

  /// Nobody wants the answer any more: it is no longer work that keeps run() from returning.
  void forget() noexcept;

  /// The context goes away.
  void shut_down() noexcept;

 private:
  class Service;
  class Arrival;
  LookupTarget(Op& op, LookupRequest& request);
  void free_operation() noexcept;

  Op* op_;
  LookupRequest* request_;
  std::mutex mutex_;
  bool open_ = true;
  asio::any_io_executor home_;  // tracked: an outstanding lookup is work
  asio::any_io_executor executor_;
  const bool at_home_;  // both are the same
};

}  // namespace detail
DGRAM_END_NAMESPACE
