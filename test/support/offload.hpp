// Runs and trains of datagrams: what the sockets of this process have of them, and datagrams whose
// bytes tell where they belong.
#pragma once

#include <algorithm>
#include <asio/io_context.hpp>
#include <cstddef>
#include <dgram/dgram.hpp>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "support/loopback.hpp"
#include "support/options.hpp"
#include "support/outcome.hpp"
#include "support/run.hpp"

namespace test {

/// What a socket of this process is granted, with GRO asked for. Less where DGRAM_DISABLE says so,
/// and on the portable channel.
inline bool granted(std::string_view capability) {
  asio::io_context io;
  dgram::SocketOptions options;
  options.gro = true;
  const dgram::Socket socket = bound(io, options);
  const std::vector<dgram::Capability> all = socket.capabilities();
  const dgram::Capability* const one = find(all, capability);
  return one && one->state == dgram::Capability::State::granted;
}

/// Room for thousands of datagrams, and trains expected.
inline dgram::SocketOptions with_gro(int batch = 16) {
  dgram::SocketOptions options = roomy();
  options.gro = true;
  options.batch = batch;
  return options;
}

/// The n-th datagram, of exactly `size` bytes: another one for each n where there is room to be.
inline std::string sized(std::size_t size, std::size_t n) {
  std::string text(size, '\0');
  for (std::size_t i = 0; i < size; ++i)
    text[i] = static_cast<char>(i < 2 ? n >> (8 * i) : n * 31 + i);
  return text;
}

/// sized(size, 0) … sized(size, n - 1)
inline std::vector<std::string> all_sized(std::size_t n, std::size_t size) {
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < n; ++i) texts.push_back(sized(size, i));
  return texts;
}

inline std::vector<dgram::Outgoing> outgoing(const std::vector<std::string>& texts,
                                             const dgram::Endpoint& to,
                                             const dgram::SendOptions& options = {}) {
  std::vector<dgram::Outgoing> batch;
  for (const std::string& text : texts) batch.emplace_back(asio::buffer(text), to, options);
  return batch;
}

/// send_many to its end. Throws what the operation as a whole says.
inline std::size_t send_all(asio::io_context& io,
                            dgram::Socket& sender,
                            std::span<dgram::Outgoing> batch) {
  Outcome<std::size_t> outcome;
  sender.async_send_many(batch, outcome.handler());
  run(io);
  if (outcome.calls != 1 || outcome.ec) throw dgram::Error(outcome.ec, "send_all");
  return outcome.value;
}

/// What is there now, oldest first.
inline std::vector<std::string> take_texts(dgram::Socket& socket) {
  std::vector<std::string> texts;
  std::error_code ec;
  while (const std::optional<dgram::Datagram> datagram = socket.try_recv(ec))
    texts.emplace_back(datagram->text());
  return texts;
}

/// How many datagrams of the batch have another result than no error.
inline std::size_t failures(std::span<const dgram::Outgoing> batch) {
  return static_cast<std::size_t>(
      std::count_if(batch.begin(), batch.end(), [](const dgram::Outgoing& one) {
        return static_cast<bool>(one.result);
      }));
}

}  // namespace test
