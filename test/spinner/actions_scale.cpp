// Shards: groups that begin, change and end under traffic, and steering by hand.
#include <asio/io_context.hpp>
#include <chrono>
#include <cstring>
#include <deque>
#include <thread>

#include "spinner/actions.hpp"
#include "spinner/fail.hpp"
#include "spinner/ledger.hpp"
#include "spinner/reached.hpp"
#include "spinner/scale_part.hpp"
#include "spinner/seat.hpp"

namespace spinner {
namespace shards {

dgram::Steering draw_steering(Draw& draw) {
  const std::size_t kind = draw.below(4);
  if (kind == 0) {
    draw.say(" by hash");
    return CALL_STATIC(Steering, by_hash);
  }
  if (kind == 1) {
    draw.say(" by CPU");
    return CALL_STATIC(Steering, by_cpu);
  }
  dgram::PayloadKey key;
  constexpr std::array widths{1, 2, 4};
  key.width = draw.of(widths);
  key.offset = ShardBook::key_offset + draw.below(static_cast<std::size_t>(5 - key.width));
  if (draw.one_in(3)) key.mask = draw.one_in(2) ? 0xf0 : 0x7;
  draw.say(" by key at ", key.offset, ", ", key.width, " bytes");
  return CALL_STATIC(Steering, by_key, key);
}

using OnGroup = std::function<void(ScalePart&)>;

/// Does something with the group, where there is one.
Deed on_group(OnGroup deed) {
  return [deed = std::move(deed)](Seat& seat) {
    ScalePart& part = seat.world().part<ScalePart>();
    const std::lock_guard lock(part.mutex);
    if (part.has_group()) deed(part);
  };
}

Deed plan_group(Draw& draw) {
  dgram::ShardGroupOptions options;
  options.shards = 1 + draw.below(3);
  draw.say("a group of ", options.shards, " shards");
  options.steering = draw_steering(draw);
  options.socket.batch = draw.between(1, 64);
  const auto end = static_cast<ScalePart::End>(draw.below(3));
  return [options, end](Seat& seat) {
    ScalePart& part = seat.world().part<ScalePart>();
    const std::lock_guard lock(part.mutex);
    part.begin(options, end);
  };
}

Deed plan_refused_group(Draw& draw) {
  const std::size_t why = draw.below(4);
  draw.say("a group that is refused: ", why);
  return [why](Seat&) {
    dgram::ShardGroupOptions options;
    options.shards = why == 0 ? 257 : 2;
    options.socket.reuse_address = why == 1;
    if (why == 2) {
      dgram::PayloadKey key;
      key.width = 3;
      options.steering = CALL_STATIC(Steering, by_key, key);
      if (!CALL(Steering, options.steering, check)) fail("a key of three bytes is none");
    }
    dgram::ShardService service;
    if (why != 3) service = [](dgram::Shard&) -> asio::awaitable<void> { co_return; };
    try {
      const dgram::Endpoint local(asio::ip::address_v4::loopback(), 0);
      dgram::ShardGroup group(local, service, options);
      fail("a group begins that should be refused");
    } catch (const dgram::Error& error) {
      if (error.code() != asio::error::invalid_argument)
        fail(std::string("a group is refused for another reason: ") + error.what());
    }
  };
}

Deed plan_send(Draw& draw) {
  const std::size_t count = 1 + draw.below(20), size = draw.below(200);
  const auto key = static_cast<std::uint32_t>(draw.number());
  std::optional<dgram::AfterFailure> failure;
  if (draw.one_in(12)) failure = dgram::AfterFailure::restart_shard;
  if (draw.one_in(40)) failure = dgram::AfterFailure::leave_shard;
  if (draw.one_in(200)) failure = dgram::AfterFailure::stop_group;
  draw.say(count, " datagrams to the shards", failure ? ", at the last of which one fails" : "");
  return on_group([=](ScalePart& part) {
    for (std::size_t i = 0; i < count && !part.is_ended(); ++i)
      part.send(size,
                key + static_cast<std::uint32_t>(i) * 0x01010101u,
                i + 1 == count ? failure : std::nullopt);
  });
}

/// A change that may be refused where the group has ended, or the shard is not there.
template <class Change>
void change(ScalePart& part, bool may_be_refused, const char* what, Change make) {
  try {
    make();
  } catch (const dgram::Error& error) {
    if (!may_be_refused && !part.is_ended())
      fail(std::string(what) + " of a shard is refused: " + error.what());
  }
}

Deed plan_restart(Draw& draw) {
  const std::size_t index = draw.below(4);
  draw.say("restart of shard ", index);
  return on_group([index](ScalePart& part) {
    const bool there = CALL(ShardGroup, part.group(), has, index);
    change(part, !there, "a restart", [&] { CALL(ShardGroup, part.group(), restart, index); });
  });
}

Deed plan_add(Draw& draw) {
  draw.say("one more shard");
  return on_group([](ScalePart& part) {
    const std::size_t size = CALL(ShardGroup, part.group(), size);
    std::size_t gap = 0;
    while (gap < size && CALL(ShardGroup, part.group(), has, gap)) ++gap;
    if (gap >= 4) return;
    change(part, false, "an addition", [&] {
      const std::size_t added = CALL(ShardGroup, part.group(), add);
      if (added != gap) fail("a shard is added at another place than the lowest gap");
      if (!CALL(ShardGroup, part.group(), has, added)) fail("a shard was added, and is not there");
    });
  });
}

Deed plan_remove(Draw& draw) {
  const std::size_t index = draw.below(4);
  draw.say("shard ", index, " is removed");
  return on_group([index](ScalePart& part) {
    dgram::ShardGroup& group = part.group();
    std::size_t others = 0;
    for (std::size_t i = 0; i < CALL(ShardGroup, group, size); ++i)
      others += i != index && CALL(ShardGroup, group, has, i);
    const bool there = CALL(ShardGroup, group, has, index);
    bool removed = false;
    change(part, !there || others == 0, "a removal", [&] {
      CALL(ShardGroup, group, remove, index);
      removed = true;
    });
    if (removed && (!there || others == 0)) fail("a shard is removed that cannot be");
    if (removed && CALL(ShardGroup, group, has, index)) fail("a shard was removed, and is there");
  });
}

Deed plan_look(Draw& draw) {
  const std::size_t index = draw.below(4);
  draw.say("the numbers of shard ", index);
  return on_group([index](ScalePart& part) {
    dgram::ShardGroup& group = part.group();
    const bool there = index < CALL(ShardGroup, group, size);
    change(part, !there, "a look", [&] {
      const dgram::Stats one = CALL(ShardGroup, group, stats, index);
      const dgram::Stats all = CALL(ShardGroup, group, stats);
      if (one.datagrams_received > all.datagrams_received)
        fail("a shard has received more than its group");
    });
    if (CALL(ShardGroup, group, local_endpoint).port() == 0) fail("a group has no port");
  });
}

Deed plan_end(Draw& draw) {
  const bool drains = draw.one_in(2);
  draw.say("the group is ", drains ? "drained" : "stopped");
  return on_group([drains](ScalePart& part) {
    if (drains)
      CALL(ShardGroup, part.group(), drain, std::chrono::milliseconds(50));
    else
      CALL(ShardGroup, part.group(), stop);
    part.has_ended();
  });
}

/// Some sockets of one port, a program, and where datagrams go then.
Deed plan_steering(Draw& draw) {
  const std::size_t count = 2 + draw.below(3), skipped = draw.below(8);
  const bool throws = draw.one_in(2);
  const auto key = static_cast<std::uint32_t>(draw.number());
  draw.say("steering of ", count, " sockets");
  const dgram::Steering drawn = draw_steering(draw);
  return [=](Seat&) {
    dgram::Steering steering = drawn;
    asio::io_context io;
    std::deque<dgram::Socket> sockets;
    dgram::SocketOptions options;
    options.reuse_port = true;
    dgram::Endpoint local(asio::ip::address_v4::loopback(), 0);
    for (std::size_t i = 0; i < count; ++i) {
      sockets.emplace_back(io, options);
      sockets.back().bind(local);
      local = sockets.back().local_endpoint();
    }
    std::vector<std::size_t> gaps;
    if (skipped < count) gaps.push_back(skipped);
    std::error_code ec;
    if (throws)
      CALL_FREE(set_steering, sockets[0], steering, count, gaps);
    else
      CALL_FREE(set_steering, sockets[0], steering, count, gaps, ec);
    if (ec) fail("no steering: " + ec.message());
    dgram::Socket sender(io);
    for (std::uint32_t i = 0; i < 4; ++i) {
      std::array<std::byte, ShardBook::header_size> bytes{};
      const std::array<std::uint32_t, 5> words{Ledger::part_mark, i, 0, 0, key * (i + 1)};
      std::memcpy(bytes.data(), words.data(), sizeof words);
      const auto wanted = CALL(Steering, steering, socket_of, bytes, count, gaps);
      const bool by_key = CALL(Steering, steering, kind) == dgram::Steering::Kind::key;
      if (by_key != wanted.has_value()) fail("it is the key that decides, or it is not");
      if (by_key && CALL(Steering, steering, key).width == 0) fail("a key has no width");
      sender.try_send(bytes, local, ec);
      if (ec) return;
      std::optional<std::size_t> place;
      const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(10);
      while (!place) {
        for (std::size_t n = 0; n < count; ++n)
          if (sockets[n].try_recv(ec)) place = n;
        if (std::chrono::steady_clock::now() > limit) fail("a steered datagram has not come");
      }
      if (wanted && place != wanted)
        fail("socket " + std::to_string(*place) + " gets what belongs to " +
             std::to_string(*wanted));
      if (!gaps.empty() && *place == gaps[0]) fail("a socket that is skipped gets a datagram");
    }
  };
}

}  // namespace shards

Actions scale_actions() {
  return {{1, shards::plan_group},
          {1, shards::plan_refused_group},
          {14, shards::plan_send},
          {3, shards::plan_restart},
          {1, shards::plan_add},
          {1, shards::plan_remove},
          {3, shards::plan_look},
          {1, shards::plan_end},
          {1, shards::plan_steering}};
}

}  // namespace spinner
