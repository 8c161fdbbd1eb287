// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// The listeners of one event, with Node's rules of who is called.
#pragma once

#include <cstddef>
#include <cstdint>
#include <dgram/node/config.hpp>
#include <dgram/node/function.hpp>
#include <memory>
#include <utility>
#include <vector>

DGRAM_BEGIN_NAMESPACE
namespace node {

/// Names one registration, for off(). JavaScript compares functions; C++ cannot.
using ListenerId = std::uint64_t;

namespace detail {
[[noreturn]] DGRAM_API void throw_no_listener();
}

/// Listeners in the order of their registration.
/**
 * emit() calls those that are there when it begins: one that is added meanwhile waits for the next
 * emit, one that is removed meanwhile is still called. One that throws ends the emit. Source:
 * Node.js, Events.
 */
template <class... Args>
class Emitter {
 public:
  using Function = node::Function<Args...>;

  ListenerId on(Function f) { return add(std::move(f), Kind{}, false); }
  ListenerId once(Function f) { return add(std::move(f), Kind{.once = true}, false); }
  ListenerId prepend(Function f) { return add(std::move(f), Kind{}, true); }
  ListenerId prepend_once(Function f) { return add(std::move(f), Kind{.once = true}, true); }

  /// What a call waits for: clear() leaves it.
  ListenerId wait(Function f) {
    return add(std::move(f), Kind{.once = true, .waits = true}, false);
  }
  /// The same, until off().
  ListenerId wait_on(Function f) {
    return add(std::move(f), Kind{.once = false, .waits = true}, false);
  }

  /// False when it is not there any more.
  bool off(ListenerId id) {
    if (!list_) return false;
    for (std::size_t i = 0; i < list_->size(); ++i) {
      if ((*list_)[i]->id != id) continue;
      auto next = std::make_shared<List>(*list_);
      next->erase(next->begin() + static_cast<std::ptrdiff_t>(i));
      list_ = std::move(next);
      return true;
    }
    return false;
  }
  /// Forgets all of them, but not what a call waits for.
  void clear() {
    if (!list_) return;
    auto next = std::make_shared<List>();
    for (const std::shared_ptr<Listener>& each : *list_)
      if (each->kind.waits) next->push_back(each);
    list_ = std::move(next);
  }
  /// Forgets all of them, and those that come later.
  void end() noexcept {
    ended_ = true;
    list_.reset();
  }
  std::size_t count() const noexcept { return list_ ? list_->size() : 0; }

  /// True when somebody was called.
  template <class... Values>
  bool emit(Values&&... values) {
    const std::shared_ptr<const List> snapshot = list_;
    if (!snapshot || snapshot->empty()) return false;
    for (const std::shared_ptr<Listener>& listener : *snapshot) {
      if (listener->kind.once) {
        if (listener->called) continue;
        off(listener->id);
        listener->called = true;
      }
      listener->function(values...);
    }
    return true;
  }

 private:
  /// @cond
  struct Kind {
    bool once = false;
    bool waits = false;
  };
  struct Listener {
    ListenerId id;
    Kind kind;
    bool called;
    Function function;
  };
  /// @endcond
  // Never changed once it is shared: an emit goes on with the one that it began with.
  using List = std::vector<std::shared_ptr<Listener>>;

  ListenerId add(Function f, Kind kind, bool first) {
    if (!f) detail::throw_no_listener();
    if (ended_) return ++last_id_;
    auto listener = std::make_shared<Listener>(Listener{++last_id_, kind, false, std::move(f)});
    auto next = list_ ? std::make_shared<List>(*list_) : std::make_shared<List>();
    next->insert(first ? next->begin() : next->end(), std::move(listener));
    list_ = std::move(next);
    return last_id_;
  }

  std::shared_ptr<const List> list_;
  ListenerId last_id_ = 0;
  bool ended_ = false;
};

}  // namespace node
DGRAM_END_NAMESPACE
