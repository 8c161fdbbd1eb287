// System calls and epoll, registered as dgram registers its sockets: edge-triggered.
#include <netinet/in.h>
#include <netinet/udp.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "../support/datagram_buffer.hpp"
#include "peers.hpp"

namespace bench::raw {

namespace {

constexpr unsigned batch = 16;

class Epoll {
 public:
  explicit Epoll(int socket) : descriptor_(::epoll_create1(EPOLL_CLOEXEC)) {
    epoll_event event{};
    event.events = EPOLLIN | EPOLLET;
    if (descriptor_ < 0 || ::epoll_ctl(descriptor_, EPOLL_CTL_ADD, socket, &event) != 0)
      throw_errno("epoll");
  }
  Epoll(const Epoll&) = delete;
  ~Epoll() { ::close(descriptor_); }

  void wait() const {
    epoll_event event{};
    // A process that was stopped and goes on has been interrupted.
    while (::epoll_wait(descriptor_, &event, 1, -1) < 0)
      if (errno != EINTR) throw_errno("epoll_wait");
  }

 private:
  int descriptor_;
};

bool is_empty(const char* call) {
  if (errno == EAGAIN) return true;
  if (errno == EINTR) return false;
  throw_errno(call);
}

/// Slots for one recvmmsg, and the same for the sendmmsg that answers.
class Batch {
 public:
  explicit Batch(std::size_t slot_size) : memory_(batch * slot_size), slot_size_(slot_size) {
    for (unsigned i = 0; i < batch; ++i) {
      iovecs_[i].iov_base = memory_.data() + i * slot_size;
      msghdr& header = messages_[i].msg_hdr;
      header.msg_iov = &iovecs_[i];
      header.msg_iovlen = 1;
      header.msg_name = &senders_[i];
    }
  }

  /// How many came; 0: none is here.
  unsigned receive(int socket) {
    for (unsigned i = 0; i < batch; ++i) {
      iovecs_[i].iov_len = slot_size_;
      messages_[i].msg_hdr.msg_namelen = sizeof senders_[i];
    }
    for (;;) {
      const int count = ::recvmmsg(socket, messages_.data(), batch, MSG_DONTWAIT, nullptr);
      if (count >= 0) return static_cast<unsigned>(count);
      if (is_empty("recvmmsg")) return 0;
    }
  }
  std::size_t size(unsigned i) const { return messages_[i].msg_len; }

  void send_back(int socket, unsigned count) {
    for (unsigned i = 0; i < count; ++i) iovecs_[i].iov_len = messages_[i].msg_len;
    for (unsigned done = 0; done < count;) {
      const int sent = ::sendmmsg(socket, messages_.data() + done, count - done, 0);
      if (sent < 0) throw_errno("sendmmsg");
      done += static_cast<unsigned>(sent);
    }
  }

 private:
  std::vector<char> memory_;
  std::size_t slot_size_;
  std::array<mmsghdr, batch> messages_{};
  std::array<iovec, batch> iovecs_{};
  std::array<sockaddr_in, batch> senders_{};
};

/// A batch that is not full has emptied the socket: what comes later makes a new edge.
template <class OnBatch>
void for_each_batch(int socket, std::size_t slot_size, OnBatch on_batch) {
  const Epoll epoll(socket);
  Batch slots(slot_size);
  for (;;) {
    epoll.wait();
    unsigned count;
    do {
      count = slots.receive(socket);
      if (count != 0) on_batch(slots, count);
    } while (count == batch);
  }
}

template <class OnDatagram>
void for_each_datagram(int socket, OnDatagram on_datagram) {
  const Epoll epoll(socket);
  static DatagramBuffer slot;
  for (;;) {
    epoll.wait();
    for (;;) {
      sockaddr_in from{};
      socklen_t from_size = sizeof from;
      auto* const sender = reinterpret_cast<sockaddr*>(&from);
      const ssize_t size =
          ::recvfrom(socket, slot.data(), slot.size(), MSG_DONTWAIT, sender, &from_size);
      if (size >= 0)
        on_datagram(slot.data(), static_cast<std::size_t>(size), sender, from_size);
      else if (is_empty("recvfrom"))
        break;
    }
  }
}

void receive_batches(int socket, const ToParent& parent, std::size_t slot_size) {
  Tally tally(parent);
  parent.ready();
  for_each_batch(socket, slot_size, [&tally](const Batch& slots, unsigned count) {
    for (unsigned i = 0; i < count; ++i) tally.take(slots.size(i));
  });
}

void receive_one_by_one(int socket, const ToParent& parent) {
  Tally tally(parent);
  parent.ready();
  for_each_datagram(socket, [&tally](const char*, std::size_t size, const sockaddr*, socklen_t) {
    tally.take(size);
  });
}

/// The bytes of a train's segments; the whole when it is none.
std::size_t segment_size(msghdr& message, std::size_t whole) {
  for (cmsghdr* item = CMSG_FIRSTHDR(&message); item; item = CMSG_NXTHDR(&message, item)) {
    if (item->cmsg_level != SOL_UDP || item->cmsg_type != UDP_GRO) continue;
    int size = 0;
    std::memcpy(&size, CMSG_DATA(item), sizeof size);
    return static_cast<std::size_t>(size);
  }
  return whole;
}

/// One slot: it stays in the cache, which many do not.
void receive_trains(int socket, const ToParent& parent) {
  const int on = 1;
  if (::setsockopt(socket, SOL_UDP, UDP_GRO, &on, sizeof on) != 0) throw_errno("UDP_GRO");
  const Epoll epoll(socket);
  Tally tally(parent);
  static DatagramBuffer slot;
  parent.ready();
  for (;;) {
    epoll.wait();
    for (;;) {
      alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control;
      sockaddr_in from{};
      iovec bytes{slot.data(), slot.size()};
      msghdr message{};
      message.msg_name = &from;
      message.msg_namelen = sizeof from;
      message.msg_iov = &bytes;
      message.msg_iovlen = 1;
      message.msg_control = control.data();
      message.msg_controllen = control.size();
      const ssize_t size = ::recvmsg(socket, &message, MSG_DONTWAIT);
      if (size < 0) {
        if (is_empty("recvmsg")) break;
        continue;
      }
      auto left = static_cast<std::size_t>(size);
      const std::size_t segment = segment_size(message, left);
      do {
        const std::size_t one = std::min(left, segment);
        tally.take(one);
        left -= one;
      } while (left != 0);
    }
  }
}

void echo_batches(int socket, const ToParent& parent) {
  parent.ready();
  for_each_batch(
      socket, 2048, [socket](Batch& slots, unsigned count) { slots.send_back(socket, count); });
}

void echo_one_by_one(int socket, const ToParent& parent) {
  parent.ready();
  for_each_datagram(
      socket, [socket](const char* bytes, std::size_t size, const sockaddr* to, socklen_t to_size) {
        if (::sendto(socket, bytes, size, 0, to, to_size) < 0) throw_errno("sendto");
      });
}

}  // namespace

std::vector<Peer> receivers(std::size_t largest) {
  const std::size_t slot_size = largest <= 2048 ? 2048 : 16384;
  const auto batches = [slot_size](int socket, const ToParent& parent) {
    receive_batches(socket, parent, slot_size);
  };
  return {{"raw_recvmmsg", batches}, {"raw_recvfrom", receive_one_by_one}};
}

Peer gro_receiver() {
  return {"raw_gro", receive_trains};
}

std::vector<Peer> echo_servers() {
  return {{"raw_recvfrom", echo_one_by_one}, {"raw_recvmmsg", echo_batches}};
}

}  // namespace bench::raw
