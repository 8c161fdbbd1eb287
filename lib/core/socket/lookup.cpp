// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0

#include <asio/dispatch.hpp>
#include <asio/error.hpp>
#include <asio/execution/outstanding_work.hpp>
#include <asio/post.hpp>
#include <asio/prefer.hpp>
#include <dgram/lookup.hpp>
#include <utility>
#include <vector>

#include "core.hpp"
#include "lookup.hpp"

DGRAM_BEGIN_NAMESPACE
namespace detail {

/// Keeps the lookups of a context, to free their operations when the context shuts down.
class LookupTarget::Service final : public asio::execution_context::service {
 public:
  using key_type = Service;
  static asio::execution_context::id id;

  explicit Service(asio::execution_context& context) : service(context) {}

  void add(const std::shared_ptr<LookupTarget>& target) {
    const std::lock_guard lock(mutex_);
    std::erase_if(targets_, [](const std::weak_ptr<LookupTarget>& t) { return t.expired(); });
    targets_.push_back(target);
  }

  void shutdown() override {
    std::vector<std::weak_ptr<LookupTarget>> targets;
    {
      const std::lock_guard lock(mutex_);
      targets.swap(targets_);
    }
    for (const std::weak_ptr<LookupTarget>& weak : targets)
      if (const std::shared_ptr<LookupTarget> target = weak.lock()) target->shut_down();
  }

 private:
  std::mutex mutex_;
  std::vector<std::weak_ptr<LookupTarget>> targets_;
};
asio::execution_context::id LookupTarget::Service::id;

/// Delivers the answer on the operation's executor.
class LookupTarget::Arrival {
 public:
  Arrival(std::shared_ptr<LookupTarget> target,
          std::error_code ec,
          const asio::ip::address& address)
      : target_(std::move(target)), ec_(ec), address_(address) {}

  void operator()() {
    Op* op = std::exchange(target_->op_, nullptr);
    if (!op) return;
    const CoreRef core(op->core);
    const bool is_answer = ec_ || core->can_reach(address_);
    op->ec = is_answer ? ec_ : std::error_code(asio::error::host_not_found);
    op->settled = true;
    target_->request_->result = core->reachable(address_);
    core.run(*op);
  }

 private:
  std::shared_ptr<LookupTarget> target_;
  std::error_code ec_;
  asio::ip::address address_;
};

LookupTarget::LookupTarget(Op& op, LookupRequest& request)
    : op_(&op),
      request_(&request),
      home_(asio::prefer(op.core.executor(), asio::execution::outstanding_work.tracked)),
      executor_(op.foreign_executor ? *op.foreign_executor : op.core.executor()),
      is_foreign_(op.foreign_executor != nullptr) {}

LookupTarget::~LookupTarget() {
  free_operation();
}

void LookupTarget::free_operation() noexcept {
  Op* op = std::exchange(op_, nullptr);
  if (!op) return;
  const CoreRef core(op->core);
  core.abandon(*op);
}

std::shared_ptr<LookupTarget> LookupTarget::make(asio::execution_context& context,
                                                 Op& op,
                                                 LookupRequest& request) {
  Service& service = asio::use_service<Service>(context);
  std::shared_ptr<LookupTarget> target(new LookupTarget(op, request));
  service.add(target);
  return target;
}

void LookupTarget::answer(std::error_code ec, const asio::ip::address& address) {
  const std::lock_guard lock(mutex_);
  if (!std::exchange(open_, false)) return;
  const asio::any_io_executor executor = std::exchange(executor_, asio::any_io_executor());
  const asio::any_io_executor home = std::exchange(home_, asio::any_io_executor());
  Arrival arrival(shared_from_this(), ec, address);
  if (!is_foreign_) return asio::post(home, std::move(arrival));
  asio::post(home, [executor, arrival = std::move(arrival)]() mutable {
    asio::dispatch(executor, std::move(arrival));
  });
}

void LookupTarget::forget() noexcept {
  asio::any_io_executor home, executor;  // destroyed after the mutex is unlocked
  const std::lock_guard lock(mutex_);
  open_ = false;
  home_.swap(home);
  executor_.swap(executor);
}

void LookupTarget::shut_down() noexcept {
  forget();
  free_operation();
}

}  // namespace detail

LookupHandler::LookupHandler(std::shared_ptr<detail::LookupTarget> target) noexcept
    : target_(std::move(target)) {}
LookupHandler::LookupHandler(LookupHandler&& other) noexcept = default;

LookupHandler::~LookupHandler() {
  if (target_) target_->answer(asio::error::operation_aborted, {});
}

void LookupHandler::operator()(std::error_code ec, const asio::ip::address& address) {
  if (const std::shared_ptr<detail::LookupTarget> target = std::exchange(target_, nullptr))
    target->answer(ec, address);
}

DGRAM_END_NAMESPACE
