// Steering by numbers that users give: the program for the kernel is sound, and chooses the socket
// that socket_of() names.
#include <linux/filter.h>

#include <asio/error.hpp>
#include <optional>
#include <scale/steering_program.hpp>
#include <set>
#include <vector>

#include "input.hpp"

namespace fuzz_steering {

using fuzz::Input;

namespace {

using dgram::PayloadKey;
using dgram::Steering;
using Program = std::span<const sock_filter>;

/// bpf_check_classic() of net/core/filter.c: jumps go forward and stay inside, the end is a return,
/// nothing is divided by a constant 0 or shifted too far.
void check_program(Program program) {
  HOLDS(!program.empty() && program.size() <= 4096);
  for (std::size_t at = 0; at < program.size(); ++at) {
    const sock_filter& each = program[at];
    if (BPF_CLASS(each.code) == BPF_JMP) {
      if (BPF_OP(each.code) == BPF_JA)
        HOLDS(each.k < program.size() - at - 1);
      else
        HOLDS(at + each.jt + 1 < program.size() && at + each.jf + 1 < program.size());
    }
    if (BPF_CLASS(each.code) == BPF_ALU && BPF_SRC(each.code) == BPF_K) {
      if (BPF_OP(each.code) == BPF_MOD || BPF_OP(each.code) == BPF_DIV) HOLDS(each.k != 0);
      if (BPF_OP(each.code) == BPF_RSH) HOLDS(each.k < 32);
    }
  }
  HOLDS(BPF_CLASS(program.back().code) == BPF_RET);
}

/// What a load reads: the payload, or what the kernel knows beside it. A load beyond the end ends
/// the program.
struct Packet {
  std::span<const std::byte> payload;
  std::uint32_t beside = 0;  ///< The CPU, the protocol, words of headers: all of them.

  std::optional<std::uint32_t> load(std::uint32_t at, std::size_t width) const {
    if (at >= static_cast<std::uint32_t>(SKF_LL_OFF)) {
      if (at == static_cast<std::uint32_t>(SKF_AD_OFF + SKF_AD_PROTOCOL)) return beside & 0xffff;
      return width == 4 ? beside : width == 2 ? beside & 0xffff : beside & 0xff;
    }
    if (payload.size() < width || at > payload.size() - width) return std::nullopt;
    std::uint32_t result = 0;
    for (const std::byte byte : payload.subspan(at, width))
      result = result << 8 | std::to_integer<std::uint32_t>(byte);
    return result;
  }
};

std::uint32_t run(Program program, const Packet& packet) {
  std::uint32_t a = 0;
  std::uint32_t x = 0;
  std::uint32_t scratch[BPF_MEMWORDS] = {};
  for (std::size_t at = 0;; ++at) {
    const sock_filter& each = program[at];
    const std::uint32_t operand = BPF_SRC(each.code) == BPF_X ? x : each.k;
    const std::size_t width = BPF_SIZE(each.code) == BPF_W   ? 4
                              : BPF_SIZE(each.code) == BPF_H ? 2
                                                             : 1;
    std::optional<std::uint32_t> loaded;
    switch (BPF_CLASS(each.code)) {
      case BPF_LD:
        if (BPF_MODE(each.code) == BPF_ABS) loaded = packet.load(each.k, width);
        if (BPF_MODE(each.code) == BPF_IND) loaded = packet.load(each.k + x, width);
        if (BPF_MODE(each.code) == BPF_IMM) loaded = each.k;
        if (BPF_MODE(each.code) == BPF_MEM) loaded = scratch[each.k];
        if (BPF_MODE(each.code) == BPF_LEN)
          loaded = static_cast<std::uint32_t>(packet.payload.size());
        if (!loaded) return 0;
        a = *loaded;
        break;
      case BPF_LDX:
        if (BPF_MODE(each.code) == BPF_MSH)
          x = (packet.load(each.k, 1).value_or(0) & 0xf) * 4;
        else
          x = each.k;
        break;
      case BPF_ST:
        scratch[each.k] = a;
        break;
      case BPF_ALU:
        if (BPF_OP(each.code) == BPF_ADD) a += operand;
        if (BPF_OP(each.code) == BPF_MUL) a *= operand;
        if (BPF_OP(each.code) == BPF_DIV) a /= operand;
        if (BPF_OP(each.code) == BPF_MOD) a %= operand;
        if (BPF_OP(each.code) == BPF_AND) a &= operand;
        if (BPF_OP(each.code) == BPF_XOR) a ^= operand;
        if (BPF_OP(each.code) == BPF_RSH) a >>= operand;
        break;
      case BPF_JMP:
        if (BPF_OP(each.code) == BPF_JA)
          at += each.k;
        else
          at += (BPF_OP(each.code) == BPF_JEQ ? a == operand : a >= operand) ? each.jt : each.jf;
        break;
      case BPF_MISC:
        x = a;
        break;
      case BPF_RET:
        return BPF_RVAL(each.code) == BPF_A ? a : each.k;
      default:
        HOLDS(false);
    }
  }
}

Steering any_steering(Input& input) {
  switch (input.below(8)) {
    case 0:
      return Steering::by_hash();
    case 1:
      return Steering::by_cpu();
    default:
      break;
  }
  PayloadKey key;
  key.offset = input.flag() ? input.byte() : input.number<std::uint32_t>();
  key.width = input.byte() % 6;
  key.mask = input.number<std::uint32_t>();
  return Steering::by_key(key);
}

/// The ranges that steering.hpp gives.
bool is_in_range(const PayloadKey& key) {
  if (key.width != 1 && key.width != 2 && key.width != 4) return false;
  const std::uint32_t of_width = 0xffffffffu >> (32 - 8 * key.width);
  return key.offset + static_cast<std::size_t>(key.width) <= 65527 && (key.mask & of_width) != 0;
}

}  // namespace

void test_one_input(std::span<const std::uint8_t> bytes) {
  Input input(bytes);
  const Steering steering = any_steering(input);
  const bool by_key = steering.kind() == Steering::Kind::key;
  HOLDS(!steering.check() == (!by_key || is_in_range(steering.key())));
  if (steering.check()) return;

  const std::size_t sockets = input.between(1, dgram::max_steered_sockets);
  std::set<std::size_t> chosen;
  for (std::size_t i = input.below(sockets); i != 0; --i) chosen.insert(input.below(sockets));
  if (chosen.size() == sockets) return;
  const std::vector<std::size_t> skipped(chosen.begin(), chosen.end());
  const std::vector<sock_filter> program =
      dgram::detail::make_steering_program({steering, sockets, skipped});
  const std::vector<sock_filter> plain =
      dgram::detail::make_steering_program({steering, sockets, {}});
  check_program(program);
  check_program(plain);

  Packet packet;
  packet.beside = input.number<std::uint32_t>();
  packet.payload = std::as_bytes(std::span(input.rest()));
  const std::size_t socket = run(program, packet);
  const std::size_t before = run(plain, packet);
  HOLDS(before < sockets && socket < sockets && !chosen.contains(socket));
  HOLDS(chosen.contains(before) || socket == before);
  const std::optional<std::size_t> named = steering.socket_of(packet.payload, sockets, skipped);
  HOLDS(named.has_value() == by_key);
  HOLDS(!named || *named == socket);
}

}  // namespace fuzz_steering
