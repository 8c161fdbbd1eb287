// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// One worker, as its primary sees it: its messages, and what is done about them.
#pragma once

#include <sys/types.h>

#include <dgram/node/cluster/primary.hpp>
#include <memory>
#include <string_view>
#include <utility>

#include "link.hpp"

DGRAM_BEGIN_NAMESPACE
namespace node::cluster::detail {

class PrimaryState;

class WorkerProcessState final : public Link::Owner,
                                 public std::enable_shared_from_this<WorkerProcessState> {
 public:
  /// @param pid 0: the worker is no child of this process.
  WorkerProcessState(std::shared_ptr<PrimaryState> primary,
                     std::shared_ptr<Link> link,
                     int id,
                     pid_t pid)
      : primary_(std::move(primary)), link_(std::move(link)), id_(id), pid_(pid) {}

  /// The part of the construction that needs a shared_ptr to this object.
  void start() { link_->start(shared_from_this(), Link::WhenFull::pauses); }

  int id() const noexcept { return id_; }
  pid_t pid() const noexcept { return pid_; }
  bool is_connected() const noexcept { return link_ != nullptr; }
  bool is_dead() const noexcept { return is_dead_; }
  bool has_left() const noexcept { return has_left_; }
  bool is_child() const noexcept { return pid_ != 0 && !is_dead_; }
  /// True when no event of the worker will come any more.
  bool is_over() const noexcept { return !link_ && (pid_ == 0 || says_exit_); }

  bool send(std::string_view text);
  void disconnect();
  bool kill(int signal);
  /// If the process has ended, takes the messages that it has sent, and reports its end.
  void look_whether_ended();
  void close() noexcept;

  void on_message(Message message, Descriptor descriptor) override;
  void on_descriptor_lost(const std::error_code& ec) override;
  Message instead_of(const Message& message, const std::error_code& ec) override;
  void on_end(const std::error_code& ec) override;

 private:
  /// False: a worker does not send this, or not now.
  bool hear(const Message& message);
  bool hear_online(const Online& online);
  bool hear_query(const Query& query);
  void hear_listening(const Listening& listening);
  WorkerProcess handle();

  /// nullptr: the context has shut down.
  std::shared_ptr<PrimaryState> primary_;
  /// nullptr: the link has ended.
  std::shared_ptr<Link> link_;
  int id_;
  pid_t pid_;
  bool is_online_ = false;
  bool is_dead_ = false;
  bool says_exit_ = false;
  bool has_left_ = false;
  Ticket last_ticket_ = 0;
};

}  // namespace node::cluster::detail
DGRAM_END_NAMESPACE
