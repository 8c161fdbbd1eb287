// SPDX-FileCopyrightText: 2026 The dgram authors
// SPDX-License-Identifier: BSL-1.0

#include <linux/if_ether.h>
#include <linux/membarrier.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <bit>
#include <cerrno>
#include <utility>

#include "../core/kernel/descriptor.hpp"
#include "platform.hpp"
#include "steering_program.hpp"

DGRAM_BEGIN_NAMESPACE
namespace detail {

namespace {

// These are newer than the C libraries that dgram is built with: asm-generic/socket.h.
constexpr int so_attach_reuseport_cbpf = 51;
constexpr int so_detach_reuseport_bpf = 68;

class Program {
 public:
  void add(int code, std::uint32_t k = 0) { code_.push_back(instruction(code, 0, 0, k)); }

  /// Goes on with the next instruction if the test holds, else behind the next `skip` ones.
  void add_test(int test, std::uint32_t k, std::size_t skip) {
    code_.push_back(instruction(BPF_JMP | BPF_K | test, 0, static_cast<std::uint8_t>(skip), k));
  }

  std::vector<sock_filter> take() { return std::move(code_); }

 private:
  static sock_filter instruction(int code, std::uint8_t jt, std::uint8_t jf, std::uint32_t k) {
    return {static_cast<std::uint16_t>(code), jt, jf, k};
  }
  std::vector<sock_filter> code_;
};

constexpr std::uint32_t ancillary(int what) {
  return static_cast<std::uint32_t>(SKF_AD_OFF + what);
}
constexpr std::uint32_t network_header(int offset) {
  return static_cast<std::uint32_t>(SKF_NET_OFF + offset);
}

// Loads a hash of the peer's address and port. The kernel's own hash depends on a secret, and can
// choose from all sockets only.
void load_flow_hash(Program& program) {
  constexpr int ipv4_source = 12;
  constexpr int ipv6_source_end = 20;
  constexpr std::uint32_t ipv6_header = 40;  // an extension header would be taken for the port
  constexpr int source_port = 0;
  program.add(BPF_LD | BPF_H | BPF_ABS, ancillary(SKF_AD_PROTOCOL));
  program.add_test(BPF_JEQ, ETH_P_IP, 5);
  program.add(BPF_LDX | BPF_B | BPF_MSH, network_header(0));
  program.add(BPF_LD | BPF_H | BPF_IND, network_header(source_port));
  program.add(BPF_MISC | BPF_TAX);
  program.add(BPF_LD | BPF_W | BPF_ABS, network_header(ipv4_source));
  program.add(BPF_JMP | BPF_JA, 4);
  program.add(BPF_LDX | BPF_W | BPF_IMM, ipv6_header);
  program.add(BPF_LD | BPF_H | BPF_IND, network_header(source_port));
  program.add(BPF_MISC | BPF_TAX);
  program.add(BPF_LD | BPF_W | BPF_ABS, network_header(ipv6_source_end));
  program.add(BPF_ALU | BPF_XOR | BPF_X);
  constexpr std::uint32_t golden_ratio = 2654435761;  // Knuth, TAOCP 3, 6.4: multiplicative hashing
  program.add(BPF_ALU | BPF_MUL | BPF_K, golden_ratio);
  program.add(BPF_ALU | BPF_RSH | BPF_K, 16);  // the high bits are the well mixed ones
}

void load_key(Program& program, const PayloadKey& key) {
  constexpr int sizes[] = {0, BPF_B, BPF_H, 0, BPF_W};
  const std::uint32_t offset = static_cast<std::uint32_t>(key.offset);
  const int shift = std::countr_zero(key.mask);
  // A load beyond the end of the datagram would end the program with 0, which may be a skipped
  // socket.
  program.add(BPF_LD | BPF_W | BPF_LEN);
  program.add_test(BPF_JGE, offset + static_cast<std::uint32_t>(key.width), shift == 0 ? 3 : 4);
  program.add(BPF_LD | sizes[key.width] | BPF_ABS, offset);
  program.add(BPF_ALU | BPF_AND | BPF_K, key.mask);
  if (shift != 0) program.add(BPF_ALU | BPF_RSH | BPF_K, static_cast<std::uint32_t>(shift));
  program.add(BPF_JMP | BPF_JA, 1);
  program.add(BPF_LD | BPF_W | BPF_IMM, 0);
}

// The kernel chooses a socket and queues the datagram there inside one RCU section. This call waits
// for the end of all such sections (kernel/sched/membarrier.c calls synchronize_rcu). Where it is
// refused, they end a moment later.
void wait_for_deliveries() noexcept {
  ::syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0);
}

void load_number(Program& program, const Steering& steering) {
  switch (steering.kind()) {
    case Steering::Kind::hash:
      return load_flow_hash(program);
    case Steering::Kind::cpu:
      return program.add(BPF_LD | BPF_W | BPF_ABS, ancillary(SKF_AD_CPU));
    case Steering::Kind::key:
      return load_key(program, steering.key());
  }
}

}  // namespace

// The result is number % sockets. If that socket is skipped, number / sockets modulo the number of
// the remaining sockets chooses one of these. So a datagram whose socket is not skipped goes there,
// whichever others are skipped.
std::vector<sock_filter> make_steering_program(const SteeringPlan& plan) {
  const std::uint32_t sockets = static_cast<std::uint32_t>(plan.sockets);
  const std::uint32_t skipped = static_cast<std::uint32_t>(plan.skipped.size());
  Program program;
  load_number(program, plan.steering);
  constexpr std::uint32_t scratch = 0;
  program.add(BPF_ST, scratch);
  program.add(BPF_ALU | BPF_MOD | BPF_K, sockets);
  for (std::uint32_t i = 0; i < skipped; ++i) {
    program.add_test(BPF_JEQ, static_cast<std::uint32_t>(plan.skipped[i]), 1);
    const std::uint32_t behind_the_tests = 2 * (skipped - i - 1) + 1;
    program.add(BPF_JMP | BPF_JA, behind_the_tests);
  }
  program.add(BPF_RET | BPF_A);
  if (skipped == 0) return program.take();
  program.add(BPF_LD | BPF_W | BPF_MEM, scratch);
  program.add(BPF_ALU | BPF_DIV | BPF_K, sockets);
  program.add(BPF_ALU | BPF_MOD | BPF_K, sockets - skipped);
  for (const std::size_t absent : plan.skipped) {
    program.add_test(BPF_JGE, static_cast<std::uint32_t>(absent), 1);
    program.add(BPF_ALU | BPF_ADD | BPF_K, 1);
  }
  program.add(BPF_RET | BPF_A);
  return program.take();
}

std::error_code set_steering_of(NativeHandle handle, const SteeringPlan& plan) {
  if (plan.steering.kind() == Steering::Kind::hash && plan.skipped.empty()) {
    const int unused = 0;
    if (::setsockopt(handle, SOL_SOCKET, so_detach_reuseport_bpf, &unused, sizeof unused) != 0)
      return errno == ENOENT ? std::error_code() : last_error();  // ENOENT: no program was attached
    wait_for_deliveries();
    return {};
  }
  std::vector<sock_filter> code = make_steering_program(plan);
  const sock_fprog program = {static_cast<unsigned short>(code.size()), code.data()};
  if (::setsockopt(handle, SOL_SOCKET, so_attach_reuseport_cbpf, &program, sizeof program) != 0)
    return last_error();
  wait_for_deliveries();
  return {};
}

std::vector<std::size_t> usable_cpus() {
  std::vector<std::size_t> cpus;
  cpu_set_t usable;
  CPU_ZERO(&usable);
  if (::sched_getaffinity(0, sizeof usable, &usable) != 0) return cpus;
  for (std::size_t cpu = 0; cpu < CPU_SETSIZE; ++cpu)
    if (CPU_ISSET(cpu, &usable)) cpus.push_back(cpu);
  return cpus;
}

std::error_code pin_this_thread(std::span<const std::size_t> cpus) {
  cpu_set_t wanted;
  CPU_ZERO(&wanted);
  for (const std::size_t cpu : cpus) CPU_SET(cpu, &wanted);
  return ::sched_setaffinity(0, sizeof wanted, &wanted) == 0 ? std::error_code() : last_error();
}

}  // namespace detail
DGRAM_END_NAMESPACE
