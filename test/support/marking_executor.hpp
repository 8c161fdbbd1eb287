// An executor of a user's own: as the one inside it, and it knows when it is running something.
#pragma once

#include <asio/post.hpp>
#include <asio/prefer.hpp>
#include <asio/query.hpp>
#include <asio/require.hpp>
#include <cstdint>
#include <type_traits>
#include <utility>

namespace test {

/// True while a MarkingExecutor runs something on this thread.
inline thread_local int marked = 0;

/// Sets the mark, also until an exception passes by.
struct Mark {
  Mark() { ++marked; }
  Mark(const Mark&) = delete;
  ~Mark() { --marked; }
};

template <class Inner>
class MarkingExecutor {
 public:
  explicit MarkingExecutor(Inner inner) : inner_(std::move(inner)) {}

  template <class Property>
  auto query(const Property& property) const
      -> decltype(asio::query(std::declval<const Inner&>(), property)) {
    return asio::query(inner_, property);
  }
  template <class Property>
  auto require(const Property& property) const -> MarkingExecutor<
      std::decay_t<decltype(asio::require(std::declval<const Inner&>(), property))>> {
    return MarkingExecutor<std::decay_t<decltype(asio::require(inner_, property))>>(
        asio::require(inner_, property));
  }
  template <class Property>
  auto prefer(const Property& property) const -> MarkingExecutor<
      std::decay_t<decltype(asio::prefer(std::declval<const Inner&>(), property))>> {
    return MarkingExecutor<std::decay_t<decltype(asio::prefer(inner_, property))>>(
        asio::prefer(inner_, property));
  }
  template <class Function>
  void execute(Function function) const {
    asio::post(inner_, [function = std::move(function)]() mutable {
      const Mark mark;
      function();
    });
  }
  bool operator==(const MarkingExecutor& other) const noexcept { return inner_ == other.inner_; }
  bool operator!=(const MarkingExecutor& other) const noexcept { return !(*this == other); }

 private:
  // Not a pointer, and in front of everything: who takes this for an io_context's executor reads
  // it.
  std::uintptr_t first_ = 7;
  Inner inner_;
};

}  // namespace test
