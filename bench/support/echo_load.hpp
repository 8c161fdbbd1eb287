// Asks an echo server: a fixed number of requests is outstanding at any time, and each answer makes
// the next request.
//
// Coordinated omission. A client that waits for an answer before it asks again asks less while the
// server stalls, and so hardly sees the stall. It is put right as HdrHistogram does
// (copyCorrectedForCoordinatedOmission): one who asks every `interval` would have asked again
// during an answer that took `latency`, and have waited latency - interval, latency - 2 * interval
// … for those; they are added. The interval of one of the outstanding requests is the median
// latency, as it follows on its answer.
//
// A request starts when it is meant to, before its batch is sent. One without an answer after 100
// ms is lost: it is counted, and its latency is what it has waited.
#pragma once

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <vector>

#include "child.hpp"
#include "udp_socket.hpp"

namespace bench {

class EchoLoad {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::size_t size = 64;
  static constexpr std::size_t most_outstanding = 64;

  struct Result {
    std::size_t answered = 0;
    std::size_t lost = 0;
    double seconds = 0;
    std::vector<double> latencies_us;  ///< Sorted, corrected.

    /// @param part 0.99 for p99.
    double percentile(double part) const {
      const auto last = latencies_us.size() - 1;
      return latencies_us[static_cast<std::size_t>(part * static_cast<double>(last) + 0.5)];
    }
  };

  /// @param sleeps Whether it sleeps until an answer comes; else it asks the kernel again and
  /// again, and the server needs not wake anybody up. That takes a core of its own.
  EchoLoad(const sockaddr_in& server, std::size_t outstanding, bool sleeps)
      : outstanding_(outstanding), sleeps_(sleeps) {
    socket_.connect(server);
    for (std::size_t i = 0; i < most_outstanding; ++i) {
      aim(to_send_[i], out_[i], requests_[i].bytes);
      aim(received_[i], in_[i], answers_[i]);
    }
  }

  Result run(std::chrono::milliseconds duration) {
    latencies_.clear();
    Result result;
    const Clock::time_point began = Clock::now();
    const Clock::time_point end = began + duration;
    Clock::time_point next_look = began + patience / 10;
    waiting_ = 0;
    for (std::size_t i = 0; i < outstanding_; ++i) free_.push_back(i);
    for (Clock::time_point now = began; now < end || waiting_ != 0; now = Clock::now()) {
      if (now < end)
        send(now);
      else
        free_.clear();
      receive();
      if (now < next_look) continue;
      result.lost += give_up(now);
      next_look = now + patience / 10;
    }
    free_.clear();
    result.seconds = std::chrono::duration<double>(Clock::now() - began).count();
    result.answered = latencies_.size() - result.lost;
    result.latencies_us = corrected();
    return result;
  }

 private:
  static constexpr std::chrono::milliseconds patience{100};

  struct Request {
    std::array<char, size> bytes{};
    std::uint64_t number = 0;
    Clock::time_point started;
    bool waits = false;
  };

  /// What an answer tells: whose it is, and to which of its requests.
  struct Label {
    std::uint64_t index;
    std::uint64_t number;
  };

  static void aim(mmsghdr& message, iovec& buffer, std::array<char, size>& bytes) {
    buffer = {bytes.data(), bytes.size()};
    message.msg_hdr.msg_iov = &buffer;
    message.msg_hdr.msg_iovlen = 1;
  }

  void send(Clock::time_point now) {
    if (free_.empty()) return;
    for (std::size_t i = 0; i < free_.size(); ++i) {
      Request& request = requests_[free_[i]];
      const Label label{free_[i], ++request.number};
      std::memcpy(request.bytes.data(), &label, sizeof label);
      request.started = now;
      request.waits = true;
      out_[i].iov_base = request.bytes.data();
    }
    waiting_ += free_.size();
    for (std::size_t done = 0; done < free_.size();) {
      const int sent = ::sendmmsg(socket_.descriptor(),
                                  to_send_.data() + done,
                                  static_cast<unsigned>(free_.size() - done),
                                  0);
      if (sent < 0) throw_errno("sendmmsg");
      done += static_cast<std::size_t>(sent);
    }
    free_.clear();
  }

  void receive() {
    if (sleeps_) {
      pollfd readable{socket_.descriptor(), POLLIN, 0};
      if (::poll(&readable, 1, static_cast<int>(patience.count() / 10)) < 0 && errno != EINTR)
        throw_errno("poll");
    }
    const int count =
        ::recvmmsg(socket_.descriptor(), received_.data(), most_outstanding, MSG_DONTWAIT, nullptr);
    if (count < 0 && errno != EAGAIN && errno != EINTR) throw_errno("recvmmsg");
    const Clock::time_point now = Clock::now();
    for (int i = 0; i < count; ++i) answered(static_cast<std::size_t>(i), now);
  }

  void answered(std::size_t i, Clock::time_point now) {
    Label label{};
    std::memcpy(&label, answers_[i].data(), sizeof label);
    if (received_[i].msg_len != size || label.index >= outstanding_)
      throw std::runtime_error("the server sends what it was not sent");
    Request& request = requests_[label.index];
    if (!request.waits || request.number != label.number) return;  // given up before
    over(label.index, now);
  }

  /// Returns how many.
  std::size_t give_up(Clock::time_point now) {
    std::size_t lost = 0;
    for (std::size_t i = 0; i < outstanding_; ++i) {
      if (!requests_[i].waits || now - requests_[i].started < patience) continue;
      over(i, now);
      ++lost;
    }
    return lost;
  }

  void over(std::size_t index, Clock::time_point now) {
    Request& request = requests_[index];
    request.waits = false;
    --waiting_;
    free_.push_back(index);
    latencies_.push_back(std::chrono::duration<double, std::micro>(now - request.started).count());
  }

  std::vector<double> corrected() {
    if (latencies_.empty()) throw std::runtime_error("no request was sent");
    const auto middle = latencies_.begin() + static_cast<std::ptrdiff_t>(latencies_.size() / 2);
    std::nth_element(latencies_.begin(), middle, latencies_.end());
    const double interval = *middle;
    std::vector<double> all = latencies_;
    for (const double latency : latencies_)
      for (double missed = latency - interval; missed >= interval; missed -= interval)
        all.push_back(missed);
    std::sort(all.begin(), all.end());
    return all;
  }

  UdpSocket socket_;
  std::size_t outstanding_;
  bool sleeps_;
  std::array<Request, most_outstanding> requests_{};
  std::array<std::array<char, size>, most_outstanding> answers_{};
  std::array<mmsghdr, most_outstanding> to_send_{};
  std::array<mmsghdr, most_outstanding> received_{};
  std::array<iovec, most_outstanding> out_{};
  std::array<iovec, most_outstanding> in_{};
  std::vector<std::size_t> free_;
  std::size_t waiting_ = 0;
  std::vector<double> latencies_;
};

}  // namespace bench
