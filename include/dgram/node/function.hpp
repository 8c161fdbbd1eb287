// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0
//
// The type of listeners and callbacks.
#pragma once

#include <concepts>
#include <cstddef>
#include <dgram/node/config.hpp>
#include <functional>
#include <type_traits>
#include <utility>

DGRAM_BEGIN_NAMESPACE
namespace node {

namespace detail {

template <class F, class... Args>
struct TakesFirst : std::false_type {};
template <class F, class First, class... Rest>
struct TakesFirst<F, First, Rest...> : std::bool_constant<std::invocable<F&, First>> {};

}  // namespace detail

/// Holds any copyable callable that takes all of the arguments, the first one, or none. So, as in
/// JavaScript, arguments that are not needed need not be named.
template <class... Args>
class Function {
 public:
  Function() noexcept = default;
  Function(std::nullptr_t) noexcept {}
  template <class F>
  requires(!std::same_as<F, Function> && std::copy_constructible<F> &&
           (std::invocable<F&, Args...> || detail::TakesFirst<F, Args...>::value ||
            std::invocable<F&>)) Function(F f)
      : function_(adapt(std::move(f))) {}

  void operator()(Args... args) const { function_(std::forward<Args>(args)...); }
  explicit operator bool() const noexcept { return static_cast<bool>(function_); }

 private:
  template <class F>
  static std::function<void(Args...)> adapt(F f) {
    if constexpr (requires { f == nullptr; })
      if (f == nullptr) return {};
    if constexpr (std::invocable<F&, Args...>)
      return f;
    else if constexpr (detail::TakesFirst<F, Args...>::value)
      return [f = std::move(f)](auto&& first, auto&&...) mutable {
        f(std::forward<decltype(first)>(first));
      };
    else
      return [f = std::move(f)](auto&&...) mutable { f(); };
  }

  std::function<void(Args...)> function_;
};

}  // namespace node
DGRAM_END_NAMESPACE
