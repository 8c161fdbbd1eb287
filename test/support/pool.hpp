// A buffer pool that a test holds one reference to.
#pragma once

#include <core/memory/buffer_pool.hpp>

namespace test {

class Pool {
 public:
  Pool() : pool_(dgram::detail::BufferPool::make()) {}
  Pool(const Pool&) = delete;
  ~Pool() { pool_->release(); }
  dgram::detail::BufferPool& operator*() const noexcept { return *pool_; }
  dgram::detail::BufferPool* operator->() const noexcept { return pool_; }

 private:
  dgram::detail::BufferPool* pool_;
};

}  // namespace test
