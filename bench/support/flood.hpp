// A sender that sends as fast as its core can, and what a receiver in another process makes of it.
#pragma once

#include <netinet/in.h>
#include <netinet/udp.h>
#include <sched.h>
#include <sys/socket.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <string>
#include <vector>

#include "turns.hpp"

namespace bench {

class Flood {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::size_t size = 1200;

  struct Result {
    double received_per_second;
    double lost_percent;
    double cpu_ns_per_datagram;
    double timer_lateness_us;  ///< 0 where the receiver has no timer.
  };

  /// @param segments Whether the kernel is given trains to cut (GSO), or single datagrams.
  explicit Flood(bool segments) : segments_(segments), payload_(train * size, 'x') {
    for (std::size_t i = 0; i < batch; ++i) {
      singles_[i] = {payload_.data() + i * size, size};
      messages_[i].msg_hdr.msg_iov = &singles_[i];
      messages_[i].msg_hdr.msg_iovlen = 1;
    }
  }

  /// @param count Datagrams, rounded up to whole batches.
  Result turn(Contender& to, std::uint64_t count) {
    const std::uint32_t dropped_before = to.socket.dropped();
    to.child.go_on();
    const Clock::time_point began = Clock::now();
    std::uint64_t sent = 0;
    while (sent < count) {
      sent += segments_ ? send_train(to) : send_batch(to);
      if (Clock::now() - began > longest)
        throw std::runtime_error(to.name + ": the flood takes too long");
    }
    say_end(to);
    const std::string line = to.child.read_line();
    const std::chrono::duration<double> took = Clock::now() - began;
    const double used = to.child.stop();

    char* rest = nullptr;
    const std::uint64_t received = std::strtoull(line.c_str(), &rest, 10);
    const std::uint32_t dropped = to.socket.dropped() - dropped_before;
    const std::uint64_t lost = sent - received;
    // A socket with UDP_GRO drops a whole train, which the kernel counts as one.
    if (received == 0 || (lost != dropped && lost != dropped * train))
      throw std::runtime_error(to.name + ": of " + std::to_string(sent) + " datagrams it got " +
                               std::to_string(received) + " and the kernel dropped " +
                               std::to_string(dropped));
    const auto got = static_cast<double>(received);
    return {got / took.count(),
            100.0 * static_cast<double>(lost) / static_cast<double>(sent),
            used / got,
            std::strtod(rest, nullptr)};
  }

 private:
  static constexpr std::size_t train = 54;  // of 1200 bytes are what one call may carry
  static constexpr std::size_t batch = 32;
  static constexpr std::chrono::seconds longest{10};

  static sockaddr* address(const Contender& to) {
    return reinterpret_cast<sockaddr*>(const_cast<sockaddr_in*>(&to.socket.address()));
  }

  std::size_t send_train(const Contender& to) {
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(std::uint16_t))> control{};
    iovec bytes{payload_.data(), payload_.size()};
    msghdr message{};
    message.msg_name = address(to);
    message.msg_namelen = sizeof(sockaddr_in);
    message.msg_iov = &bytes;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    cmsghdr* const item = CMSG_FIRSTHDR(&message);
    item->cmsg_level = SOL_UDP;
    item->cmsg_type = UDP_SEGMENT;
    item->cmsg_len = CMSG_LEN(sizeof(std::uint16_t));
    const auto segment = static_cast<std::uint16_t>(size);
    std::memcpy(CMSG_DATA(item), &segment, sizeof segment);
    if (::sendmsg(from_.descriptor(), &message, 0) < 0) throw_errno("sendmsg with UDP_SEGMENT");
    return train;
  }

  std::size_t send_batch(const Contender& to) {
    for (mmsghdr& message : messages_) {
      message.msg_hdr.msg_name = address(to);
      message.msg_hdr.msg_namelen = sizeof(sockaddr_in);
    }
    const int sent = ::sendmmsg(from_.descriptor(), messages_.data(), batch, 0);
    if (sent < 0) throw_errno("sendmmsg");
    return static_cast<std::size_t>(sent);
  }

  /// When there is room: the one datagram that must not get lost.
  void say_end(Contender& to) {
    const Clock::time_point deadline = Clock::now() + longest;
    while (to.socket.used() > to.socket.capacity() / 2) {
      if (Clock::now() > deadline) {
        to.child.check_alive();
        throw std::runtime_error(to.name + ": reads no more");
      }
      ::sched_yield();
    }
    if (::sendto(from_.descriptor(), "x", Tally::end_size, 0, address(to), sizeof(sockaddr_in)) < 0)
      throw_errno("sendto");
  }

  UdpSocket from_;
  bool segments_;
  std::vector<char> payload_;
  std::array<iovec, batch> singles_{};
  std::array<mmsghdr, batch> messages_{};
};

}  // namespace bench
