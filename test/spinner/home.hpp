// Where a socket is at home: the one place where it is used, and whether this thread is there.
#pragma once

#include <asio/any_io_executor.hpp>
#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <asio/strand.hpp>
#include <asio/thread_pool.hpp>
#include <cstddef>
#include <functional>
#include <memory>
#include <string_view>
#include <thread>
#include <vector>

namespace spinner {

/// One place.
struct Home {
  std::string_view name;
  /// Runs what uses the socket.
  asio::any_io_executor executor;
  /// What the socket is made with. Where that is not `executor`, each operation says its own.
  asio::any_io_executor of_socket;
  /// A handler that names no executor comes home.
  bool takes_bare_handlers = true;
  /// Want of memory does not end the program: what is thrown leaves run(), and Asio, which copies
  /// executors where it must not throw, needs no memory for that.
  bool bears_failing_new = true;
  /// What is dispatched at home runs at once. Where it is posted, `||` drops the datagram of a recv
  /// whose result is on its way while the other side ends first: so does Asio, with any result.
  bool dispatches_at_once = true;
  /// One thread, on one processor: on loopback nothing overtakes what it sends.
  bool keeps_order = false;
  std::function<bool()> is_here;
};

/// The contexts and their threads.
class Homes {
 public:
  Homes();
  Homes(const Homes&) = delete;
  ~Homes();

  /// One of each kind and so on, round and round.
  Home make(std::size_t number);

  /// Those that sockets may be made on.
  std::vector<asio::execution_context*> contexts();

  /// A place where no socket is at home.
  asio::any_io_executor elsewhere() { return pool_.get_executor(); }

  /// Ends the threads when they have nothing left to do, and waits for them.
  void finish();

 private:
  using Work = asio::executor_work_guard<asio::io_context::executor_type>;

  asio::io_context single_{1};
  asio::io_context shared_{2};
  asio::thread_pool pool_{2};
  Work single_work_{single_.get_executor()}, shared_work_{shared_.get_executor()};
  std::vector<std::thread> threads_;
};

}  // namespace spinner
