// Settings, read and written, with values in and out of their range.
#include <sys/socket.h>

#include "spinner/actions.hpp"
#include "spinner/fail.hpp"
#include "spinner/seat.hpp"

namespace spinner {
namespace settings {

constexpr std::array interfaces{"", "lo", "spin0", "spin1", "10.90.0.1", "%spin0", "no-such"};

/// A setting with its four calls. Whatever was set within its range reads back the same, when it
/// says so.
struct Setting {
  const char* name;
  int first, last;  ///< Of the range.
  bool reads_back;
  void (*set)(dgram::Socket&, int, std::error_code&);
  void (*set_or_throw)(dgram::Socket&, int);
  int (*get)(dgram::Socket&, std::error_code&);
  int (*get_or_throw)(dgram::Socket&);
};

#define SETTING(name, type, first, last, reads_back)                                    \
  Setting {                                                                             \
#name, first, last, reads_back,                                                       \
        [](dgram::Socket& s, int value, std::error_code& ec) {                            \
          CALL(SocketSettings, s, set_##name, static_cast<type>(value), ec);              \
        },                                                                                \
        [](dgram::Socket& s, int value) {                                                 \
          CALL(SocketSettings, s, set_##name, static_cast<type>(value));                  \
        },                                                                                \
        [](dgram::Socket& s, std::error_code& ec) {                                       \
          return static_cast<int>(CALL(SocketSettings, s, name, ec));                     \
        },                                                                                \
        [](dgram::Socket& s) { return static_cast<int>(CALL(SocketSettings, s, name)); } \
  }

// Of path_mtu_discovery, 4 is none: it is refused, too.
const std::array all{
    SETTING(broadcast, bool, 0, 1, true),
    SETTING(ttl, int, 1, 255, true),
    SETTING(dscp, int, 0, 63, true),
    SETTING(ecn, dgram::Ecn, 0, 3, true),
    SETTING(multicast_ttl, int, 0, 255, true),
    SETTING(multicast_loopback, bool, 0, 1, true),
    SETTING(multicast_all, bool, 0, 1, true),
    SETTING(recv_buffer_size, int, 1, 1 << 22, false),
    SETTING(send_buffer_size, int, 1, 1 << 22, false),
    SETTING(path_mtu_discovery, dgram::PathMtuDiscovery, 0, 5, true),
    SETTING(segmentation, dgram::Segmentation, 0, 2, true),
    SETTING(prefer_busy_poll, bool, 0, 1, true),
    SETTING(incoming_cpu, int, 0, 1 << 20, false),
};

Deed plan_setting(Draw& draw) {
  const Setting& setting = draw.of(all);
  const bool is_ill = draw.one_in(4);
  const int value =
      is_ill ? setting.last + 1 + draw.between(0, 3) : draw.between(setting.first, setting.last);
  const bool throws = draw.one_in(3);
  draw.say("set_", setting.name, "(", value, ")");
  return [&setting, value, throws](Seat& seat) {
    dgram::Socket& socket = seat.socket();
    const bool is_in_range = value <= setting.last;
    std::error_code ec;
    int read = 0;
    try {
      if (throws)
        setting.set_or_throw(socket, value);
      else
        setting.set(socket, value, ec);
      if (!ec) read = throws ? setting.get_or_throw(socket) : setting.get(socket, ec);
    } catch (const dgram::Error& error) {
      ec = error.code();
    }
    if (ec || !setting.reads_back || seat.setup().has_faults) return;
    const bool is_switch = setting.last == 1;
    if (!is_in_range && !is_switch)
      fail(std::string(setting.name) + " takes a value out of its range on " + seat.name());
    if (read != (is_switch ? value != 0 : value))
      fail(std::string(setting.name) + " reads back " + std::to_string(read) + " and not " +
           std::to_string(value) + " on " + seat.name());
  };
}

Deed plan_read(Draw& draw) {
  draw.say("reads what was given when the socket was opened, and path MTUs");
  const std::uint64_t choice = draw.number();
  return [choice](Seat& seat) {
    dgram::Socket& s = seat.socket();
    std::error_code ec;
    const dgram::Endpoint to = seat.destination(choice).endpoint;
    const auto tried = [](auto call) {
      try {
        call();
      } catch (const dgram::Error&) {
      }
    };
    static_cast<void>(CALL(SocketSettings, s, reuse_address, ec));
    static_cast<void>(CALL(SocketSettings, s, reuse_port, ec));
    static_cast<void>(CALL(SocketSettings, s, ipv6_only, ec));
    static_cast<void>(CALL(SocketSettings, s, path_mtu, ec));
    static_cast<void>(CALL(SocketSettings, s, path_mtu, to, ec));
    static_cast<void>(CALL(SocketSettings, s, bound_device, ec));
    static_cast<void>(CALL(SocketSettings, s, multicast_interface, ec));
    tried([&] { static_cast<void>(CALL(SocketSettings, s, reuse_address)); });
    tried([&] { static_cast<void>(CALL(SocketSettings, s, reuse_port)); });
    tried([&] { static_cast<void>(CALL(SocketSettings, s, ipv6_only)); });
    tried([&] { static_cast<void>(CALL(SocketSettings, s, path_mtu)); });
    tried([&] { static_cast<void>(CALL(SocketSettings, s, path_mtu, to)); });
    tried([&] { static_cast<void>(CALL(SocketSettings, s, bound_device)); });
    tried([&] { static_cast<void>(CALL(SocketSettings, s, multicast_interface)); });
  };
}

Deed plan_interface(Draw& draw) {
  const bool binds = draw.one_in(4);
  const std::string interface = draw.of(interfaces);
  const bool throws = draw.one_in(2);
  draw.say(binds ? "bind_to_device " : "set_multicast_interface ", "\"", interface, "\"");
  return [binds, interface, throws](Seat& seat) {
    dgram::Socket& s = seat.socket();
    std::error_code ec;
    if (binds) {
      seat.is_on_device();
      seat.excuse(Excuse::device);
    }
    try {
      if (binds && throws)
        CALL(SocketSettings, s, bind_to_device, interface);
      else if (binds)
        CALL(SocketSettings, s, bind_to_device, interface, ec);
      else if (throws)
        CALL(SocketSettings, s, set_multicast_interface, interface);
      else
        CALL(SocketSettings, s, set_multicast_interface, interface, ec);
    } catch (const dgram::Error&) {
    }
  };
}

/// Rates at which a send waits for microseconds.
Deed plan_pacing(Draw& draw) {
  const std::uint64_t rate = draw.one_in(3) ? 0 : 10'000'000u + draw.below(100'000'000);
  const std::size_t burst = draw.one_in(2) ? 0 : 1 + draw.below(20'000);
  const auto polled = std::chrono::microseconds(draw.below(100));
  draw.say("set_pacing(", rate, ", ", burst, "), set_busy_poll(", polled.count(), ")");
  const bool throws = draw.one_in(2);
  return [rate, burst, polled, throws](Seat& seat) {
    dgram::Socket& s = seat.socket();
    std::error_code ec;
    std::uint64_t read = 0;
    try {
      if (throws) {
        CALL(SocketSettings, s, set_busy_poll, polled);
        static_cast<void>(CALL(SocketSettings, s, busy_poll));
        CALL(SocketSettings, s, set_pacing, rate, burst);
        static_cast<void>(CALL(SocketSettings, s, pacing_burst));
        read = CALL(SocketSettings, s, pacing_rate);
      } else {
        CALL(SocketSettings, s, set_busy_poll, polled, ec);
        static_cast<void>(CALL(SocketSettings, s, busy_poll, ec));
        static_cast<void>(CALL(SocketSettings, s, pacing_burst, ec));
        CALL(SocketSettings, s, set_pacing, rate, burst, ec);
        if (!ec) read = CALL(SocketSettings, s, pacing_rate, ec);
      }
    } catch (const dgram::Error& error) {
      ec = error.code();
    }
    if (!ec && read != rate) fail("the pacing rate reads back another on " + seat.name());
  };
}

/// What is set for one destination, and for others of the port.
Deed plan_destination(Draw& draw) {
  const auto value = static_cast<dgram::Segmentation>(draw.below(4));
  const asio::ip::address address = asio::ip::make_address(draw.one_in(2)   ? "127.0.0.1"
                                                           : draw.one_in(2) ? "::1"
                                                                            : "::ffff:127.0.0.1");
  draw.say("set_segmentation(", address.to_string(), ", ", static_cast<int>(value), ")");
  const bool throws = draw.one_in(2);
  const bool shared = draw.one_in(2);
  return [value, address, throws, shared](Seat& seat) {
    dgram::Socket& s = seat.socket();
    std::error_code ec;
    try {
      if (throws) {
        CALL(SocketSettings, s, set_segmentation, address, value);
        static_cast<void>(CALL(SocketSettings, s, segmentation, address));
        CALL(SocketSettings, s, set_reuse_port, false);
      } else {
        CALL(SocketSettings, s, set_segmentation, address, value, ec);
        static_cast<void>(CALL(SocketSettings, s, segmentation, address, ec));
        CALL(SocketSettings, s, set_reuse_port, shared, ec);
      }
    } catch (const dgram::Error&) {
    }
  };
}

Deed plan_option(Draw& draw) {
  const int priority = draw.between(0, 6);
  draw.say("set_option SO_PRIORITY ", priority);
  const bool throws = draw.one_in(2);
  return [priority, throws](Seat& seat) {
    using Priority = asio::detail::socket_option::integer<SOL_SOCKET, SO_PRIORITY>;
    dgram::Socket& s = seat.socket();
    std::error_code ec;
    Priority read;
    try {
      if (throws) {
        CALL(SocketSettings, s, set_option, Priority(priority));
        CALL(SocketSettings, s, get_option, read);
      } else {
        CALL(SocketSettings, s, set_option, Priority(priority), ec);
        if (!ec) CALL(SocketSettings, s, get_option, read, ec);
      }
    } catch (const dgram::Error& error) {
      ec = error.code();
    }
    if (!ec && read.value() != priority) fail("SO_PRIORITY reads back another on " + seat.name());
  };
}

}  // namespace settings

Actions setting_actions() {
  return {{40, settings::plan_setting},
          {6, settings::plan_read},
          {8, settings::plan_interface},
          {8, settings::plan_destination},
          {8, settings::plan_pacing},
          {6, settings::plan_option}};
}

}  // namespace spinner
