// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0

#include <asio/dispatch.hpp>
#include <asio/error.hpp>
#include <asio/execution/outstanding_work.hpp>
#include <asio/post.hpp>
#include <asio/prefer.hpp>
#include <dgram/lookup.hpp>
#include <new>
#include <utility>
#include <vector>

#include "core.hpp"
#include "guard.hpp"
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
    Op* op = target_->op_.exchange(nullptr);
    if (!op) return;
    const CoreRef core(op->core);
    {
      const Guard guard(*core);
      if (!op->settled) {  // else it was cancelled meanwhile
        const bool is_answer = ec_ || core->can_reach(address_);
        op->ec = is_answer ? ec_ : std::error_code(asio::error::host_not_found);
        op->settled = true;
        target_->request_->result = core->reachable(address_);
      }
    }
    core.run(*op);
  }

 private:
  std::shared_ptr<LookupTarget> target_;
  std::error_code ec_;
  asio::ip::address address_;
};

LookupTarget::LookupTarget(const Op& op, LookupRequest& request)
    : request_(&request),
      home_(asio::prefer(op.core.executor(), asio::execution::outstanding_work.tracked)),
      executor_(op.foreign_executor ? *op.foreign_executor : op.core.executor()),
      is_foreign_(op.foreign_executor != nullptr) {}

LookupTarget::~LookupTarget() {
  free_operation();
}

void LookupTarget::free_operation() noexcept {
  Op* op = op_.exchange(nullptr);
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
  target->op_ = &op;  // until here, a target that is destroyed for want of memory leaves it alone
  return target;
}

void LookupTarget::answer(std::error_code ec, const asio::ip::address& address) {
  const std::lock_guard lock(mutex_);
  if (!open_) return;
  Arrival arrival(shared_from_this(), ec, address);
  if (is_foreign_)
    asio::post(home_, [executor = executor_, arrival = std::move(arrival)]() mutable {
      asio::dispatch(executor, std::move(arrival));
    });
  else
    asio::post(home_, std::move(arrival));
  // Only now: without memory to post it, the lookup is open still.
  open_ = false;
  executor_ = home_ = asio::any_io_executor();
}

void LookupTarget::drop() noexcept {
  try {
    answer(asio::error::operation_aborted, {});
  } catch (const std::bad_alloc&) {
    // Nothing can be posted. The operation waits until it is cancelled, or its socket is closed.
  }
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
  if (target_) target_->drop();
}

void LookupHandler::operator()(std::error_code ec, const asio::ip::address& address) {
  std::shared_ptr<detail::LookupTarget> target = std::exchange(target_, nullptr);
  if (!target) return;
  try {
    target->answer(ec, address);
  } catch (const std::bad_alloc&) {
    target_ = std::move(target);  // it was not told yet
    throw;
  }
}

DGRAM_END_NAMESPACE
