// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// The listeners of one event, which are called by Node's rules.
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

/// Identifies a registered listener, for off(). Node compares functions instead, which C++ cannot.
using ListenerId = std::uint64_t;

namespace detail {
[[noreturn]] DGRAM_API void throw_no_listener();
}

/// Listeners in the order of their registration.
/**
 * emit() calls the listeners that are registered when it begins. A listener that is added during
 * the call is first called by the next emit(); one that is removed during the call is still called.
 * When a listener throws, the listeners after it are not called. Source: Node.js, Events.
 */
template <class... Args>
class Emitter {
 public:
  using Function = node::Function<Args...>;

  ListenerId on(Function f) { return add(std::move(f), Kind{}, false); }
  ListenerId once(Function f) { return add(std::move(f), Kind{.once = true}, false); }
  ListenerId prepend(Function f) { return add(std::move(f), Kind{}, true); }
  ListenerId prepend_once(Function f) { return add(std::move(f), Kind{.once = true}, true); }

  /// Registers the callback of a call: it is called once, and clear() does not remove it.
  ListenerId wait(Function f) {
    return add(std::move(f), Kind{.once = true, .waits = true}, false);
  }
  /// The same, called each time until off() removes it.
  ListenerId wait_on(Function f) {
    return add(std::move(f), Kind{.once = false, .waits = true}, false);
  }

  /// Removes a listener. False when it is not registered (any more).
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
  /// Removes all listeners, but not those of wait() and wait_on().
  void clear() {
    if (!list_) return;
    auto next = std::make_shared<List>();
    for (const std::shared_ptr<Listener>& each : *list_)
      if (each->kind.waits) next->push_back(each);
    list_ = std::move(next);
  }
  /// Removes all listeners for good: those that are registered later are dropped.
  void end() noexcept {
    ended_ = true;
    list_.reset();
  }
  std::size_t count() const noexcept { return list_ ? list_->size() : 0; }

  /// Calls the listeners. True when there was at least one.
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
  // Never changed once it is shared: a running emit() goes on with the list that it began with.
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
