// The slots of a raw recvmmsg: of the sizes that dgram's have, and with the same way to take a
// datagram that is larger.
#pragma once

#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <system_error>
#include <vector>

#include "../support/datagram_buffer.hpp"
#include "receiver.hpp"

namespace bench::receive::raw {

class Slots {
 public:
  explicit Slots(std::size_t datagram_size)
      : slot_size_(datagram_size <= small ? small : jumbo),
        memory_(batch * slot_size_),
        spill_(slot_size_ == small ? batch * largest_datagram : 0) {
    for (unsigned i = 0; i < batch; ++i) {
      pieces_[i][0] = {memory_.data() + i * slot_size_, slot_size_};
      if (!spill_.empty()) pieces_[i][1] = {spill_.data() + i * largest_datagram, largest_datagram};
      msghdr& header = messages_[i].msg_hdr;
      header.msg_iov = pieces_[i].data();
      header.msg_iovlen = spill_.empty() ? 1 : 2;
      header.msg_name = &senders_[i];
    }
  }
  Slots(const Slots&) = delete;
  Slots& operator=(const Slots&) = delete;

  /// How many came; 0: none is here.
  unsigned receive(int socket) {
    for (mmsghdr& message : messages_) message.msg_hdr.msg_namelen = sizeof(sockaddr_storage);
    const int count = ::recvmmsg(socket, messages_.data(), batch, MSG_DONTWAIT, nullptr);
    if (count >= 0) return static_cast<unsigned>(count);
    if (errno != EAGAIN) throw std::system_error(errno, std::generic_category(), "recvmmsg");
    return 0;
  }
  std::size_t size(unsigned i) const noexcept { return messages_[i].msg_len; }

 private:
  static constexpr std::size_t small = 2048, jumbo = 16384;

  std::size_t slot_size_;
  std::vector<char> memory_;
  std::vector<char> spill_;
  std::array<mmsghdr, batch> messages_{};
  std::array<std::array<iovec, 2>, batch> pieces_{};
  std::array<sockaddr_storage, batch> senders_{};
};

}  // namespace bench::receive::raw
