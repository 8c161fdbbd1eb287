// Links between processes over a real socket: what the other end sends, a DescriptorLink or
// something else, is brought as it was sent or refused, and no descriptor is left open.
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <asio/error.hpp>
#include <asio/io_context.hpp>
#include <cerrno>
#include <cstring>
#include <deque>
#include <dgram/process/descriptor_link.hpp>
#include <string>
#include <vector>

#include "input.hpp"

namespace fuzz_descriptor_link {

using fuzz::Input;

namespace {

using dgram::DescriptorLink;

/// Files that no two are the same: a message says by which it came.
constexpr int file_count = 3;
const std::array<int, file_count>& files() {
  static const std::array<int, file_count> made = [] {
    std::array<int, file_count> result;
    for (int& file : result) HOLDS((file = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) >= 0);
    return result;
  }();
  return made;
}

ino_t inode_of(int file) {
  struct stat status;
  HOLDS(::fstat(file, &status) == 0);
  return status.st_ino;
}

/// The number that the next descriptor will have. The same as before, while nothing below it was
/// closed: none is left open.
int lowest_free() {
  const int copy = ::dup(files()[0]);
  HOLDS(copy >= 0);
  ::close(copy);
  return copy;
}

struct Sent {
  std::string bytes;
  std::vector<int> descriptors;
};

/// What the receiver has to answer to it.
std::error_code answer_to(const Sent& sent) {
  if (sent.bytes.size() > DescriptorLink::max_message) return asio::error::message_size;
  if (sent.bytes.empty())
    return sent.descriptors.empty() ? std::error_code(asio::error::eof)
                                    : std::make_error_code(std::errc::protocol_error);
  return {};
}

std::string any_bytes(Input& input) {
  std::size_t size = input.byte();
  const std::size_t kind = input.below(6);
  if (kind == 1) size = 0;
  if (kind == 2) size = DescriptorLink::max_message - 1 + size % 3;
  std::string bytes(size, static_cast<char>(input.byte()));
  if (size > 1) bytes.back() = static_cast<char>(input.byte());
  return bytes;
}

std::vector<int> any_descriptors(Input& input, std::size_t most) {
  std::vector<int> descriptors(input.flag() ? input.below(4) : 0);
  if (input.byte() == 1) descriptors.resize(input.between(0, most));
  for (int& one : descriptors) one = files()[input.below(file_count)];
  return descriptors;
}

/// A program that is no DescriptorLink: it may send nothing, too much, and several control
/// messages.
bool send_raw(int handle, const Sent& sent, std::size_t first_part) {
  alignas(cmsghdr) std::array<char, 2048> control{};
  iovec piece = {const_cast<char*>(sent.bytes.data()), sent.bytes.size()};
  msghdr message = msghdr();
  message.msg_iov = &piece;
  message.msg_iovlen = 1;
  std::size_t used = 0;
  const std::span<const int> all(sent.descriptors);
  for (const std::span<const int> part : {all.first(first_part), all.subspan(first_part)}) {
    if (part.empty()) continue;
    cmsghdr header = cmsghdr();
    header.cmsg_level = SOL_SOCKET;
    header.cmsg_type = SCM_RIGHTS;
    header.cmsg_len = CMSG_LEN(part.size_bytes());
    std::memcpy(control.data() + used, &header, sizeof header);
    std::memcpy(control.data() + used + sizeof header, part.data(), part.size_bytes());
    used += CMSG_SPACE(part.size_bytes());
  }
  message.msg_control = used == 0 ? nullptr : control.data();
  message.msg_controllen = used;
  return ::sendmsg(handle, &message, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0;
}

void send_as_link(DescriptorLink& from, std::deque<Sent>& queue, Input& input) {
  Sent sent{any_bytes(input), any_descriptors(input, DescriptorLink::max_descriptors + 2)};
  std::error_code ec;
  const bool is_sent = from.try_send(sent.bytes, sent.descriptors, ec);
  HOLDS(is_sent == !ec);
  if (sent.bytes.empty() || sent.descriptors.size() > DescriptorLink::max_descriptors)
    HOLDS(ec == asio::error::invalid_argument);
  else if (sent.bytes.size() > DescriptorLink::max_message)
    HOLDS(ec == asio::error::message_size);
  else
    HOLDS(!ec || ec == asio::error::would_block || ec.value() == ETOOMANYREFS);
  if (is_sent) queue.push_back(std::move(sent));
}

void receive(DescriptorLink& at, std::deque<Sent>& queue) {
  DescriptorLink::Message message;
  message.bytes = "as it was";
  std::error_code ec;
  const bool is_there = at.try_receive(message, ec);
  HOLDS(is_there == !ec);
  if (queue.empty()) {
    HOLDS(ec == asio::error::would_block);
  } else {
    const Sent sent = std::move(queue.front());
    queue.pop_front();
    HOLDS(ec == answer_to(sent));
    if (is_there) {
      HOLDS(message.bytes == sent.bytes);
      HOLDS(message.descriptors.size() == sent.descriptors.size());
      for (std::size_t i = 0; i < sent.descriptors.size(); ++i) {
        const int handle = message.descriptors[i].get();
        HOLDS(inode_of(handle) == inode_of(sent.descriptors[i]));
        HOLDS((::fcntl(handle, F_GETFD) & FD_CLOEXEC) != 0);
      }
    }
  }
  if (!is_there) HOLDS(message.bytes == "as it was" && message.descriptors.empty());
}

}  // namespace

void test_one_input(std::span<const std::uint8_t> bytes) {
  static asio::io_context io;
  // From here on the context has its own descriptors.
  static const auto first = DescriptorLink::pair(io.get_executor());
  Input input(bytes);
  const int free_before = lowest_free();
  {
    auto [link, other_end] = DescriptorLink::pair(io.get_executor());
    const int raw = other_end.get();
    DescriptorLink other(io.get_executor(), std::move(other_end));
    const int free_behind_link = lowest_free();
    std::deque<Sent> to_link;
    std::deque<Sent> to_other;
    for (int steps = 0; !input.empty() && steps < 32; ++steps) {
      switch (input.below(5)) {
        case 0:
          send_as_link(other, to_link, input);
          break;
        case 1:
          send_as_link(link, to_other, input);
          break;
        case 2: {
          Sent sent{any_bytes(input), any_descriptors(input, 253)};
          const std::size_t first_part = input.between(0, sent.descriptors.size());
          if (send_raw(raw, sent, first_part)) to_link.push_back(std::move(sent));
          break;
        }
        case 3:
          receive(link, to_link);
          break;
        default:
          receive(other, to_other);
      }
    }
    while (input.flag() && !to_link.empty()) receive(link, to_link);
    HOLDS(lowest_free() == free_behind_link);
  }
  HOLDS(lowest_free() == free_before);
}

}  // namespace fuzz_descriptor_link
