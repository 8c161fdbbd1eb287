// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0

#include "life.hpp"

#include "errors.hpp"

DGRAM_BEGIN_NAMESPACE
namespace node::detail {

void Life::require_open() const {
  if (!open_) throw not_running();
}

void Life::require_unbound() const {
  require_open();
  if (!is_unbound()) throw already_bound();
}

void Life::begin_bind() {
  require_unbound();
  bound_ = Step::within;
}

void Life::fail_bind() noexcept {
  bound_ = Step::before;
  if (connected_ == Step::within) connected_ = Step::before;
}

void Life::begin_connect() {
  if (connected_ != Step::before) throw already_connected();
  require_open();
  connected_ = Step::within;
}

void Life::require_connected() const {
  if (!is_connected()) throw not_connected();
  require_open();
}

void Life::close() {
  require_open();
  open_ = false;
}

}  // namespace node::detail
DGRAM_END_NAMESPACE
