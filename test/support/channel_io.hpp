// Datagrams through a bare channel.
#pragma once

#include <poll.h>

#include <algorithm>
#include <asio/error.hpp>
#include <dgram/channel.hpp>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <support/channel_worlds.hpp>
#include <utility>
#include <vector>

namespace test {

/// Memory for a batch of receive slots.
class Slots {
 public:
  explicit Slots(std::size_t n, std::size_t capacity = 2048, std::size_t spill = 65536)
      : data_(n * capacity), spill_(n * spill), slots_(n) {
    for (std::size_t i = 0; i < n; ++i) {
      slots_[i].data = data_.data() + i * capacity;
      slots_[i].capacity = static_cast<std::uint32_t>(capacity);
      slots_[i].spill = spill == 0 ? nullptr : spill_.data() + i * spill;
      slots_[i].spill_capacity = static_cast<std::uint32_t>(spill);
    }
  }
  std::span<dgram::ReceiveSlot> all() noexcept { return slots_; }
  dgram::ReceiveSlot& operator[](std::size_t i) noexcept { return slots_[i]; }
  std::string text(std::size_t i) const {
    const dgram::ReceiveSlot& slot = slots_[i];
    const std::size_t in_data = std::min(slot.size, slot.capacity);
    std::string text(reinterpret_cast<const char*>(slot.data), in_data);
    if (slot.size > in_data)
      text.append(reinterpret_cast<const char*>(slot.spill), slot.size - in_data);
    return text;
  }

 private:
  std::vector<std::byte> data_;
  std::vector<std::byte> spill_;
  std::vector<dgram::ReceiveSlot> slots_;
};

/// Settings for a channel that has just been opened.
using Settings = std::vector<std::pair<dgram::Setting, int>>;

inline void open(dgram::Channel& channel, dgram::Family family, const Settings& settings = {}) {
  if (const std::error_code ec = channel.open(family)) throw std::system_error(ec, "open");
  for (const auto& [setting, value] : settings)
    if (const std::error_code ec = channel.set(setting, value))
      throw std::system_error(ec, std::string(dgram::name_of(setting)));
}

/// Opens and binds to loopback; throws what the channel reports.
inline dgram::Endpoint open_bound(dgram::Channel& channel,
                                  dgram::Family family = dgram::Family::ipv4,
                                  const Settings& settings = {}) {
  open(channel, family, settings);
  const dgram::Endpoint any = family == dgram::Family::ipv6
                                  ? dgram::Endpoint(asio::ip::address_v6::loopback(), 0)
                                  : dgram::Endpoint(asio::ip::address_v4::loopback(), 0);
  if (const std::error_code ec = channel.bind(any)) throw std::system_error(ec, "bind");
  std::error_code ec;
  const dgram::Endpoint local = channel.local_endpoint(ec);
  if (ec) throw std::system_error(ec, "local_endpoint");
  return local;
}

/// Receives until `n` datagrams are in the slots, waiting for each as long as it takes (loopback
/// may deliver a moment late).
inline void receive_exactly(dgram::Channel& channel, Slots& slots, std::size_t n) {
  for (std::size_t have = 0; have < n;) {
    pollfd readable = {channel.native_handle(), POLLIN, 0};
    if (::poll(&readable, 1, 10'000) != 1) throw std::runtime_error("no datagram came");
    std::size_t count = 0;
    const std::error_code ec = channel.receive_batch(slots.all().subspan(have, n - have), count);
    have += count;
    if (ec && ec != asio::error::would_block) throw std::system_error(ec, "receive_batch");
  }
}

/// Waits until the socket has something to say: a datagram or an error.
inline void await_readable(const dgram::Channel& channel) {
  pollfd readable = {channel.native_handle(), POLLIN, 0};
  if (::poll(&readable, 1, 10'000) != 1)
    throw std::runtime_error("the socket never became readable");
}

/// Sends one datagram of one piece.
inline std::error_code send(dgram::Channel& channel,
                            std::string_view bytes,
                            const dgram::Endpoint* to,
                            const dgram::SendOptions* options = nullptr) {
  const asio::const_buffer piece(bytes.data(), bytes.size());
  const dgram::SendItem item{std::span<const asio::const_buffer>(&piece, 1), to, options};
  std::size_t count = 0;
  const std::error_code ec = channel.send_batch(std::span<const dgram::SendItem>(&item, 1), count);
  if (!ec && count != 1) throw std::logic_error("no error, but nothing sent");
  return ec;
}

/// Two bound channels of one context on one world.
struct ChannelPair {
  explicit ChannelPair(const World& world,
                       dgram::Family family = dgram::Family::ipv4,
                       const Settings& settings = {})
      : a(world.make(io.get_executor())),
        b(world.make(io.get_executor())),
        a_name(open_bound(*a, family)),
        b_name(open_bound(*b, family, settings)) {}
  asio::io_context io;
  std::unique_ptr<dgram::Channel> a;
  std::unique_ptr<dgram::Channel> b;
  dgram::Endpoint a_name;
  dgram::Endpoint b_name;
};

/// A bound channel on its bench, and a socket that can send to it.
struct BoundBench : Bench {
  explicit BoundBench(const World& world) : Bench(world), peer(world), name(open_bound(*channel)) {
    open_bound(*peer.channel);
  }
  void send(std::string_view text) {
    if (const std::error_code ec = test::send(*peer.channel, text, &name))
      throw std::system_error(ec, "send");
  }
  Bench peer;
  dgram::Endpoint name;
};

}  // namespace test
